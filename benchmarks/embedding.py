"""labelaudit's image features against the loop that one would write: `python -m benchmarks.embedding`.

ResNet-18 with random weights, which cost the same as trained ones, on JPEG files made in memory. The loop decodes one
image at a time, prepares it as torchvision says, and gives the network batches of 64 in float32. Both sides run in
one process, in turn; shown are means over the repeats, and how well the features agree.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from labelaudit import vision
from labelaudit.features.images import image_features

BATCH = 64


def made(n: int, width: int, height: int) -> list[bytes]:
    """JPEG files of shapes, gradients and some noise."""
    from PIL import Image, ImageDraw

    draw = np.random.default_rng(0)
    files = []
    for _ in range(n):
        y, x = np.mgrid[:height, :width] / width
        base = [np.sin(draw.normal() * 4 * x + draw.normal() * 4 * y + draw.random()) * 90 + 128 for _ in range(3)]
        values = np.stack(base, axis=-1) + draw.normal(0, 12, (height, width, 3))
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
        pen = ImageDraw.Draw(image)
        for _ in range(8):
            left, top = draw.integers(0, width - 40), draw.integers(0, height - 40)
            box = (left, top, left + draw.integers(10, width // 2), top + draw.integers(10, height // 2))
            colour = tuple(int(part) for part in draw.integers(0, 256, 3))
            (pen.ellipse if draw.random() < 0.5 else pen.rectangle)([int(side) for side in box], fill=colour)
        file = BytesIO()
        image.save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


def plain_loop(files: list[bytes], weights: Path, device: str) -> np.ndarray:
    """What a tutorial does."""
    import torch
    from PIL import Image

    models = vision.torchvision().models
    model = models.resnet18()
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.fc = torch.nn.Identity()
    model = model.eval().to(device)
    transform = models.ResNet18_Weights.DEFAULT.transforms()
    found = []
    with torch.no_grad():
        for start in range(0, len(files), BATCH):
            images = [Image.open(BytesIO(file)).convert("RGB") for file in files[start : start + BATCH]]
            batch = torch.stack([transform(image) for image in images]).to(device)
            found.append(model(batch).cpu().numpy())
    return np.concatenate(found)


def ours(files: list[bytes], weights: Path, device: str, precision: str) -> np.ndarray:
    digests = [sha256(file).hexdigest() for file in files]
    return image_features(files.__getitem__, digests, str(weights), device=device, precision=precision).matrix


def measure(sides: dict[str, Callable[[], np.ndarray]], repeats: int) -> dict[str, tuple[float, np.ndarray]]:
    """Mean seconds of each side, after a run that does not count, and what it returned."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    found: dict[str, np.ndarray] = {}
    for repeat in range(repeats + 1):
        for name, side in sides.items():
            start = time.perf_counter()
            found[name] = side()
            if repeat:
                seconds[name].append(time.perf_counter() - start)
    return {name: (float(np.mean(seconds[name])), found[name]) for name in sides}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--size", type=int, nargs=2, default=(400, 300), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args(arguments)
    import torch

    device, precision = vision.hardware(options.device)
    files = made(options.images, *options.size)
    with TemporaryDirectory() as folder:
        weights = Path(folder) / "resnet18.pth"
        torch.manual_seed(0)
        torch.save(vision.torchvision().models.resnet18().state_dict(), weights)
        sides = {
            "plain loop": lambda: plain_loop(files, weights, device),
            "labelaudit, float32": lambda: ours(files, weights, device, "float32"),
        }
        if precision != "float32":
            sides[f"labelaudit, {precision}"] = lambda: ours(files, weights, device, precision)
        found = measure(sides, options.repeats)
    width, height = options.size
    print(f"{len(files)} JPEG images of {width} x {height}, ResNet-18 on {device}, {os.cpu_count()} cores")
    base, exact = found["plain loop"]
    for name, (seconds, X) in found.items():
        cosine = (X * exact).sum(axis=1) / np.linalg.norm(X, axis=1) / np.linalg.norm(exact, axis=1)
        rate, ratio = len(files) / seconds, base / seconds
        print(
            f"{name:22s} {rate:8.1f} images/s  {ratio:4.1f}x  lowest cosine with the loop's features {cosine.min():.5f}"
        )
    print(f"means of {options.repeats} repeats")


if __name__ == "__main__":
    main()
