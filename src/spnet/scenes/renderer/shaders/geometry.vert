// Triangles of the scene. All positions are relative to the camera, so that large worlds lose no precision.
in vec3 in_position;
#ifdef SHADED
in vec3 in_normal;
out vec3 normal;
#endif
#ifdef TEXTURED
in vec2 in_uv;
out vec2 uv;
#endif
in uint in_owner;  // thing << 16 | material

uniform vec3 eye;
uniform mat3 rotation;   // world to camera
uniform vec4 lens;       // focal length over half the width, over half the height; scale and offset of the depth buffer

out vec3 place;          // in camera axes, metres
flat out uint owner;

void main() {
    place = rotation * (in_position - eye);
    owner = in_owner;
#ifdef SHADED
    normal = in_normal;
#endif
#ifdef TEXTURED
    uv = in_uv;
#endif
    gl_Position = vec4(place.xy * lens.xy, place.z * lens.z + lens.w, place.z);
}
