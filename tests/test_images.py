"""Image files of every kind to pixels, and those that are none."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelaudit.errors import BadImage
from labelaudit.images import LIMIT, PROPERTIES, decode, header, properties, thumbnail

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
LOSSLESS = {"PNG": {}, "BMP": {}, "TIFF": {}, "GIF": {}, "WEBP": {"lossless": True}, "PPM": {}, "TGA": {}}
LOSSY: dict[str, dict[str, Any]] = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95}}


def file_of(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def quarters(width: int = 40, height: int = 20) -> Image.Image:
    """Red, green, blue and white, row by row."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def corners(image: Image.Image) -> list[Any]:
    """Colours near the four corners, row by row."""
    right, low = image.width - 3, image.height - 3
    return [image.getpixel(at) for at in ((2, 2), (right, 2), (2, low), (right, low))]


def near(one: Any, other: Any, within: int = 12) -> bool:
    return bool(np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max() <= within)


def png_header(width: int, height: int) -> bytes:
    """The first bytes of a PNG of this size, up to where its pixels would stand."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return start + struct.pack(">I", 1000) + b"IDAT"


# -- kinds of files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_format_is_known_by_content(kind: str) -> None:
    data = file_of(quarters(), kind, **(LOSSLESS | LOSSY)[kind])
    found = header(data)
    assert (found.width, found.height, found.format) == (40, 20, kind)
    image = decode(data)
    assert image.mode == "RGB"
    assert near(corners(image), [RED, GREEN, BLUE, WHITE], within=30 if kind in LOSSY else 0)


# Which turn or mirror each EXIF orientation undoes, seen by where the four colours come to lie.
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "expected", "size"),
    [
        (1, [RED, GREEN, BLUE, WHITE], (40, 20)),
        (2, [GREEN, RED, WHITE, BLUE], (40, 20)),
        (3, [WHITE, BLUE, GREEN, RED], (40, 20)),
        (4, [BLUE, WHITE, RED, GREEN], (40, 20)),
        (5, [RED, BLUE, GREEN, WHITE], (20, 40)),
        (6, [BLUE, RED, WHITE, GREEN], (20, 40)),
        (7, [WHITE, GREEN, BLUE, RED], (20, 40)),
        (8, [GREEN, WHITE, RED, BLUE], (20, 40)),
    ],
)
def test_exif_rotation_is_applied(kind: str, orientation: int, expected: Any, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(quarters(), kind, exif=exif, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
    image, shown = decode(data), header(data)
    assert (shown.width, shown.height) == size == image.size
    assert near(corners(image), expected, within=40)


def test_damaged_exif_does_not_harm_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file_of(quarters(), "JPEG", exif=exif, quality=95)
    at = data.index(b"Exif\0\0") + 6
    image = decode(data[:at] + b"\xff" * 12 + data[at + 12 :])
    assert image.size == (40, 20)


def test_cmyk_becomes_rgb() -> None:
    data = file_of(quarters().convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert header(data).mode == "CMYK"
    assert near(corners(decode(data)), [RED, GREEN, BLUE, WHITE], within=40)


@pytest.mark.parametrize(("kind", "top"), [("PNG", 65535), ("TIFF", 65535), ("PNG", 4095)])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str, top: int) -> None:
    ramp = np.linspace(0, top, 64).astype(np.uint16)[None].repeat(8, axis=0)
    data = file_of(Image.fromarray(ramp), kind)
    assert header(data).mode.startswith("I;16")
    grey = np.asarray(decode(data))[0, :, 0]
    assert near(grey, np.linspace(0, 255, 64), within=1)


@pytest.mark.parametrize("scale", [1.0, 255.0, 1e6])
def test_floats_are_scaled(scale: float) -> None:
    values = (np.linspace(0, 1, 64, dtype=np.float32) * scale)[None].repeat(8, axis=0)
    values[7, 0] = np.nan
    grey = np.asarray(decode(file_of(Image.fromarray(values), "TIFF")))[0, :, 0]
    assert near(grey, np.linspace(0, 255, 64), within=1)


def test_palette_becomes_rgb() -> None:
    data = file_of(quarters().quantize(4), "PNG")
    assert header(data).mode == "P"
    assert corners(decode(data)) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
def test_transparency_lies_on_white(mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (4, 0, 8, 8))
    if mode == "P":
        palette = Image.new("P", (8, 8), 0)
        palette.putpalette([0, 0, 0, 1, 1, 1])
        palette.paste(1, (4, 0, 8, 8))
        data = file_of(palette, "PNG", transparency=0)
    elif mode == "PA":
        data = file_of(image, "GIF")
    else:
        data = file_of(image.convert(mode), "PNG")
    shown = decode(data)
    assert shown.getpixel((1, 1)) == WHITE
    assert near(shown.getpixel((6, 1)), (0, 0, 0), within=1)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_becomes_rgb(mode: str) -> None:
    image = decode(file_of(Image.new(mode, (8, 8), 255)))
    assert (image.mode, image.getpixel((3, 3))) == ("RGB", WHITE)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    assert near(decode(data).getpixel((5, 5)), RED)


# -- files that are none ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "has no bytes"),
        (b"label,text\n1,hello\n", "is not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
        (b"\xff\xd8\xff\xe0", "is cut off"),
        (file_of(noise(64, 64), "JPEG")[:-400], "is cut off"),
        (file_of(noise(64, 64), "PNG")[:2000], "is cut off"),
        (file_of(noise(64, 64), "GIF")[:2000], "is cut off"),
        (png_header(40_000, 40_000), "has 40,000 x 40,000 pixels, more than 180 million"),
        (png_header(40_000, 40_000) + file_of(noise(9, 9))[33:], "has 40,000 x 40,000 pixels"),
    ],
    ids=[
        "empty",
        "text",
        "postscript",
        "jpeg start",
        "cut jpeg",
        "cut png",
        "cut gif",
        "huge",
        "huge with pixels",
    ],
)
def test_bad_image_says_why(data: bytes, why: str) -> None:
    for use in (decode, thumbnail):
        with pytest.raises(BadImage, match=why):
            use(data)


def test_size_is_checked_before_a_pixel_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageFile

    def refuse(self: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    with pytest.raises(BadImage, match="40,000"):
        decode(png_header(40_000, 40_000))


@pytest.mark.parametrize("pixels", [LIMIT // 2 + 10_000, LIMIT - 10_000, LIMIT + 10_000, 3 * LIMIT])
def test_no_warning_about_large_images(pixels: int) -> None:
    side = int(pixels**0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if side * side <= LIMIT:
            assert header(png_header(side, side)).width == side
        else:
            with pytest.raises(BadImage):
                header(png_header(side, side))
    assert not caught


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_changed_bytes_give_an_image_or_a_reason(kind: str) -> None:
    whole = file_of(noise(24, 24), kind, **(LOSSLESS | LOSSY)[kind])
    draw = np.random.default_rng(7)
    for _ in range(150):
        data = bytearray(whole[: draw.integers(1, len(whole))] if draw.random() < 0.3 else whole)
        for at in draw.integers(0, len(data), draw.integers(1, 6)):
            data[at] = draw.integers(0, 256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about metadata
            try:
                assert decode(bytes(data)).mode == "RGB"
            except BadImage as error:
                assert str(error).startswith(("is ", "has "))


# -- small copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "expected"), [((400, 200), (160, 80)), ((3, 2000), (1, 160)), ((20, 10), (20, 10))])
def test_thumbnail_is_small_and_never_larger_than_the_image(size: tuple[int, int], expected: tuple[int, int]) -> None:
    data = thumbnail(file_of(noise(*size), "JPEG"))
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", expected)


def test_thumbnail_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = thumbnail(file_of(quarters(800, 400), "JPEG", exif=exif), 100)
    with Image.open(BytesIO(data)) as image:
        assert image.size == (50, 100)
        assert near(corners(image.convert("RGB")), [BLUE, RED, WHITE, GREEN], within=60)


def test_thumbnail_of_a_large_view_is_bounded() -> None:
    with Image.open(BytesIO(thumbnail(file_of(quarters(2400, 1200)), 1600))) as image:
        assert image.size == (1600, 800)


def test_jpeg_is_decoded_no_larger_than_needed() -> None:
    data = file_of(quarters(1600, 800), "JPEG")
    assert decode(data, shorter_side=100).size == (200, 100)
    assert decode(data, shorter_side=101).size == (400, 200)
    assert decode(data, shorter_side=5000).size == (1600, 800)


# -- properties ---------------------------------------------------------------------------------------


def measured(image: Image.Image, **how: Any) -> dict[str, Any]:
    data = file_of(image, "PNG", **how)
    return properties(decode(data), header(data), len(data))


def photo(size: int = 256) -> Image.Image:
    """Smooth shapes with detail, in colour."""
    y, x = np.mgrid[:size, :size] / size
    waves = [np.sin(9 * x + 5 * y), np.cos(12 * y - 3 * x), np.sign(np.sin(40 * x) * np.sin(40 * y))]
    return Image.fromarray((np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8))


def test_properties_have_their_columns_and_ranges() -> None:
    for image in (photo(), noise(40, 30), Image.new("L", (1, 1)), Image.new("RGB", (500, 1), RED)):
        found = measured(image)
        assert list(found) == list(PROPERTIES)
        assert (found["width"], found["height"]) == image.size
        assert found["aspect"] == image.width / image.height
        for name in ("brightness", "dark", "bright", "saturation"):
            assert 0 <= found[name] <= 1.0001, name
        assert 0 <= found["entropy"] <= 8
        assert 0 <= found["contrast"] <= 0.5


def test_dark_and_bright_images_differ() -> None:
    values = np.asarray(photo())
    dark, plain, bright = (
        measured(Image.fromarray(v.astype(np.uint8))) for v in (values * 0.1, values, 255 - values * 0.05)
    )
    assert dark["dark"] < 0.15 < plain["dark"]
    assert plain["bright"] < 0.9 < bright["bright"]
    assert dark["brightness"] < plain["brightness"] < bright["brightness"]


@pytest.mark.parametrize("size", [128, 512, 900])
def test_blurred_image_is_less_sharp_at_any_size(size: int) -> None:
    from PIL import ImageFilter

    sharp = photo(size)
    blurred = sharp.filter(ImageFilter.GaussianBlur(size / 25))
    assert measured(blurred)["sharpness"] < 0.5 * measured(sharp)["sharpness"]


def test_sharpness_of_one_picture_hardly_depends_on_its_size() -> None:
    found = [measured(photo(size))["sharpness"] for size in (128, 512, 900)]
    assert max(found) < 1.4 * min(found)


def test_grey_image_has_no_saturation_whatever_its_mode() -> None:
    grey = photo().convert("L")
    assert measured(grey)["saturation"] == measured(grey.convert("RGB"))["saturation"] == 0
    assert measured(photo())["saturation"] > 0.5


def test_empty_image_has_no_information() -> None:
    assert measured(Image.new("RGB", (50, 50), RED))["entropy"] == 0 < 3 < measured(photo())["entropy"]


def test_format_mode_and_size_of_the_file_are_told() -> None:
    data = file_of(quarters().quantize(4), "PNG")
    found = properties(decode(data), header(data), len(data))
    assert (found["format"], found["mode"], found["bytes"]) == ("PNG", "P", len(data))
