"""What an audit is asked to do."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from labelaudit.confident import Filter, Score
from labelaudit.consensus import Method
from labelaudit.heads import Model

Precision = Literal["auto", "float32", "bfloat16"]


class AuditConfig(BaseModel):
    """Every choice that changes the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = Field(
        "auto", description="classifier whose out-of-fold probabilities are used; auto: several, pooled"
    )
    calibrate: bool = Field(False, description="calibrate the probabilities (Platt scaling, three inner folds)")
    folds: int = Field(5, ge=2, le=50, description="cross-validation folds")
    filter_by: Filter = Field("prune_by_noise_rate", description="cleanlab's rule for flagging a label")
    score: Score = Field("pairwise_confidence", description="label quality score that ranks")
    seed: int = Field(0, ge=0, lt=2**32, description="of folds, sampling and models")
    consensus: Method = Field("auto", description="of several annotators' labels; auto: with what a model learns, too")
    max_rows: int | None = Field(None, ge=10, description="audit a sample of at most so many rows, class shares kept")
    checks: bool = Field(True, description="look for everything else that neighbours and columns tell, too")
    embedder: str = Field("auto", description="what turns images or texts into features; auto: what can be had")
    device: str = Field("auto", description="where an embedder runs; auto: a GPU where there is one")
    precision: Precision = Field("auto", description="of an embedder; auto: bfloat16 where the hardware has it")
