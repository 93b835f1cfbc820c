"""The bytes of an image file to upright RGB pixels, and to what can be said of them without a model.

Whatever a file is called, its content says what it is. The size in its header is checked before any pixel is decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.errors import BadImage

if TYPE_CHECKING:
    from PIL import Image

LIMIT = 180_000_000  # pixels: half a GB once decoded
# Formats whose readers only decode; those that start a program (EPS) or only name another file are not among them.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "JPEG2000", "AVIF", "PPM", "TGA", "ICO", "PCX", "QOI")
MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP")
# What Pillow's readers raise on files that were cut or changed anywhere, or made to harm.
BROKEN_IMAGE: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, struct.error),
    *(ArithmeticError, MemoryError, RuntimeError),
)
ORIENTATION = 0x0112  # the EXIF tag
TURNED = (5, 6, 7, 8)  # its values that swap width and height
DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")  # Pillow's modes of more than 8 bits
LOOKED_AT = 128  # pixels on the longer side of the copy of which the properties are taken
FOR_SHARPNESS = 64  # likewise, so that a large photo and a small one can be compared

# Columns of the properties, and how they are kept: see `properties`.
PROPERTIES = {
    **dict.fromkeys(("width", "height", "aspect", "brightness", "dark", "bright", "contrast"), "<f8"),
    **dict.fromkeys(("sharpness", "entropy", "saturation", "bytes"), "<f8"),
    **dict.fromkeys(("format", "mode"), "<U12"),
}


@dataclass(frozen=True)
class Header:
    """What the first bytes of an image file say.

    Parameters
    ----------
    width, height : int
        Of the image as it is shown, in pixels: EXIF rotation is taken into account.
    format : str
        By content: ``JPEG``, ``PNG`` …
    mode : str
        Pillow's name of its colours: ``RGB``, ``L`` (grey), ``P`` (palette), ``CMYK``, ``I;16`` …
    """

    width: int
    height: int
    format: str
    mode: str


def header(data: bytes) -> Header:
    """Read an image's size and kind; no pixel is decoded.

    Raises
    ------
    BadImage
        It is empty, no image, damaged in its header, or of more than `LIMIT` pixels.
    """
    with _opened(data) as image:
        return _header(image)


def decode(data: bytes, *, shorter_side: int | None = None) -> Image.Image:
    """Decode an image file to RGB as a person would see it.

    EXIF rotation is applied, transparency lies on white, more than 8 bits are scaled to 8, and of several frames the
    first one is taken.

    Parameters
    ----------
    data : bytes
        The whole file.
    shorter_side : int, optional
        Enough pixels for the shorter side; a JPEG is then decoded to a half, a fourth or an eighth of its size where
        that is still enough, which saves most of the time.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``.

    Raises
    ------
    BadImage
        The text follows the image's name: "is cut off", "is not an image", "has no bytes" …
    """
    with _opened(data) as image:
        if shorter_side is not None:
            image.draft(None, (shorter_side, shorter_side))
        image.load()
        return _upright(_rgb(image), _orientation(image))


def thumbnail(data: bytes, size: int = 160) -> bytes:
    """Make a small WebP copy of an image for the browser, or with 1600 one to zoom into.

    Parameters
    ----------
    data : bytes
        The whole file.
    size : int
        Pixels of the longer side; a smaller image keeps its size.

    Raises
    ------
    BadImage
        See `decode`.
    """
    shown = header(data)
    shorter = max(1, size * min(shown.width, shown.height) // max(shown.width, shown.height))
    image = decode(data, shorter_side=shorter)
    image.thumbnail((size, size), reducing_gap=2.0)
    file = BytesIO()
    image.save(file, "WEBP", quality=80, method=2)
    return file.getvalue()


def properties(image: Image.Image, shown: Header, n_bytes: int) -> dict[str, float | str]:
    """Measure what makes an image unusual, on a copy of at most 128 pixels.

    The measures are those of cleanvision, so that its thresholds can serve here, too.

    Parameters
    ----------
    image : PIL.Image.Image
        From `decode`.
    shown : Header
    n_bytes : int
        Size of the file.

    Returns
    -------
    dict
        With the keys of `PROPERTIES`:

        - ``width``, ``height``: pixels, as shown; ``aspect``: width divided by height; ``bytes``: of the file.
        - ``brightness``: mean perceived brightness, 0 (black) to 1 (white); ``dark``: its 99th percentile, low where
          even the brightest spots are dark; ``bright``: its 5th percentile, high where even the darkest spots are
          bright.
        - ``contrast``: standard deviation of the brightness, 0 to .5.
        - ``sharpness``: standard deviation of the edges (a 3 x 3 Laplacian of the grey image, 0 to 255 each) on a copy
          of at most 64 pixels, 0 to about 128; low is blurry.
        - ``entropy``: of the grey values, 0 (one value) to 8 bits.
        - ``saturation``: 99th percentile of the distance between the strongest and the weakest of red, green and blue,
          0 to 1; 0 is grey, whatever the mode.
        - ``format``, ``mode``: see `Header`.
    """
    from PIL import Image, ImageFilter

    small = _bounded(image, LOOKED_AT)
    red, green, blue = (np.asarray(band, dtype=np.float32) for band in small.split())
    perceived = np.sqrt(0.241 * red * red + 0.691 * green * green + 0.068 * blue * blue)
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    grey = small.convert("L")
    # Pillow's filter leaves the outermost pixels as they are: no edges.
    edges = np.asarray(_bounded(grey, FOR_SHARPNESS, Image.Resampling.BOX).filter(ImageFilter.FIND_EDGES))
    inner = edges[1:-1, 1:-1] if min(edges.shape) > 2 else edges * 0
    return {
        "width": shown.width,
        "height": shown.height,
        "aspect": shown.width / shown.height,
        "brightness": float(perceived.mean()) / 255,
        "dark": _percentile(perceived, 0.99),
        "bright": _percentile(perceived, 0.05),
        "contrast": float(perceived.std()) / 255,
        "sharpness": float(inner.std()),
        "entropy": float(grey.entropy()),
        "saturation": _percentile(spread, 0.99),
        "bytes": n_bytes,
        "format": shown.format,
        "mode": shown.mode,
    }


def _percentile(values: np.ndarray, share: float) -> float:
    """The value, 0 to 255, that so many do not exceed, divided by 255; several times faster than by sorting."""
    counts = np.bincount(values.astype(np.uint8).ravel(), minlength=256)
    return int(np.searchsorted(counts.cumsum(), share * values.size)) / 255


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """Open an image, checked for its size, and say what is wrong with it, also while it is decoded."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise BadImage("has no bytes")
    # Pillow would warn from half of our limit on, and refuse at its own; the size is checked below for every image.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > LIMIT:
                limit = f"{LIMIT / 1e6:.0f} million"
                raise BadImage(f"has {image.width:,} x {image.height:,} pixels, more than {limit}")
            yield image
    except BadImage:
        raise
    except UnidentifiedImageError as error:
        raise BadImage("is cut off" if data.startswith(MAGIC) else "is not an image") from error
    except BROKEN_IMAGE as error:
        cut = isinstance(error, EOFError) or "truncated" in str(error).casefold()
        raise BadImage("is cut off" if cut else "is damaged") from error


