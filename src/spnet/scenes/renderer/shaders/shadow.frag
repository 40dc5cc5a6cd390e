#ifdef CUT
in vec2 uv;
#endif

void main() {
#ifdef CUT
    if (leaf_margin(uv) <= 0.0) discard;
#endif
}
