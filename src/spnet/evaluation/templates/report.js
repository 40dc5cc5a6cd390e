"use strict";
// The page reads without this script: choosing metrics, methods and inputs is done by the style sheet.
addEventListener("error", event => { document.documentElement.dataset.error = event.message });

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Sorting: a click on a column's head; figures first up, then down, then the order of the run again.
  for (const table of all("table[data-sort]")) {
    const body = table.tBodies[0], original = [...body.rows];
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
        all("thead th", table).forEach(other => other.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        body.append(...(next ? sorted(original, column, next === "ascending" ? 1 : -1) : original));
      });
    });
  }

  function sorted(rows, column, way) {
    const key = row => {
      const text = row.cells[column].textContent.trim(), value = parseFloat(text);
      return { text, value: /^[-\d.]/.test(text) && !isNaN(value) ? value : Infinity };
    };
    const numbers = rows.some(row => isFinite(key(row).value));
    return rows.map(row => [key(row), row]).sort(([a], [b]) => {
      if (!numbers) return way * a.text.localeCompare(b.text, "en", { numeric: true });
      if (!isFinite(a.value) || !isFinite(b.value)) return isFinite(b.value) - isFinite(a.value);  // no figure: last
      return way * (a.value - b.value);
    }).map(([, row]) => row);
  }

  // Tooltips of charts: at once, and for the keyboard too.
  const tip = document.getElementById("tip");
  const show = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
    tip.style.top = `${y + height + 22 > innerHeight ? y - height - 10 : y + 16}px`;
  };
  for (const curve of all(".curve")) {
    const texts = all("title", curve).map(title => {
      title.parentNode.dataset.tip = title.textContent;
      title.remove();
      return title.textContent.slice(curve.dataset.name.length + 2);
    });
    const whole = [curve.dataset.name, ...texts].join("\n");
    curve.addEventListener("pointermove", event => show(event.target.dataset.tip ?? whole, event.clientX, event.clientY));
    curve.addEventListener("pointerleave", () => { tip.hidden = true });
    curve.addEventListener("focus", () => {
      const box = curve.querySelector("text").getBoundingClientRect();
      show(whole, box.left, box.bottom);
    });
    curve.addEventListener("blur", () => { tip.hidden = true });
  }

  // Pictures: enlarged on a click, the arrow keys go through those of the same case.
  const viewer = document.getElementById("viewer");
  let open = null;
  const look = image => {
    open = image;
    const large = viewer.querySelector("img");
    large.src = image.src;
    large.alt = viewer.querySelector("figcaption").textContent = image.alt;
    large.style.setProperty("--ratio", image.width && image.getAttribute("width") / image.getAttribute("height"));
    if (!viewer.open) viewer.showModal();
  };
  for (const button of all(".zoom")) button.addEventListener("click", () => look(button.firstElementChild));
  viewer.addEventListener("click", () => viewer.close());
  viewer.addEventListener("keydown", event => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    const images = all(".zoom img", open.closest(".case")).filter(image => image.offsetParent);
    look(images[(images.indexOf(open) + way + images.length) % images.length]);
    event.preventDefault();
  });

  addEventListener("click", event => {
    for (const menu of all("details.methods[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.documentElement.dataset.ready = "yes";
})();
