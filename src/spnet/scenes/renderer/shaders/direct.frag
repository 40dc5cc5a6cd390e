// Light of lamps and the sun on a list of points.
uniform sampler2D points;   // position
uniform sampler2D facings;  // normal
out vec4 light;

void main() {
    ivec2 entry = ivec2(gl_FragCoord.xy);
    vec3 world = texelFetch(points, entry, 0).xyz, n = texelFetch(facings, entry, 0).xyz, towards;
    light = vec4(0);
    for (int i = 0; i < lights; i++) light.rgb += arriving(i, world, n, n, gl_FragCoord.xy, towards);
}
