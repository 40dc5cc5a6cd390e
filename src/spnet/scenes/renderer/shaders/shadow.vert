// Depth from a light.
in vec3 in_position;
uniform mat4 light;
#ifdef CUT
in vec2 in_uv;
out vec2 uv;
#endif

void main() {
#ifdef CUT
    uv = in_uv;
#endif
    gl_Position = light * vec4(in_position, 1.0);
}
