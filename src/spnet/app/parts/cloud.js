// A point cloud that turns, drawn with a depth buffer on a plain canvas: no library, no WebGL needed.
let yaw = 0, pitch = 0, zoom = 1, held = null, points = null, colours = null, from = null;
function bytes(text) {
  const packed = atob(text), out = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) out[i] = packed.charCodeAt(i);
  return out;
}
function draw() {
  const value = props.value, canvas = element.querySelector('canvas');
  if (!value || !canvas) return;
  if (held !== value.points) {
    points = new Int16Array(bytes(value.points).buffer); colours = bytes(value.colours);
    held = value.points;  // the view stays, so that one sees what hiding changes
  }
  const w = canvas.width, h = canvas.height, image = canvas.getContext('2d').createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer).fill(0xff1f1a1a), near = new Float32Array(w * h).fill(Infinity);
  const cy = Math.cos(yaw), sy = Math.sin(yaw), cp = Math.cos(pitch), sp = Math.sin(pitch), centre = value.centre;
  const focal = zoom * Math.min(w / value.spread[0], h / value.spread[1]);
  for (let i = 0, n = colours.length / 3; i < n; i++) {
    const x0 = points[3 * i], y0 = points[3 * i + 1], z0 = points[3 * i + 2] - centre;
    const x = cy * x0 + sy * z0, z1 = cy * z0 - sy * x0, y = cp * y0 - sp * z1, z = sp * y0 + cp * z1 + centre;
    if (z < 1) continue;
    const u = Math.round(w / 2 + focal * x / z), v = Math.round(h / 2 + focal * y / z);
    if (u < 0 || v < 0 || u >= w - 2 || v >= h - 2) continue;
    const colour = 0xff000000 | colours[3 * i + 2] << 16 | colours[3 * i + 1] << 8 | colours[3 * i];
    for (let k = v * w + u, row = 0; row < 3; row++, k += w)
      for (let j = k; j < k + 3; j++) if (z < near[j]) { near[j] = z; pixels[j] = colour; }
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
}
function front() { yaw = pitch = 0; zoom = 1; draw(); }
function turn(right, down) {
  yaw += right; pitch = Math.max(-1.4, Math.min(1.4, pitch + down)); draw();
}
element.addEventListener('pointerdown', event => { from = [event.clientX, event.clientY]; draw(); });
element.addEventListener('dblclick', front);
window.addEventListener('pointerup', () => { from = null; });
element.addEventListener('pointermove', event => {
  if (!from) return;
  turn((event.clientX - from[0]) / 300, (event.clientY - from[1]) / 300);
  from = [event.clientX, event.clientY];
});
element.addEventListener('wheel', event => {
  zoom = Math.max(0.3, Math.min(8, zoom * Math.exp(-event.deltaY / 800))); event.preventDefault(); draw();
}, {passive: false});
element.addEventListener('keydown', event => {
  const move = {ArrowLeft: [-.1, 0], ArrowRight: [.1, 0], ArrowUp: [0, -.1], ArrowDown: [0, .1]}[event.key];
  if (move) turn(...move);
  else if (event.key === '+' || event.key === '-') { zoom *= event.key === '+' ? 1.15 : 1 / 1.15; draw(); }
  else if (event.key === 'Home') front();
  else return;
  event.preventDefault();
});
watch('value', draw);  // a new result leaves the canvas as it is, or replaces it, as the template sees fit
draw();
