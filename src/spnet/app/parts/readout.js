// The numbers lie in the page itself, so that the read-out follows the cursor without asking the server.
let place = null, held = null, depth = null, error = null;
function view(text) {
  const packed = atob(text), bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  return new DataView(bytes.buffer);
}
function numbers() {
  const value = props.value;
  if (!value || !value.src) return null;
  if (held !== value) { depth = view(value.depth); error = value.error ? view(value.error) : null; held = value; }
  return value;
}
function percent(share) {
  const p = 100 * share;
  return (p < 10 ? p.toFixed(1) : p.toFixed(0)) + ' %';
}
function words(value, metres, packed) {
  const flagged = packed >= 0x8000, share = (packed & 0x7fff) * value.error_step;
  if (value.kind === 'true') {
    return metres.toFixed(3) + ' m, ' + (flagged ? 'the truth is not known here' : 'off by ' + percent(share) + ' of the truth');
  }
  if (packed === null) return metres.toFixed(3) + ' m';
  const [close, scale, shape] = value.confidence;
  const sure = 1 - Math.exp(-Math.pow(close / (scale * Math.max(share, 1e-6)), shape));
  return (flagged ? 'hidden: ' : '') + metres.toFixed(3) + ' m ± ' + (share * metres).toFixed(3) + ' m (' + percent(share) +
    ' expected error, confidence ' + sure.toFixed(2) + ')';
}
function tell() {
  const value = numbers(), caption = element.querySelector('figcaption'), cross = element.querySelector('.cross');
  if (!value || !place || !caption) return;
  const x = Math.min(value.width - 1, Math.max(0, Math.floor(place[0] * value.width)));
  const y = Math.min(value.height - 1, Math.max(0, Math.floor(place[1] * value.height)));
  const at = 2 * (y * value.width + x), shares = place.map(v => Math.round(100 * v));
  const metres = depth.getUint16(at, true) * value.step, packed = error ? error.getUint16(at, true) : null;
  caption.textContent = words(value, metres, packed) + ' at ' + shares[0] + ' % right, ' + shares[1] + ' % down';
  cross.hidden = false; cross.style.left = 100 * place[0] + '%'; cross.style.top = 100 * place[1] + '%';
}
element.addEventListener('pointermove', event => {
  const img = element.querySelector('img');
  if (!img) return;
  const box = img.getBoundingClientRect();
  const now = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  if (now.every(v => v >= 0 && v < 1)) { place = now; tell(); }
});
element.addEventListener('keydown', event => {
  const move = {ArrowLeft: [-.01, 0], ArrowRight: [.01, 0], ArrowUp: [0, -.01], ArrowDown: [0, .01]}[event.key];
  if (!move) return;
  place = (place || [.5, .5]).map((v, i) => Math.min(.999, Math.max(0, v + move[i])));
  event.preventDefault(); tell();
});
watch('value', tell);  // the place that was pointed at stays
