"""The demo data sets: three tables from scikit-learn and generated support tickets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import StoreError

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
    )
}
