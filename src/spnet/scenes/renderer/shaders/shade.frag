// The colour of a surface.
in vec3 place;
in vec3 normal;
in vec2 uv;
flat in uint owner;
out vec4 radiance;

uniform vec3 eye;
uniform mat3 rotation;
uniform vec2 size;                 // of the image, pixels

uniform sampler2D materials;
uniform sampler2DArray textures;
uniform sampler2D occlusion;
uniform sampler2D environment;
uniform float turn;
uniform float levels;              // of the environment's mip map

uniform int lights;
uniform sampler2DShadow shadows;   // an atlas
uniform mat4 light_matrix[8];      // world to the light's clip space
uniform vec4 light_tile[8];        // of the atlas: origin, size
uniform vec4 light_place[8];       // position and 1, or anything and 0 for the sun
uniform vec4 light_direction[8];   // and cosine of the half-angle of the cone
uniform vec4 light_colour[8];      // and size of a shadow texel: share of the distance, or metres for the sun
uniform float light_softness[8];

uniform vec3 harmonics[9];
uniform vec3 ambient;
uniform vec3 bounce_place;
uniform vec3 bounce_colour;
uniform vec4 fog;

float hash(vec3 p) {
    p = fract(p * 0.3183099 + 0.1) * 17.0;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

float value_noise(vec3 x) {
    vec3 i = floor(x), f = fract(x);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1, 0, 0)), f.x),
                   mix(hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)), f.x), f.y),
               mix(mix(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), f.x),
                   mix(hash(i + vec3(0, 1, 1)), hash(i + vec3(1, 1, 1)), f.x), f.y), f.z);
}

