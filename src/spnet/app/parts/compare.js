// Two pictures, one over the other, cut where the slider stands. The slider is the browser's own, so keys move it, too.
let at = 50, held = false;
function cut() {
  const slider = element.querySelector('input'), before = element.querySelector('.before');
  if (!slider || !before) return;
  slider.value = at;
  before.style.clipPath = 'inset(0 ' + (100 - at) + '% 0 0)';
  element.querySelector('.line').style.left = at + '%';
}
function follow(event) {
  const box = element.querySelector('.stage').getBoundingClientRect();
  at = Math.min(100, Math.max(0, Math.round(100 * (event.clientX - box.left) / box.width)));
  cut();
}
element.addEventListener('input', event => { at = Number(event.target.value); cut(); });
element.addEventListener('pointerdown', event => {
  if (!event.target.closest('.stage')) return;
  held = true; follow(event); event.preventDefault();
});
window.addEventListener('pointermove', event => { if (held) follow(event); });
for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, () => { held = false; });
watch('value', cut);  // the place stays, so that one sees what hiding changes
cut();