def _header(image: Image.Image) -> Header:
    # Pillow has turned the size of a TIFF by now. The EXIF of a PNG is known if it stands in front of the pixels; to
    # ask for it otherwise would decode them.
    known = image.format != "TIFF" and (image.format != "PNG" or "exif" in image.info)
    orientation = _orientation(image) if known else None
    width, height = reversed(image.size) if orientation in TURNED else image.size
    return Header(width, height, str(image.format), image.mode)


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(ORIENTATION)
    except BROKEN_IMAGE:  # damaged notes of the camera do not harm the picture
        return None


def _rgb(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode in DEEP:
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale deep grey values to 8 bits, from the range of the smallest usual depth that holds them all."""
    values = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    low, high = min(0.0, float(values.min())), float(values.max())
    depths = ((1.0,) if high - low <= 1 else ()) + (255.0, 4095.0, 65535.0)
    top = next((depth for depth in depths if low + depth >= high), high)
    return ((values - low) * (255 / (top - low))).round().astype(np.uint8)


def _upright(image: Image.Image, orientation: int | None) -> Image.Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _bounded(image: Image.Image, size: int, resample: int = 2) -> Image.Image:
    """Copy an image, made smaller where its longer side has more pixels than `size`."""
    from PIL.Image import Resampling

    factor = size / max(image.size)
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Resampling(resample), reducing_gap=2.0)
