// The four samples of a pixel side by side.
uniform usampler2DMS numbers;
out uvec4 found;

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    found = uvec4(texelFetch(numbers, pixel, 0).r, texelFetch(numbers, pixel, 1).r,
                  texelFetch(numbers, pixel, 2).r, texelFetch(numbers, pixel, 3).r);
}
