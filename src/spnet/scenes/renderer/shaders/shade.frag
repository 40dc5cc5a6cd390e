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

uniform sampler3D probes_red, probes_green, probes_blue;  // light from all sides at a lattice of points: mean, and x, y, z
uniform vec3 lattice_low, lattice_size;                    // which fills this box
uniform float lattice_step;                                // distance between the points
uniform vec3 ambient;
uniform sampler2D surroundings;    // of what is reflected: equirectangular, as seen from `surroundings_eye`
uniform float surroundings_turn;
uniform vec3 surroundings_eye;
uniform float surroundings_levels; // of its mip map; 0 if there is none yet
uniform vec3 room_low, room_high;  // the box that reflections are seen on; empty out of doors
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

// Light from all sides at a point: per channel the mean in x, the first-order coefficients in yzw.
mat3x4 light_around(vec3 world) {
    vec3 where = (world - lattice_low) / lattice_size;
    return mat3x4(textureLod(probes_red, where, 0.0), textureLod(probes_green, where, 0.0), textureLod(probes_blue, where, 0.0));
}

// What comes from a direction r, or falls on a surface that faces n, divided by pi: the lobe keeps 2/3 of first order.
vec3 from_direction(mat3x4 around, vec3 r, float share) {
    return max(vec4(1.0, share * r) * around, vec3(0));
}

// What a reflected ray sees. Indoors the map is taken as painted on the walls (Lagarde and Zanuttini 2012).
vec3 reflected(vec3 world, vec3 r, float roughness, mat3x4 around) {
    vec3 rough = from_direction(around, r, 0.8);
    if (surroundings_levels <= 0.0 || roughness > 0.6) return rough;
    vec3 towards = r;
    bool indoors = room_high.x > room_low.x;
    if (indoors) {
        vec3 reach = max((room_high - world) / r, (room_low - world) / r);
        towards = normalize(world + r * max(min(reach.x, min(reach.y, reach.z)), 0.1) - surroundings_eye);
    }
    vec3 sharp = sky_towards(surroundings, towards, surroundings_turn, roughness * surroundings_levels);
    if (!indoors) sharp = min(sharp, 4.0 * rough);  // where little sky is seen, little of it is reflected
    return mix(sharp, rough, smoothstep(0.3, 0.6, roughness));
}

// The GGX distribution of facets; a is the squared roughness.
float facets(float cosine, float a) {
    float d = cosine * cosine * (a * a - 1.0) + 1.0;
    return a * a / (3.1415927 * d * d + 1e-5);
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

    // The mean of 4 x 4 pixels takes the dither out.
    vec2 step = 1.0 / size;
    float open = 0.25 * (texture(occlusion, at + vec2(-step.x, -step.y)).r + texture(occlusion, at + vec2(step.x, -step.y)).r
        + texture(occlusion, at + vec2(-step.x, step.y)).r + texture(occlusion, at + vec2(step.x, step.y)).r);
    float facing = max(dot(n, v), 0.0);
    float a = max(m.roughness * m.roughness, 0.02);
    vec3 f0 = m.metal > 0.5 ? m.reflectance * albedo / max(max(albedo.r, albedo.g), max(albedo.b, 1e-3)) : vec3(m.reflectance);
    vec3 diffuse_colour = m.metal > 0.5 ? albedo * (1.0 - m.reflectance) : albedo;
    // Fresnel after Schlick, weaker on rough surfaces (Lagarde 2011)
    vec3 fresnel = f0 + (max(vec3(1.0 - m.roughness), f0) - f0) * pow(1.0 - facing, 5.0);

    mat3x4 around = light_around(world + (0.5 * face + 0.3 * v) * lattice_step);
    vec3 diffuse = (from_direction(around, n, 0.667) + ambient) * open;
    vec3 mirrored = vec3(0);
    if (max(fresnel.r, max(fresnel.g, fresnel.b)) > 0.004)
        mirrored = reflected(world, reflect(-v, n), m.roughness, around) * mix(open, 1.0, 0.3) * fresnel;
    for (int i = 0; i < lights; i++) {
        vec3 l;
        vec3 light = arriving(i, world, n, face, pixel, l);
        diffuse += light;
        mirrored += light * facets(max(dot(n, normalize(l + v)), 0.0), a) * f0;
        if (m.mapping == 2) diffuse += 0.5 * arriving(i, world, -n, -face, pixel, l);  // leaves let half of it through
    }
    vec3 colour = diffuse_colour * (diffuse + m.emission) * m.opacity + mirrored;
    float through = exp(-length(hit.relative) * fog.w);
    colour = mix(fog.rgb * m.opacity, colour, through);
    if (any(isnan(colour)) || any(isinf(colour))) colour = albedo * 0.2;
    radiance = vec4(min(colour, vec3(2000.0)), m.opacity);
}
