// Light from far away, also used for reflections: an equirectangular map with its upper row first.
vec3 sky_towards(sampler2D map, vec3 direction, float turn, float level) {
    vec2 where = vec2(atan(direction.y, direction.x) / 6.2831853 + 0.5 + turn, acos(clamp(direction.z, -1.0, 1.0)) / 3.1415927);
    return textureLod(map, where, level).rgb;
}
