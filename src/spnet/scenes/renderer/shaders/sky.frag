// Where no surface is.
in vec2 at;
uniform sampler2D environment;
uniform float turn;
uniform mat3 rotation;
uniform vec2 half_size;
uniform vec4 fog;
out vec4 radiance;

void main() {
    vec3 direction = normalize(vec3((at * 2.0 - 1.0) * half_size, 1.0) * rotation);
    vec3 colour = sky_towards(environment, direction, turn, 0.0);
    // Fog hides the horizon: 2 km of it there, less upwards as it lies on the ground.
    float thickness = 1.0 - exp(-fog.w * 2000.0 / (1.0 + 40.0 * max(direction.z, 0.0)));
    radiance = vec4(mix(colour, fog.rgb, thickness), 1.0);
}
