// The triangle's number alone, from 1: for samples beside the pixel's centre, and for what lies behind glass.
in vec3 place;
#ifdef CUT
sample in vec2 uv;
#endif
#ifdef BEHIND
uniform sampler2D front;  // as written by exact.frag: only what is further away is wanted
#endif
uniform int first;
out uint number;

void main() {
#ifdef CUT
    if (leaf_margin(uv) <= 0.0) discard;
#endif
#ifdef BEHIND
    if (place.z <= texelFetch(front, ivec2(gl_FragCoord.xy), 0).w * 1.0001) discard;
#endif
    number = uint(first + gl_PrimitiveID) + 1u;
}
