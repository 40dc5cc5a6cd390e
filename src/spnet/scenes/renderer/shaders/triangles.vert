// Triangles of the scene as a camera sees them, relative to it, so that large worlds lose no precision.
in vec3 in_position;
uniform vec3 eye;
uniform mat3 rotation;  // world to camera
uniform vec4 lens;      // focal length over half the width, over half the height; scale and offset of the depth buffer
out vec3 place;         // in camera axes, metres
#ifdef CUT
in vec2 in_uv;
sample out vec2 uv;
#endif

void main() {
    place = rotation * (in_position - eye);
#ifdef CUT
    uv = in_uv;
#endif
    gl_Position = vec4(place.xy * lens.xy, place.z * lens.z + lens.w, place.z);
}
