// Geometry at the pixel's centre: normal in camera axes, depth, and the triangle's number from 1.
in vec3 place;
#ifdef CUT
sample in vec2 uv;
#endif
uniform int first;  // triangle of this draw
layout(location = 0) out vec4 geometry;
layout(location = 1) out uint number;

void main() {
#ifdef CUT
    if (leaf_margin(uv) <= 0.0) discard;
#endif
    // A pixel's footprint may be so small that the cross product underflows: scale it first.
    vec3 dx = dFdx(place), dy = dFdy(place);
    vec3 n = cross(dx / max(length(dx), 1e-20), dy / max(length(dy), 1e-20));
    n = dot(n, n) > 1e-20 ? normalize(n) : -normalize(place);
    geometry = vec4(dot(n, place) > 0.0 ? -n : n, place.z);
    number = uint(first + gl_PrimitiveID) + 1u;
}
