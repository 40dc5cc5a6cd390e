// Lamps and the sun, with soft shadows.
#ifndef TAPS
#define TAPS 6  // looks into the shadow map, spread over the softness
#endif
uniform int lights;
uniform sampler2DShadow shadows;   // an atlas
uniform mat4 light_matrix[8];      // world to the light's clip space
uniform vec4 light_tile[8];        // of the atlas: origin, size
uniform vec4 light_place[8];       // position and 1, or anything and 0 for the sun
uniform vec4 light_direction[8];   // and cosine of the half-angle of the cone
uniform vec4 light_colour[8];      // and size of a shadow texel: share of the distance, or metres for the sun
uniform float light_softness[8];

float shadow(int i, vec3 world, vec3 flat_normal, float distance, vec2 pixel) {
    float texel = light_colour[i].w * (light_place[i].w > 0.5 ? distance : 1.0);
    float softness = light_softness[i];
    vec4 q = light_matrix[i] * vec4(world + flat_normal * texel * (2.0 + softness * 300.0), 1.0);
    vec3 s = q.xyz / q.w * 0.5 + 0.5;
    if (q.w <= 0.0 || any(lessThan(s, vec3(0))) || any(greaterThan(s, vec3(1)))) return 1.0;
    // Without any order: a regular pattern in soft shadows would stay visible in the photograph.
    float start = fract(sin(dot(pixel, vec2(12.9898, 78.233))) * 43758.5453) * 6.2832, lit = 0.0;
    for (int k = 0; k < TAPS; k++) {
        float angle = start + float(k) * 2.39996;
        vec2 offset = vec2(cos(angle), sin(angle)) * sqrt((float(k) + 0.5) / float(TAPS)) * softness;
        vec2 where = clamp(s.xy + offset, 0.002, 0.998);
        lit += texture(shadows, vec3(light_tile[i].xy + where * light_tile[i].zw, s.z));
    }
    return lit / float(TAPS);
}

// Light of one lamp or the sun on a surface at `world` that faces n for shading and `face` in truth, divided by pi.
// `towards` is set to where it comes from.
vec3 arriving(int i, vec3 world, vec3 n, vec3 face, vec2 pixel, out vec3 towards) {
    towards = -light_direction[i].xyz;
    float strength = 1.0, distance = 1.0;
    if (light_place[i].w > 0.5) {
        towards = light_place[i].xyz - world;
        float square = dot(towards, towards);
        distance = sqrt(square);
        towards /= distance;
        float edge = light_direction[i].w;
        strength = smoothstep(edge, edge + 0.25, dot(-towards, light_direction[i].xyz)) / (square + 0.05);
    }
    float cosine = dot(n, towards);
    if (cosine <= 0.0 || strength <= 1e-4 || dot(face, towards) <= 0.0) return vec3(0);
    return light_colour[i].rgb * (strength * cosine * shadow(i, world, face, distance, pixel));
}
