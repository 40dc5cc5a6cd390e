// Light from all sides at a lattice of points, gathered by marching through a coarse copy of the scene in cubes. A cube
// stops as much of the light as the surfaces in it cover, and shows one radiance a side.
uniform sampler3D cover;    // 0 to 1
uniform sampler3D sides;    // six texels a cube in a row: +x -x +y -y +z -z; alpha is how much of the side there is
uniform sampler2D outer;    // what lies outside of all cubes: equirectangular
uniform vec3 first, spacing;     // of the lattice, in cubes
uniform ivec3 lattice;           // points in x, y, z
layout(location = 0) out vec4 red;    // mean, and first-order coefficients
layout(location = 1) out vec4 green;
layout(location = 2) out vec4 blue;
layout(location = 3) out vec4 free;   // mean of how far a ray gets, in cubes

uniform int rays;                // from each
const float STEP = 0.9;

void main() {
    ivec2 entry = ivec2(gl_FragCoord.xy);
    vec3 start = first + spacing * vec3(entry.x, entry.y % lattice.y, entry.y / lattice.y);
    ivec3 count = textureSize(cover, 0);
    red = green = blue = free = vec4(0);
    for (int k = 0; k < rays; k++) {
        float z = 1.0 - (2.0 * float(k) + 1.0) / float(rays), angle = float(k) * 2.39996323;
        vec3 d = vec3(sqrt(1.0 - z * z) * vec2(cos(angle), sin(angle)), z), colour = vec3(0), weight = d * d;
        float through = 1.0, t = 0.5;
        ivec3 side = ivec3(d.x > 0.0 ? 1 : 0, d.y > 0.0 ? 3 : 2, d.z > 0.0 ? 5 : 4);  // which faces the ray
        for (int step = 0; step < 160; step++) {
            ivec3 cube = ivec3(floor(start + d * t));
            if (any(lessThan(cube, ivec3(0))) || any(greaterThanEqual(cube, count))) {
                colour += through * sky_towards(outer, d, 0.0, 0.0);
                break;
            }
            float c = texelFetch(cover, cube, 0).r;
            if (c > 0.0) {
                cube.x *= 6;
                vec4 x = texelFetch(sides, cube + ivec3(side.x, 0, 0), 0);
                vec4 y = texelFetch(sides, cube + ivec3(side.y, 0, 0), 0);
                vec4 z = texelFetch(sides, cube + ivec3(side.z, 0, 0), 0);
                vec3 w = weight * vec3(x.a, y.a, z.a);
                float total = w.x + w.y + w.z;
                if (total > 1e-6) colour += through * c * (x.rgb * w.x + y.rgb * w.y + z.rgb * w.z) / total;
                through *= 1.0 - c;
                if (through < 0.05) break;
            }
            t += STEP;
            free.x += through * STEP / float(rays);
        }
        vec4 basis = vec4(1.0, 3.0 * d) / float(rays);
        red += colour.r * basis;
        green += colour.g * basis;
        blue += colour.b * basis;
    }
}
