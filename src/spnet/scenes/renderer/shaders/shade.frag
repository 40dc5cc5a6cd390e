// The colour of a surface, once for each entry of a list: a place in the image and the triangle that is seen there.
out vec4 radiance;

layout(std430, binding = 0) readonly buffer Corners { float corners[]; };   // 9 a triangle
layout(std430, binding = 1) readonly buffer Normals { float normals[]; };   // 9 a triangle
layout(std430, binding = 2) readonly buffer Coordinates { float uvs[]; };   // 6 a triangle
layout(std430, binding = 3) readonly buffer Owners { uint owners[]; };      // material of a triangle

uniform usampler2D numbers;        // triangle of each entry, from 1; 0 is the sky
#ifdef LISTED
uniform sampler2D places;          // of each entry, pixels from the upper left corner
#endif
uniform vec3 eye;
uniform mat3 rotation;             // world to camera
uniform vec2 half_size;            // of the image at depth 1
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

float shadow(int i, vec3 world, vec3 flat_normal, float distance, vec2 pixel) {
    float texel = light_colour[i].w * (light_place[i].w > 0.5 ? distance : 1.0);
    float softness = light_softness[i];
    vec4 q = light_matrix[i] * vec4(world + flat_normal * texel * (2.0 + softness * 300.0), 1.0);
    vec3 s = q.xyz / q.w * 0.5 + 0.5;
    if (q.w <= 0.0 || any(lessThan(s, vec3(0))) || any(greaterThan(s, vec3(1)))) return 1.0;
    float start = dither(pixel) * 6.2832, lit = 0.0;
    for (int k = 0; k < 6; k++) {
        float angle = start + float(k) * 2.39996;
        vec2 offset = vec2(cos(angle), sin(angle)) * sqrt((float(k) + 0.5) / 6.0) * softness;
        vec2 where = clamp(s.xy + offset, 0.002, 0.998);
        lit += texture(shadows, vec3(light_tile[i].xy + where * light_tile[i].zw, s.z));
    }
    return lit / 6.0;
}

// Where no surface is. Fog hides the horizon: 2 km of it there, less upwards as it lies on the ground.
vec3 sky_seen(vec3 direction) {
    float thickness = 1.0 - exp(-fog.w * 2000.0 / (1.0 + 40.0 * max(direction.z, 0.0)));
    return mix(sky_towards(environment, direction, turn, 0.0), fog.rgb, thickness);
}

vec3 third(int start, int corner, bool shading) {
    int k = start + 3 * corner;
    return shading ? vec3(normals[k], normals[k + 1], normals[k + 2]) : vec3(corners[k], corners[k + 1], corners[k + 2]);
}

// What a ray from the camera hits of a triangle.
struct Hit {
    vec3 face;      // unit normal towards the camera
    vec3 normal;    // for shading
    vec3 relative;  // from the eye, metres
    vec3 dx, dy;    // change of it from pixel to pixel
    vec2 uv, uv_dx, uv_dy;
};

Hit hit_of(int triangle, vec3 ray, vec3 right, vec3 down) {
    vec3 a = third(9 * triangle, 0, false) - eye;
    vec3 ab = third(9 * triangle, 1, false) - eye - a, ac = third(9 * triangle, 2, false) - eye - a;
    vec3 n = cross(ab, ac);
    float over = dot(a, n), along = dot(ray, n);
    along = abs(along) < 1e-20 ? 1e-20 : along;
    Hit hit;
    hit.relative = ray * (over / along);
    // A ray beside this one may miss the triangle's plane: then the change is bounded.
    hit.dx = (ray + right) * (over / (along + dot(right, n))) - hit.relative;
    hit.dy = (ray + down) * (over / (along + dot(down, n))) - hit.relative;
    float limit = length(hit.relative);
    hit.dx = dot(hit.dx, hit.dx) < limit * limit ? hit.dx : right * limit;
    hit.dy = dot(hit.dy, hit.dy) < limit * limit ? hit.dy : down * limit;
    float area = max(dot(n, n), 1e-30);
    vec3 to_b = cross(ac, n) / area, to_c = cross(n, ab) / area;  // gradients of the weights of b and c
    vec3 p = hit.relative - a;
    vec2 weight = clamp(vec2(dot(p, to_b), dot(p, to_c)), 0.0, 1.0);
    vec3 na = third(9 * triangle, 0, true), nb = third(9 * triangle, 1, true), nc = third(9 * triangle, 2, true);
    hit.face = normalize(dot(n, ray) > 0.0 ? -n : n);
    vec3 m = na * (1.0 - weight.x - weight.y) + nb * weight.x + nc * weight.y;
    hit.normal = dot(m, m) > 1e-8 ? normalize(m) : hit.face;
    hit.normal = dot(hit.normal, hit.face) < 0.0 ? -hit.normal : hit.normal;
    hit.normal = dot(hit.normal, hit.face) >= 0.2 ? hit.normal : hit.face;
    int k = 6 * triangle;
    vec2 ua = vec2(uvs[k], uvs[k + 1]);
    vec2 ub = vec2(uvs[k + 2], uvs[k + 3]) - ua, uc = vec2(uvs[k + 4], uvs[k + 5]) - ua;
    hit.uv = ua + ub * weight.x + uc * weight.y;
    hit.uv_dx = ub * dot(hit.dx, to_b) + uc * dot(hit.dx, to_c);
    hit.uv_dy = ub * dot(hit.dy, to_b) + uc * dot(hit.dy, to_c);
    return hit;
}

