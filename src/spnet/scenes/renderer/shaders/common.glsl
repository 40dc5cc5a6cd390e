// What several shaders share. Camera axes: x right, y down, z forward; images are stored with the upper row first.

struct Surface {
    vec3 colour;
    int layer;
    int mapping;         // 0 by uv, 1 by world, 2 leaf
    float scale;
    float roughness;
    float reflectance;
    float grain;
    float frequency;     // 1 / size of the grain
    float emission;
    float bump;
    float opacity;
    float metal;
};

Surface surface_of(sampler2D table, int number) {
    vec4 a = texelFetch(table, ivec2(0, number), 0), b = texelFetch(table, ivec2(1, number), 0);
    vec4 c = texelFetch(table, ivec2(2, number), 0), d = texelFetch(table, ivec2(3, number), 0);
    return Surface(a.rgb, int(a.w), int(b.x), b.y, b.z, b.w, c.x, c.y, c.z, c.w, d.x, d.y);
}

// Positive inside a leaf that fills the unit square from tip to tip along v, in units of the square's side.
float leaf_margin(vec2 uv) {
    vec2 q = abs(fract(uv) - 0.5) * 2.0;
    return 0.8 * sqrt(max(0.0, 1.0 - q.y)) - q.x;
}

// Interleaved gradient noise (Jimenez 2014): even in every small neighbourhood.
float dither(vec2 pixel) {
    return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715))));
}
