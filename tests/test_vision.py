"""Pretrained networks: where their weights come from, what they are run on, and what is said without them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request

import numpy as np
import pytest
from PIL import Image

from labelaudit import vision
from labelaudit.errors import BadInput, MissingExtra, NoWeights
from labelaudit.vision import BACKBONES, hardware, load_network
from labelaudit.weights import checkpoints

torch = pytest.importorskip("torch", reason="needs the extra labelaudit[images]")

OF_TORCHVISION = [name for name in BACKBONES if name != "clip"]


def photo(seed: int, size: tuple[int, int] = (300, 240)) -> Image.Image:
    """A smooth picture of its own."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[: size[1], : size[0]] / 100
    waves = [np.sin(draw.normal() * 6 * x + draw.normal() * 6 * y + draw.random()) for _ in range(3)]
    return Image.fromarray((np.stack(waves, axis=-1) * 110 + 128).astype(np.uint8))


def random_state(name: str) -> dict[str, Any]:
    torch.manual_seed(0)
    state: dict[str, Any] = vision.torchvision().models.get_model(name, weights=None).state_dict()
    return state


def small_state(name: str) -> dict[str, Any]:
    """Weights that are all the same number, which is one number in a file."""
    with torch.device("meta"):
        model = vision.torchvision().models.get_model(name, weights=None)
    return {key: torch.full((), 0.01).expand(tensor.shape) for key, tensor in model.state_dict().items()}


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random weights."""
    path = tmp_path_factory.mktemp("weights") / "mine.pth"
    torch.save(random_state("resnet18"), path)
    return path


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    checkpoints().mkdir(parents=True)
    return checkpoints()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were asked for; none answers."""
    addresses: list[str] = []

    def offline(request: Request, timeout: float) -> None:
        assert timeout <= 10
        addresses.append(request.full_url)
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("labelaudit.download.urlopen", offline)
    return addresses


# -- weights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_weights_in_torch_home_are_used(name: str, torch_home: Path, asked: list[str]) -> None:
    torch.save(small_state(name), torch_home / BACKBONES[name].file)
    network = load_network(name, precision="float32")
    assert not asked
    assert (network.name, network.why) == (name, f"ImageNet weights of {BACKBONES[name].title}")
    found = network.embed(np.stack([network.prepare(photo(0))]))
    assert found.shape == (1, network.size)
    assert found.dtype == np.float32


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_network_of_a_file_is_found_by_its_weights(name: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    torch.save(small_state(name), path)
    network = load_network(str(path))
    assert network.name == name
    assert network.why == f"{BACKBONES[name].title} with the weights in weights.bin"


@pytest.mark.parametrize("how", ["state_dict", "model", "module.", "no head", "other head"])
def test_weights_as_training_scripts_save_them(how: str, tmp_path: Path) -> None:
    state: dict[str, Any] = small_state("resnet18")
    if how == "module.":
        state = {how + key: tensor for key, tensor in state.items()}
    elif how == "no head":
        state = {key: tensor for key, tensor in state.items() if not key.startswith("fc.")}
    elif how == "other head":
        state |= {"fc.weight": torch.zeros(3, 512), "fc.bias": torch.zeros(3)}
    else:
        state = {how: state, "epoch": 3}
    torch.save(state, tmp_path / "mine.pt")
    assert load_network(str(tmp_path / "mine.pt")).name == "resnet18"


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "mobilenet_v3_large"])
def test_own_preprocessing_and_network_give_the_features_of_torchvision(name: str, tmp_path: Path) -> None:
    models, head = vision.torchvision().models, BACKBONES[name].head
    model = with_random_statistics(models.get_model(name, weights=None)).eval()
    torch.save(model.state_dict(), tmp_path / "mine.pth")
    setattr(model, head, torch.nn.Identity())
    image = photo(1)
    transform = models.get_model_weights(name).DEFAULT.transforms()
    with torch.inference_mode():
        expected = model(transform(image)[None]).numpy()
    network = load_network(str(tmp_path / "mine.pth"), precision="float32")
    found = network.embed(np.stack([network.prepare(image)]))
    assert cosine(found, expected).min() > 0.999


def with_random_statistics(model: Any) -> Any:
    """Give batch normalisation something to do."""
    torch.manual_seed(0)
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.2, 0.6)
    return model


class Evil:
    def __reduce__(self) -> Any:
        return (Path("/").exists, ())


