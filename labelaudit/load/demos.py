"""The demo data sets: three tables and images from scikit-learn, and generated support tickets."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import StoreError
from labelaudit.files import writing
from labelaudit.settings import settings

_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Demo:
    """A data set that comes along.

    Parameters
    ----------
    name : str
        What `load` takes.
    title : str
        For the screen.
    what : str
        One sentence about the data.
    load : callable
        Returns the `Dataset`.
    """

    name: str
    title: str
    what: str
    load: Callable[[], Dataset]


def _from_sklearn(name: str, label: str) -> Dataset:
    import sklearn.datasets

    bunch: Any = getattr(sklearn.datasets, f"load_{name}")()
    features = tuple(_readable(feature) for feature in bunch.feature_names)
    columns = {feature: pa.array(bunch.data[:, i]) for i, feature in enumerate(features)}
    classes = [str(target).replace("class_", f"{label} ") for target in bunch.target_names]
    columns[label] = pa.array([classes[code] for code in bunch.target])
    return Dataset(
        name=name,
        table=pa.table(columns),
        label_columns=(label,),
        feature_columns=features,
        source=Source("csv"),
        provenance={"demo": name},
    )


def _readable(feature: str) -> str:
    return feature.replace(" (cm)", "").replace(" ", "_").replace("/", "_per_")


def _tickets() -> Dataset:
    from labelaudit.load.delimited import read

    folders = (_PACKAGE.parent / "data", _PACKAGE / "data")
    path = next((found for folder in folders if (found := folder / "tickets.csv").is_file()), None)
    if path is None:
        raise StoreError("the tickets demo is missing from this installation; install labelaudit again.")
    table, source = read(path)
    return Dataset(
        name="tickets",
        table=table,
        label_columns=("team",),
        feature_columns=("subject", "body"),
        modality="text",
        id_column="ticket_id",
        source=source,
        provenance={"demo": "tickets"},
    )


def _digits() -> Dataset:
    import numpy as np
    from sklearn.datasets import load_digits

    from labelaudit.load import load
    from labelaudit.load.imagery import ZIP_TIME
    from labelaudit.load.rawsets import write_images

    path = settings().cache_dir / "demo-digits.zip"
    if not path.exists():
        bunch: Any = load_digits()
        # 8 x 8 pixels of 0 to 16, each drawn as 4 x 4 of 0 to 255.
        pixels = np.kron((bunch.images * (255 / 16)).round().astype(np.uint8), np.ones((1, 4, 4), dtype=np.uint8))
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_images(path, pixels, ["images"] * len(pixels))  # a folder per class would give planted errors away
            with zipfile.ZipFile(path, "a") as archive:
                names = [name for name in archive.namelist() if name.endswith(".png")]
                rows = [f"{name},{digit}" for name, digit in zip(names, bunch.target, strict=True)]
                archive.writestr(zipfile.ZipInfo("digits.csv", ZIP_TIME), "\n".join(["file,label", *rows]) + "\n")
    return replace(load(path, label="label", name="digits"), provenance={"demo": "digits"})


DEMOS: dict[str, Demo] = {
    demo.name: demo
    for demo in (
        Demo("iris", "Iris", "150 flowers of 3 species, 4 measures each", partial(_from_sklearn, "iris", "species")),
        Demo("wine", "Wine", "178 wines of 3 cultivars, 13 measures each", partial(_from_sklearn, "wine", "cultivar")),
        Demo(
            "breast_cancer",
            "Breast Cancer",
            "569 tumours, benign or malignant, 30 measures each",
            partial(_from_sklearn, "breast_cancer", "diagnosis"),
        ),
        Demo(
            "tickets",
            "Support tickets",
            "1,200 generated texts, each with the team that should answer it; some teams are wrong on purpose",
            _tickets,
        ),
        Demo(
            "digits", "Digits", "1,797 images of handwritten digits, 8 × 8 pixels, drawn four times as large", _digits
        ),
    )
}
