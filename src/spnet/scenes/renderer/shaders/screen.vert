// One triangle that covers the image.
in vec2 in_corner;
out vec2 at;  // 0 to 1, y down

void main() {
    at = in_corner * 0.5 + 0.5;
    gl_Position = vec4(in_corner, 1.0, 1.0);
}