@pytest.mark.parametrize("what", ["text", "empty", "pickle", "list", "other network", "cut"])
def test_file_that_holds_no_such_weights_gets_one_sentence(what: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    if what in ("text", "empty"):
        path.write_bytes(b"resnet" if what == "text" else b"")
    else:
        holds = {"pickle": Evil(), "list": [1, 2], "other network": {"a.weight": torch.zeros(2)}}
        torch.save(holds.get(what, small_state("resnet18")), path)
    if what == "cut":
        path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(BadInput, match=r"mine\.pth holds (no weights that can be read|weights, but not those of)"):
        load_network(str(path))


def test_resnet_of_another_depth_is_not_taken_for_ours(tmp_path: Path) -> None:
    torch.save(small_state("resnet34"), tmp_path / "deep.pth")
    with pytest.raises(BadInput, match="not those of ResNet-18, ResNet-50"):
        load_network(str(tmp_path / "deep.pth"))


def test_named_network_without_weights_says_how_to_get_them(torch_home: Path, asked: list[str]) -> None:
    with pytest.raises(NoWeights) as error:
        load_network("resnet50")
    assert asked == ["https://download.pytorch.org/models/resnet50-11ad3fa6.pth"]
    assert "Network is unreachable" in str(error.value)
    assert f"get {asked[0]} elsewhere and put it into {torch_home}" in str(error.value)


def test_unknown_embedder_is_refused() -> None:
    with pytest.raises(BadInput, match="'resnet81' is no embedder and no file of weights; did you mean 'resnet18'"):
        load_network("resnet81")


def test_missing_torchvision_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelaudit.weights.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'labelaudit\[images\]'"):
        load_network("resnet18")


def test_missing_transformers_names_the_extra() -> None:
    if find_spec("transformers"):
        pytest.skip("transformers is installed here")
    with pytest.raises(MissingExtra, match=r"pip install 'labelaudit\[clip\]'"):
        load_network("clip")


def test_other_weights_have_another_key(resnet18: Path, tmp_path: Path) -> None:
    state = random_state("resnet18")
    state["layer4.1.bn2.bias"][0] += 1e-3
    torch.save(state, tmp_path / "other.pth")
    one, same, other = (load_network(str(path)).key for path in (resnet18, resnet18, tmp_path / "other.pth"))
    assert one == same != other


# -- download -----------------------------------------------------------------------------------------


class Answer(BytesIO):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.headers = {"Content-Length": str(len(data))}


def test_download_is_kept_in_torch_home(torch_home: Path, resnet18: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace
    from hashlib import sha256

    data = resnet18.read_bytes()
    file = f"resnet18-{sha256(data).hexdigest()[:8]}.pth"
    monkeypatch.setitem(vision.BACKBONES, "resnet18", replace(BACKBONES["resnet18"], file=file))
    monkeypatch.setattr("labelaudit.download.urlopen", lambda request, timeout: Answer(data))
    told: list[Any] = []
    assert load_network("resnet18", progress=lambda *what: told.append(what)).name == "resnet18"
    assert told[-1] == ("download of ResNet-18", len(data), len(data))
    assert [path.name for path in torch_home.iterdir()] == [file]


def test_download_of_something_else_is_not_kept(torch_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelaudit.download.urlopen", lambda request, timeout: Answer(b"a page of a hotel's network"))
    with pytest.raises(NoWeights, match="what came is another file: its sha256 is"):
        load_network("resnet18")
    assert not list(torch_home.iterdir())


# -- numbers ------------------------------------------------------------------------------------------


def cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray((one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1))


def test_bfloat16_agrees_with_float32(resnet18: Path) -> None:
    fast, exact = (load_network(str(resnet18), precision=precision) for precision in ("bfloat16", "float32"))
    batch = np.stack([exact.prepare(photo(seed)) for seed in range(6)])
    assert cosine(fast.embed(batch), exact.embed(batch)).min() > 0.999
    assert fast.key != exact.key


def test_same_batch_gives_the_same_bits(resnet18: Path) -> None:
    batch = np.stack([load_network(str(resnet18)).prepare(photo(seed)) for seed in range(3)])
    one, other = (load_network(str(resnet18)).embed(batch) for _ in range(2))
    assert (one == other).all()


def test_building_a_network_draws_no_random_numbers(resnet18: Path) -> None:
    before = torch.random.get_rng_state()
    load_network(str(resnet18))
    assert bool((torch.random.get_rng_state() == before).all())


def test_hardware_is_checked() -> None:
    assert hardware("cpu", "float32") == ("cpu", "float32")
    assert hardware()[1] in ("float32", "bfloat16")
    with pytest.raises(BadInput, match="there is no device 'gpu'; choose one of cpu"):
        hardware("gpu")
    with pytest.raises(BadInput, match="there is no precision 'float16'"):
        hardware("cpu", "float16")


@pytest.mark.parametrize("size", [(300, 240), (30, 900), (8, 8), (1, 1)])
def test_images_of_any_size_are_prepared(size: tuple[int, int], resnet18: Path) -> None:
    assert load_network(str(resnet18)).prepare(Image.new("RGB", size)).shape == (224, 224, 3)


# -- torchvision beside a torch that it was not built for ---------------------------------------------

STUB_TORCH = """
class library:
    class Library:
        def __init__(self, namespace, kind): self.namespace = namespace
        def define(self, schema): declared.append(f"{self.namespace}::{schema.split('(')[0]}")
declared = []
"""
STUB_TORCHVISION = """
import torch
error = {error!r}
if error and not (torch.declared and "nms" in error):
    raise RuntimeError(error)
"""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("", "[]"),
        ("operator torchvision::nms does not exist", "['torchvision::nms', 'torchvision::qnms']"),
        ("something else", "RuntimeError: something else"),
    ],
)
def test_operators_are_declared_only_where_the_plain_import_fails(error: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(STUB_TORCH)
    (tmp_path / "torchvision.py").write_text(STUB_TORCHVISION.format(error=error))
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from labelaudit.vision import torchvision
assert torchvision().__name__ == "torchvision"
import torch
print(torch.declared)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert says in done.stdout + done.stderr
