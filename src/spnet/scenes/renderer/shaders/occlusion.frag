// Screen-space ambient occlusion: how much of the hemisphere nearby surfaces hide, from samples on a spiral in the
// image (after Bavoil and Sainz, "Image-space horizon-based ambient occlusion", 2008; simplified).
in vec2 at;
uniform sampler2D geometry;
uniform vec2 half_size;  // of the image at depth 1
uniform float radius;    // metres
out float visible;

const int SAMPLES = 12;

vec3 placed(vec2 where, float z) {
    return vec3((where * 2.0 - 1.0) * half_size, 1.0) * z;
}

void main() {
    vec4 here = textureLod(geometry, at, 0.0);
    if (here.w <= 0.0) { visible = 1.0; return; }
    vec3 p = placed(at, here.w);
    float turn = dither(gl_FragCoord.xy) * 6.2832, hidden = 0.0;
    for (int i = 0; i < SAMPLES; i++) {
        float angle = turn + float(i) * 2.39996;
        float share = (float(i) + dither(gl_FragCoord.yx + float(i))) / float(SAMPLES);
        float reach = radius * ((i & 1) == 0 ? share : 0.3 * share);
        vec2 there = at + vec2(cos(angle), sin(angle)) * min(reach / here.w, 0.3) / (2.0 * half_size);
        float z = textureLod(geometry, clamp(there, 0.001, 0.999), 0.0).w;
        vec3 d = placed(there, z) - p;
        float far = length(d) + 1e-4;
        float facing = max(0.0, dot(here.xyz, d) / far - 0.08);
        hidden += z > 0.0 ? facing * smoothstep(0.0, 1.0, 0.9 * radius / far) : 0.0;
    }
    visible = clamp(1.0 - hidden * 2.2 / float(SAMPLES), 0.0, 1.0);
}