// sRGB to linear, within 0.002 of the exact curve.
vec3 linear(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

// Light of the environment on a surface that faces n (Ramamoorthi and Hanrahan 2001), divided by pi.
vec3 sky_light(vec3 n) {
    return max(vec3(0), harmonics[0] + harmonics[1] * n.y + harmonics[2] * n.z + harmonics[3] * n.x
        + harmonics[4] * n.x * n.y + harmonics[5] * n.y * n.z + harmonics[6] * (3.0 * n.z * n.z - 1.0)
        + harmonics[7] * n.x * n.z + harmonics[8] * (n.x * n.x - n.y * n.y));
}

// The GGX distribution of facets; a is the squared roughness.
float facets(float cosine, float a) {
    float d = cosine * cosine * (a * a - 1.0) + 1.0;
    return a * a / (3.1415927 * d * d + 1e-5);
}

float shadow(int i, vec3 world, vec3 flat_normal, float distance) {
    float texel = light_colour[i].w * (light_place[i].w > 0.5 ? distance : 1.0);
    float softness = light_softness[i];
    vec4 q = light_matrix[i] * vec4(world + flat_normal * texel * (2.0 + softness * 300.0), 1.0);
    vec3 s = q.xyz / q.w * 0.5 + 0.5;
    if (q.w <= 0.0 || any(lessThan(s, vec3(0))) || any(greaterThan(s, vec3(1)))) return 1.0;
    float start = dither(gl_FragCoord.xy) * 6.2832, lit = 0.0;
    for (int k = 0; k < 6; k++) {
        float angle = start + float(k) * 2.39996;
        vec2 offset = vec2(cos(angle), sin(angle)) * sqrt((float(k) + 0.5) / 6.0) * softness;
        vec2 where = clamp(s.xy + offset, 0.002, 0.998);
        lit += texture(shadows, vec3(light_tile[i].xy + where * light_tile[i].zw, s.z));
    }
    return lit / 6.0;
}

void main() {
    Surface m = surface_of(materials, int(owner & 0xffffu));
    float alpha = m.opacity;
#ifdef CUT
    float margin = leaf_margin(uv);
    alpha = clamp(margin / max(fwidth(margin), 1e-4) + 0.5, 0.0, 1.0);
    if (alpha <= 0.0) discard;
#endif
    vec3 relative = place * rotation, world = relative + eye;
    vec3 v = -normalize(relative);
    vec3 dx = dFdx(relative), dy = dFdy(relative);
    vec3 face = normalize(cross(dx, dy));
    face = dot(face, v) < 0.0 ? -face : face;
    vec3 n = dot(normal, normal) > 1e-8 ? normalize(normal) : face;
    n = dot(n, face) < 0.0 ? -n : n;
    n = dot(n, face) >= 0.2 ? n : face;

    vec3 albedo = m.colour;
    float height = 0.0;
    if (m.layer >= 0) {
        vec2 where = uv * m.scale;
        if (m.mapping == 1) {
            vec3 a = abs(face), p = world * m.scale + fract(float(m.layer) * vec3(0.37, 0.71, 0.13));
            where = a.z > a.x && a.z > a.y ? p.xy : a.x > a.y ? p.yz : p.xz;
        }
        vec3 texel = linear(texture(textures, vec3(where, m.layer), -0.5).rgb);
        albedo *= texel;
        height = dot(texel, vec3(0.333));
    }
    if (m.grain > 0.0) {
        vec3 p = world * m.frequency;
        float mottle = value_noise(p) * 0.6 + value_noise(p * 3.1) * 0.4 - 0.5;
        albedo *= 1.0 + m.grain * mottle * 2.0;
    }
    float relief = m.bump * min(1.0, 2.5 / place.z);
    if (relief > 0.0) {  // Mikkelsen 2010, "Bump mapping unparametrized surfaces on the GPU"
        vec3 r1 = cross(dy, n), r2 = cross(n, dx);
        float determinant = dot(dx, r1);
        vec3 gradient = sign(determinant) * (dFdx(height) * r1 + dFdy(height) * r2) / max(abs(determinant), 1e-12);
        n = normalize(n - clamp(relief * gradient, -0.8, 0.8));
    }

    float open = texture(occlusion, gl_FragCoord.xy / size).r;
    float facing = max(dot(n, v), 0.0);
    float a = max(m.roughness * m.roughness, 0.02);
    vec3 f0 = m.metal > 0.5 ? m.reflectance * albedo / max(max(albedo.r, albedo.g), max(albedo.b, 1e-3)) : vec3(m.reflectance);
    vec3 diffuse_colour = m.metal > 0.5 ? albedo * (1.0 - m.reflectance) : albedo;
    // Fresnel after Schlick, weaker on rough surfaces (Lagarde 2011)
    vec3 fresnel = f0 + (max(vec3(1.0 - m.roughness), f0) - f0) * pow(1.0 - facing, 5.0);

    vec3 d = bounce_place - world;
    float r2 = dot(d, d);
    vec3 soft = bounce_colour * max(0.0, dot(n, d) * inversesqrt(r2) * 0.5 + 0.5) / (r2 + 0.5);
    vec3 diffuse = (sky_light(n) + ambient + soft) * open;
    vec3 mirrored = sky_towards(environment, reflect(-v, n), turn, m.roughness * levels) * mix(open, 1.0, 0.3) * fresnel;
    for (int i = 0; i < lights; i++) {
        vec3 l = -light_direction[i].xyz;
        float strength = 1.0, distance = 1.0;
        if (light_place[i].w > 0.5) {
            l = light_place[i].xyz - world;
            float r2 = dot(l, l);
            distance = sqrt(r2);
            l /= distance;
            float edge = light_direction[i].w;
            strength = smoothstep(edge, edge + 0.25, dot(-l, light_direction[i].xyz)) / (r2 + 0.05);
        }
        float cosine = dot(n, l);
        if (cosine <= 0.0 || strength <= 1e-4 || dot(face, l) <= 0.0) continue;
        vec3 light = light_colour[i].rgb * (strength * cosine * shadow(i, world, face, distance));
        diffuse += light;
        mirrored += light * facets(max(dot(n, normalize(l + v)), 0.0), a) * f0;
    }
    vec3 colour = diffuse_colour * (diffuse + m.emission) * m.opacity + mirrored;
    float through = exp(-length(relative) * fog.w);
    colour = mix(fog.rgb * alpha, colour, through);
    if (any(isnan(colour)) || any(isinf(colour))) colour = albedo * 0.2;
    radiance = vec4(min(colour, vec3(2000.0)), alpha);
}
