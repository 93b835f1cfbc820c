// An image that can be zoomed and moved: by wheel and mouse, or by keys and buttons.

const ZOOM = `<div class="frame" tabindex="0" role="img"></div><div class="tools">
  <button type="button" data-by="0.8" aria-label="Smaller">−</button>
  <button type="button" data-by="0" aria-label="Whole image">fit</button>
  <button type="button" data-by="1.25" aria-label="Larger">+</button></div>`;

function zoomable(parent, image, picture) {
  parent.innerHTML = ZOOM;
  const frame = parent.querySelector(".frame");
  frame.replaceChildren(image);
  frame.setAttribute("aria-label", picture.name);
  let zoom = 1, x = 0, y = 0;
  const draw = () => {
    image.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    image.classList.toggle("sharp", picture.sharp && zoom > 1);
    frame.dataset.zoom = zoom;
  };
  const to = (next, px, py) => {
    next = Math.min(16, Math.max(1, next));
    // What is under the pointer stays there; the whole image is always in the middle.
    [x, y] = next === 1 ? [0, 0] : [px - (px - x) * next / zoom, py - (py - y) * next / zoom];
    zoom = next;
    draw();
  };
  const fit = () => to(1, 0, 0);
  const moved = (dx, dy) => { if (zoom > 1) { x += dx; y += dy; draw(); } };
  frame.onwheel = (event) => {
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    const px = event.clientX - box.left - box.width / 2, py = event.clientY - box.top - box.height / 2;
    to(zoom * Math.exp(-event.deltaY / 400), px, py);
  };
  frame.onpointerdown = (event) => frame.setPointerCapture(event.pointerId);
  frame.onpointermove = (event) => { if (event.buttons) moved(event.movementX, event.movementY); };
  frame.ondblclick = () => (zoom > 1 ? fit() : to(3, 0, 0));
  const keys = { "+": () => to(zoom * 1.25, 0, 0), "-": () => to(zoom * 0.8, 0, 0), "0": fit,
    ArrowLeft: () => moved(40, 0), ArrowRight: () => moved(-40, 0), ArrowUp: () => moved(0, 40),
    ArrowDown: () => moved(0, -40) };
  frame.onkeydown = (event) => {
    if (!ofImage(event)) return;
    event.preventDefault();
    keys[event.key]();
  };
  for (const button of parent.querySelectorAll("button")) {
    const by = Number(button.dataset.by);
    button.onclick = () => (by ? to(zoom * by, 0, 0) : fit());
  }
  draw();
}

// Whether a key belongs to the image that has the focus; arrows only where there is something to move.
function ofImage(event) {
  const frame = event.target.closest?.(".frame");
  if (!frame) return false;
  return event.key.startsWith("Arrow") ? Number(frame.dataset.zoom) > 1 : ["+", "-", "0"].includes(event.key);
}
