"""Pretrained networks that turn images into features: the one module that imports torch and torchvision.

Nothing heavy is imported before a network is built, and none is built before its weights are there.
"""

from __future__ import annotations

import hashlib
import json
import struct
from _pickle import UnpicklingError  # its name alone: torch raises it for a file that it refuses to load
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.errors import BadInput, did_you_mean
from labelaudit.predict import Progress, silent
from labelaudit.weights import from_hub, imagenet_weights, require

if TYPE_CHECKING:
    import torch
    from PIL import Image

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and standard deviation of red, green and blue
CLIP = "openai/clip-vit-base-patch32"
CLIP_COLOURS = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
# What torch raises for a file that is none of its own, or that holds more than numbers.
NOT_WEIGHTS = (
    *(OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, AssertionError),
    *(OverflowError, MemoryError, UnpicklingError, struct.error),
)


@dataclass(frozen=True)
class Backbone:
    """A network of torchvision without its classifier, and how it wants to see images.

    Parameters
    ----------
    title : str
    file : str
        Of its ImageNet weights; behind the dash the hash of the content begins.
    head : str
        Attribute that holds the classifier.
    size : int
        Features per image.
    resize, crop : int
        The shorter side becomes `resize` pixels, of which the middle `crop` are taken.
    bicubic : bool
        Else bilinear.
    colours : tuple
        Mean and standard deviation of red, green and blue that it was trained with.
    """

    title: str
    file: str
    head: str
    size: int
    resize: int = 256
    crop: int = 224
    bicubic: bool = False
    colours: tuple[tuple[float, float, float], tuple[float, float, float]] = IMAGENET


BACKBONES = {
    "resnet18": Backbone("ResNet-18", "resnet18-f37072fd.pth", "fc", 512),
    "resnet50": Backbone("ResNet-50", "resnet50-11ad3fa6.pth", "fc", 2048, resize=232),
    "efficientnet_b0": Backbone(
        "EfficientNet-B0", "efficientnet_b0_rwightman-7f5810bc.pth", "classifier", 1280, bicubic=True
    ),
    "mobilenet_v3_large": Backbone("MobileNetV3", "mobilenet_v3_large-5c1a4163.pth", "classifier", 960, resize=232),
    "vit_b_16": Backbone("ViT-B/16", "vit_b_16-c867db91.pth", "heads", 768),
    "clip": Backbone("CLIP ViT-B/32", "", "", 512, resize=224, bicubic=True, colours=CLIP_COLOURS),
}


