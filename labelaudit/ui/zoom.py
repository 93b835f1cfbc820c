"""An image that can be zoomed and moved: by wheel and mouse, or by keys and buttons."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from labelaudit.blocks import Image

SMALL = 200  # pixels; smaller images show their pixels, but only zoomed into: as a whole, that hides what they are of
DRAW = """
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".la-zoom"), image = new Image();
  image.src = data.src;
  place.style.height = data.height + "px";
  zoomable(place, image, data);
}
"""


@cache
def source(name: str) -> str:
    """Return a script or a style sheet of a component."""
    return Path(__file__).parent.joinpath("js", name).read_text(encoding="utf-8")


def picture(image: Image) -> dict[str, Any]:
    """Return an image as ``zoom.js`` draws it."""
    return {
        "src": f"data:image/webp;base64,{b64encode(image.data).decode()}",
        "name": image.name,
        "sharp": max(image.width, image.height) < SMALL,
    }


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "labelaudit.zoom", html='<div class="la-zoom"></div>', css=source("zoom.css"), js=source("zoom.js") + DRAW
    )


def show(image: Image, height: int) -> None:
    """Draw an image with room of so many pixels in height."""
    _component()(data={**picture(image), "height": height}, key="zoom", height="content")
