// Distances lie in the page itself, so that the read-out follows the cursor without asking the server.
let place = null, held = null, depth = null;
function distances() {
  const value = props.value;
  if (value && held !== value.depth) {
    const text = atob(value.depth), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    depth = new DataView(bytes.buffer); held = value.depth;
  }
  return value;
}
function tell() {
  const value = distances(), caption = element.querySelector('figcaption');
  if (!value || !place || !caption) return;
  const x = Math.min(value.width - 1, Math.max(0, Math.floor(place[0] * value.width)));
  const y = Math.min(value.height - 1, Math.max(0, Math.floor(place[1] * value.height)));
  const metres = depth.getUint16(2 * (y * value.width + x), true) * value.step;
  const percent = place.map(v => Math.round(100 * v));
  caption.textContent = metres.toFixed(3) + ' m at ' + percent[0] + ' % right, ' + percent[1] + ' % down';
}
element.addEventListener('pointermove', event => {
  const img = element.querySelector('img');
  if (!img) return;
  const box = img.getBoundingClientRect();
  place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  if (place.every(v => v >= 0 && v < 1)) tell();
});
element.addEventListener('keydown', event => {
  const move = {ArrowLeft: [-.01, 0], ArrowRight: [.01, 0], ArrowUp: [0, -.01], ArrowDown: [0, .01]}[event.key];
  if (!move) return;
  place = (place || [.5, .5]).map((v, i) => Math.min(.999, Math.max(0, v + move[i])));
  event.preventDefault(); tell();
});
