"""What is said of time and memory before an audit starts."""

from __future__ import annotations

import made
import pytest

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.estimate import Estimate, estimate


@pytest.mark.parametrize("dataset", [made.texts(n=600), made.table(n=600)], ids=["texts", "table"])
def test_estimate_names_the_heads_that_run_and_is_kept_with_the_result(dataset: Dataset) -> None:
    ahead = estimate(dataset, AuditConfig())
    manifest = audit(dataset).manifest
    assert tuple(manifest["resolved"]["heads"]) == ahead.heads
    assert manifest["resolved"]["why"] == ahead.why
    assert manifest["estimated"] == {"seconds": round(ahead.seconds, 1), "memory_mb": ahead.memory_mb}


def test_less_work_is_estimated_to_take_less() -> None:
    dataset = made.texts(n=3000)
    whole, sample = estimate(dataset, AuditConfig()), estimate(dataset, AuditConfig(max_rows=300))
    assert sample.seconds < whole.seconds
    assert sample.memory_mb < whole.memory_mb
    assert estimate(dataset, AuditConfig(model="linear_sgd")).seconds < whole.seconds
    assert estimate(dataset, AuditConfig(calibrate=True)).seconds > whole.seconds


@pytest.mark.parametrize(
    ("seconds", "memory_mb", "said"),
    [
        (0.2, 350, "about 1 s and 0.3 GB"),
        (41.3, 1536, "about 41 s and 1.5 GB"),
        (240, 20_480, "about 4 min and 20.0 GB"),
        (9000, 900, "about 2 h and 0.9 GB"),
    ],
)
def test_estimate_reads_as_one_would_say_it(seconds: float, memory_mb: int, said: str) -> None:
    assert str(Estimate(("knn",), "", seconds, memory_mb)) == said
