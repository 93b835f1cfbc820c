"""An image that can be zoomed and moved: by wheel and mouse, or by keys and buttons."""

from __future__ import annotations

from base64 import b64encode

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from labelaudit.blocks import Image

SMALL = 200  # pixels; smaller images show their pixels, but only zoomed into: as a whole, that hides what they are of

HTML = """
<div class="frame" tabindex="0" role="img"><img alt=""></div>
<div class="tools">
  <button data-by="0.8" aria-label="Smaller">−</button>
  <button data-by="0" aria-label="Whole image">fit</button>
  <button data-by="1.25" aria-label="Larger">+</button>
</div>
"""
CSS = """
:host { display: block; position: relative; }
.frame { height: var(--room); overflow: hidden; cursor: grab; border-radius: .4rem; touch-action: none;
  background: color-mix(in srgb, var(--st-text-color) 5%, transparent); }
.frame:active { cursor: grabbing; }
.frame:focus-visible, button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
img { width: 100%; height: 100%; object-fit: contain; user-select: none; -webkit-user-drag: none; }
img.sharp { image-rendering: pixelated; }
.tools { position: absolute; right: .5rem; bottom: .5rem; display: flex; gap: .25rem; }
button { min-width: 2rem; height: 1.7rem; border-radius: .4rem; cursor: pointer; font: inherit; font-size: .85rem;
  color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-border-color); }
"""
JS = """
export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".frame"), image = parentElement.querySelector("img");
  frame.style.setProperty("--room", data.height + "px");
  frame.setAttribute("aria-label", data.name);
  image.src = "data:image/webp;base64," + data.webp;
  let zoom = 1, x = 0, y = 0;
  const draw = () => {
    image.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    image.classList.toggle("sharp", data.sharp && zoom > 1);
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
    // Arrows walk through the queue unless there is something to move.
    if (!keys[event.key] || (event.key.startsWith("Arrow") && zoom === 1)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };
  for (const button of parentElement.querySelectorAll("button")) {
    const by = Number(button.dataset.by);
    button.onclick = () => (by ? to(zoom * by, 0, 0) : fit());
  }
  draw();
}
"""


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    return st.components.v2.component("labelaudit.zoom", html=HTML, css=CSS, js=JS)


def show(image: Image, height: int) -> None:
    """Draw an image with room of so many pixels in height."""
    _component()(
        data={
            "webp": b64encode(image.data).decode(),
            "name": image.name,
            "sharp": max(image.width, image.height) < SMALL,
            "height": height,
        },
        key="zoom",
        height="content",
    )
