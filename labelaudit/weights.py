"""Where the weights of pretrained models come from: a folder on this machine, else the network."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labelaudit.download import fetch, opened
from labelaudit.errors import MissingExtra, NotFetched, NoWeights
from labelaudit.predict import Progress, silent

SERVER = "https://download.pytorch.org/models/"


def require(package: str, extra: str) -> None:
    """Refuse to go on without an optional package.

    Raises
    ------
    MissingExtra
        It is not installed; the message names the extra.
    """
    if find_spec(package) is None:
        raise MissingExtra(f"{package} is not installed; install it with `pip install 'labelaudit[{extra}]'`.")


def checkpoints() -> Path:
    """Folder in which torch keeps downloaded weights, without importing torch."""
    cache_home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", f"{cache_home}/torch")
    return Path(home).expanduser() / "hub" / "checkpoints"


def imagenet_weights(title: str, file: str, progress: Progress = silent) -> Path:
    """Find weights that torchvision publishes, or download them to where torchvision would.

    Parameters
    ----------
    title : str
        Of the network, for a person.
    file : str
        Its name ends with the beginning of the content's hash.
    progress : callable
        Told of the download.

    Raises
    ------
    NoWeights
        They are not here and can't be downloaded.
    """
    path = checkpoints() / file
    if not path.is_file():
        url, checksum = SERVER + file, "sha256:" + file.rpartition("-")[2].removesuffix(".pth")
        try:
            fetch(url, path, checksum=checksum, progress=progress, step=f"download of {title}")
        except NotFetched as error:
            raise NoWeights(
                f"the weights of {title} are not here and can't be downloaded ({error}); get {url} elsewhere "
                f"and put it into {path.parent}, or give the file as the embedder."
            ) from error
    return path


def from_hub(source: str, build: Callable[..., Any]) -> Any:
    """Load a model of Hugging Face from a folder or from what was downloaded before, or download it.

    Parameters
    ----------
    source : str
        A folder, or a name on the hub.
    build : callable
        Loads it; takes ``local_files_only``.

    Raises
    ------
    NoWeights
        It is not here and can't be downloaded.
    """
    from huggingface_hub.constants import ENDPOINT

    try:
        try:
            return build(local_files_only=True)
        except (OSError, ValueError):
            # The library itself would try for minutes where there is no network.
            opened(ENDPOINT).close()
            return build()
    except (OSError, ValueError, NotFetched) as error:
        why = f" ({error})" if isinstance(error, NotFetched) else ""
        raise NoWeights(
            f"the model {source!r} is not here and can't be downloaded{why}; get it from huggingface.co elsewhere, and "
            "give the folder that holds it."
        ) from error