class Network:
    """A backbone with weights on a device.

    Parameters
    ----------
    name : str
        One of `BACKBONES`.
    backbone : Backbone
    model : torch.nn.Module
        Takes (B, 3, crop, crop), returns (B, size), for CLIP as ``image_embeds``.
    why : str
        Where the weights came from, for a person.
    device, precision : str
        See `hardware`.
    """

    def __init__(self, name: str, backbone: Backbone, model: Any, why: str, device: str, precision: str) -> None:
        import torch

        self.name, self.why, self.device, self.precision = name, why, device, precision
        self.size = backbone.size
        self.shorter_side = backbone.resize
        self.key = {"weights": digest(model), "device": device, "precision": precision, "torch": torch.__version__}
        self._backbone = backbone
        mean, std = (torch.tensor(part, device=device).view(1, 3, 1, 1) * 255 for part in backbone.colours)
        self._mean, self._scale = mean, 1 / std
        model = _fold(model.eval().float().requires_grad_(False))
        self._model = model.to(device=device, memory_format=torch.channels_last)

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Scale and crop an RGB image for the network, as uint8 of shape (crop, crop, 3)."""
        from PIL.Image import Resampling

        # Only what the crop keeps is resampled: the box is the crop, seen in the image's own pixels.
        backbone = self._backbone
        side = min(image.size) * backbone.crop / backbone.resize
        left, top = (image.width - side) / 2, (image.height - side) / 2
        resample = Resampling.BICUBIC if backbone.bicubic else Resampling.BILINEAR
        box = (left, top, left + side, top + side)
        return np.asarray(image.resize((backbone.crop, backbone.crop), resample, box=box, reducing_gap=2.0))

    def embed(self, batch: np.ndarray) -> np.ndarray:
        """Compute features.

        Parameters
        ----------
        batch : ndarray of shape (B, crop, crop, 3), uint8

        Returns
        -------
        ndarray of shape (B, size), float32
        """
        import torch

        with (
            torch.inference_mode(),
            torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.precision == "bfloat16"),
        ):
            # The colours of a pixel stay side by side: this is what channels_last means.
            pixels = torch.from_numpy(batch).to(self.device).permute(0, 3, 1, 2)
            found = self._model((pixels - self._mean).mul_(self._scale))
            return np.asarray(getattr(found, "image_embeds", found).float().cpu())


def load_network(
    embedder: str, *, device: str = "auto", precision: str = "auto", progress: Progress = silent
) -> Network:
    """Build a pretrained network.

    Parameters
    ----------
    embedder : str
        One of `BACKBONES`, with weights from ``TORCH_HOME`` or downloaded; or a file with the weights of one of them
        (a state dict as torch or safetensors write it); or a folder with a CLIP model as transformers writes it.
    device, precision : str
        See `hardware`.
    progress : callable
        Told of the download.

    Raises
    ------
    NoWeights
        The weights are not here and can't be downloaded.
    BadInput
        No such network, or the file holds something else.
    MissingExtra
        torch, or for CLIP transformers, is not installed.
    """
    path, named = Path(embedder).expanduser(), embedder in BACKBONES
    if embedder == "clip" or (path.is_dir() and not named):
        backbone, model, why = _clip(str(path))
        return Network("clip", backbone, model, why, *hardware(device, precision))
    if not named and not path.is_file():
        hint = did_you_mean(embedder, ["auto", "hog", *BACKBONES])
        raise BadInput(f"{embedder!r} is no embedder and no file of weights{hint}")
    require("torchvision", "images")
    if named:
        path = imagenet_weights(BACKBONES[embedder].title, BACKBONES[embedder].file, progress)
    candidates = [embedder] if named else [name for name in BACKBONES if name != "clip"]
    name, model = _matching(_read_state(path), path, candidates)
    title = BACKBONES[name].title
    why = f"ImageNet weights of {title}" if named else f"{title} with the weights in {path.name}"
    return Network(name, BACKBONES[name], model, why, *hardware(device, precision))


def hardware(device: str = "auto", precision: str = "auto") -> tuple[str, str]:
    """Choose where a network runs, and with which numbers.

    Parameters
    ----------
    device : str
        ``auto`` is the GPU where there is one; or a name of torch's: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    precision : str
        ``auto`` is ``bfloat16`` where the device computes with it, else ``float32``.

    Returns
    -------
    device, precision : str

    Raises
    ------
    BadInput
        There is no such device or precision.
    """
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.split(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, False):
        raise BadInput(
            f"there is no device {device!r}; choose one of {', '.join(k for k, yes in there.items() if yes)}."
        )
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if kind == "cuda" else kind == "cpu" and _cpu_has_bfloat16()
        precision = "bfloat16" if fast else "float32"
    if precision not in ("float32", "bfloat16"):
        raise BadInput(f"there is no precision {precision!r}{did_you_mean(precision, ('float32', 'bfloat16'))}")
    return device, precision


def hugging_face(package: str, extra: str) -> Any:
    """Import transformers, or what builds on it; it imports torchvision where that is installed.

    Raises
    ------
    MissingExtra
        It is not installed; the message names the extra.
    """
    require(package, extra)
    if find_spec("torchvision"):
        torchvision()
    return import_module(package)


@cache
def torchvision() -> Any:
    """Import torchvision, also where its compiled operators do not fit the torch that is installed.

    A CPU-only torch beside torchvision from PyPI is such a case: torchvision then stops at the import, because an
    operator that none of our networks uses is not there. It is declared, without an implementation.
    """
    import torch

    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)
        import torchvision
    return torchvision


_KEPT: list[Any] = []  # torch forgets what was declared when the library object goes


def _cpu_has_bfloat16() -> bool:
    import torch

    found: Mapping[str, Any] = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))


def _read_state(path: Path) -> dict[str, torch.Tensor]:
    """Read named tensors from a file; nothing else in it is ever loaded."""
    import torch

    not_weights = f"{path} holds no weights that can be read; give a state dict that torch.save wrote."
    try:
        if path.suffix == ".safetensors":
            require("safetensors", "clip")
            from safetensors.torch import load

            state: Any = load(path.read_bytes())
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except NOT_WEIGHTS as error:
        raise BadInput(not_weights) from error
    for wrapper in ("state_dict", "model"):  # as training scripts save them
        state = state[wrapper] if isinstance(state, Mapping) and isinstance(state.get(wrapper), Mapping) else state
    if not isinstance(state, Mapping) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise BadInput(not_weights)
    return {str(key).removeprefix("module."): tensor for key, tensor in state.items()}


def _matching(state: Mapping[str, torch.Tensor], path: Path, names: list[str]) -> tuple[str, Any]:
    """Find the backbone that the weights are of, and give them to it; what the classifier knew is left out."""
    import torch

    for name in names:
        head = BACKBONES[name].head
        body = {key: tensor for key, tensor in state.items() if not key.startswith(f"{head}.")}
        with torch.device("meta"):  # no memory, and no random numbers are drawn
            model = torchvision().models.get_model(name, weights=None)
        setattr(model, head, torch.nn.Identity())
        wanted = {key: tensor.shape for key, tensor in model.state_dict().items() if not key.endswith("_tracked")}
        if wanted == {key: tensor.shape for key, tensor in body.items() if not key.endswith("_tracked")}:
            model.to_empty(device="cpu").load_state_dict(body, strict=False)
            return name, model
    titles = ", ".join(BACKBONES[name].title for name in names)
    raise BadInput(f"{path} holds weights, but not those of {titles}; give the state dict of such a network.")


def _clip(embedder: str) -> tuple[Backbone, Any, str]:
    """Load CLIP's image half with transformers, by name or from a folder."""
    transformers = hugging_face("transformers", "clip")
    source = CLIP if embedder == "clip" else embedder
    if embedder != "clip" and not _kind(Path(embedder)).startswith("clip"):
        raise BadInput(f"{embedder} holds no CLIP model; give a folder that transformers wrote such a model to.")
    model = from_hub(source, partial(transformers.CLIPVisionModelWithProjection.from_pretrained, source))
    seen, size = model.config.image_size, model.config.projection_dim
    return replace(BACKBONES["clip"], size=size, resize=seen, crop=seen), model, f"CLIP from {source}"


def _kind(folder: Path) -> str:
    """Say what kind of model transformers wrote to a folder; empty where it wrote none."""
    try:
        return str(json.loads((folder / "config.json").read_bytes())["model_type"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _fold(model: Any) -> Any:
    """Make each convolution and the batch normalisation behind it one: the same numbers in less time."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    before, convolution = "", None
    for name, part in list(model.named_children()):
        if isinstance(part, torch.nn.BatchNorm2d) and isinstance(convolution, torch.nn.Conv2d):
            setattr(model, before, fuse_conv_bn_eval(convolution, part))
            setattr(model, name, torch.nn.Identity())
        else:
            _fold(part)
        before, convolution = name, part
    return model


def digest(model: Any) -> str:
    """Hash the weights of a network, so that features of other weights are never taken for these."""
    import torch

    found = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        found.update(name.encode())
        if not name.endswith("_tracked"):
            found.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return found.hexdigest()[:24]