vec2 facing_plane(vec3 p, vec3 face) {
    vec3 a = abs(face);
    return a.z > a.x && a.z > a.y ? p.xy : a.x > a.y ? p.yz : p.xz;
}

// Level of the mip map: between the longer and the shorter side of the pixel's footprint, so that floors stay sharp.
float level_of(vec2 dx, vec2 dy, float texels) {
    float longer = max(length(dx), length(dy)), shorter = min(length(dx), length(dy));
    return log2(max(max(sqrt(longer * shorter), 0.35 * longer) * texels, 1e-4));
}

void main() {
    ivec2 entry = ivec2(gl_FragCoord.xy);
    int number = int(texelFetch(numbers, entry, 0).r);
#ifdef LISTED
    vec2 pixel = texelFetch(places, entry, 0).rg;
#else
    vec2 pixel = gl_FragCoord.xy;
#endif
    vec2 at = pixel / size;
    vec3 ray = vec3((at * 2.0 - 1.0) * half_size, 1.0) * rotation;
    if (number == 0) {
        radiance = vec4(sky_seen(normalize(ray)), 1.0);
        return;
    }
    int triangle = number - 1;
    vec3 right = vec3(2.0 * half_size.x / size.x, 0.0, 0.0) * rotation;
    vec3 down = vec3(0.0, 2.0 * half_size.y / size.y, 0.0) * rotation;
    Hit hit = hit_of(triangle, ray, right, down);
    Surface m = surface_of(materials, int(owners[triangle]));
    vec3 world = hit.relative + eye, v = -normalize(hit.relative), face = hit.face, n = hit.normal;
    float depth = length(hit.relative) / length(ray);

    vec3 albedo = m.colour;
    if (m.layer >= 0) {
        vec2 where = hit.uv * m.scale, dx = hit.uv_dx * m.scale, dy = hit.uv_dy * m.scale;
        if (m.mapping == 1) {
            where = facing_plane(world * m.scale + fract(float(m.layer) * vec3(0.37, 0.71, 0.13)), face);
            dx = facing_plane(hit.dx * m.scale, face);
            dy = facing_plane(hit.dy * m.scale, face);
        }
        float level = level_of(dx, dy, float(textureSize(textures, 0).x));
        vec3 texel = linear(textureLod(textures, vec3(where, m.layer), level).rgb);
        albedo *= texel;
        float relief = m.bump * min(1.0, 2.5 / depth);
        if (relief > 0.0) {  // Mikkelsen 2010, "Bump mapping unparametrized surfaces on the GPU"
            float height = dot(texel, vec3(0.333));
            float x = dot(linear(textureLod(textures, vec3(where + dx, m.layer), level).rgb), vec3(0.333)) - height;
            float y = dot(linear(textureLod(textures, vec3(where + dy, m.layer), level).rgb), vec3(0.333)) - height;
            vec3 r1 = cross(hit.dy, n), r2 = cross(n, hit.dx);
            float determinant = dot(hit.dx, r1);
            vec3 gradient = sign(determinant) * (x * r1 + y * r2) / max(abs(determinant), 1e-12);
            n = normalize(n - clamp(relief * gradient, -0.6, 0.6));
        }
    }
    if (m.grain > 0.0) {
        vec3 p = world * m.frequency;
        float mottle = value_noise(p) * 0.6 + value_noise(p * 3.1) * 0.4 - 0.5;
        albedo *= 1.0 + m.grain * mottle * 2.0;
    }

    float open = texture(occlusion, at).r;
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
        vec3 light = light_colour[i].rgb * (strength * cosine * shadow(i, world, face, distance, pixel));
        diffuse += light;
        mirrored += light * facets(max(dot(n, normalize(l + v)), 0.0), a) * f0;
    }
    vec3 colour = diffuse_colour * (diffuse + m.emission) * m.opacity + mirrored;
    float through = exp(-length(hit.relative) * fog.w);
    colour = mix(fog.rgb * m.opacity, colour, through);
    if (any(isnan(colour)) || any(isinf(colour))) colour = albedo * 0.2;
    radiance = vec4(min(colour, vec3(2000.0)), m.opacity);
}
