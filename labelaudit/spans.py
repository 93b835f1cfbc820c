"""Entities that tags spell out: BIO, BIOES and their like, read as seqeval reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

OUTSIDE = "O"
_TAG = re.compile(r"([BIESLUM])-(.+)", re.DOTALL)
_ALIKE = {"L": "E", "U": "S", "M": "I"}  # BILOU and BMES say the same with other letters


@dataclass(frozen=True, eq=False)
class Tags:
    """The tags of n tokens, taken apart.

    Parameters
    ----------
    prefix : ndarray of shape (n,), object
        ``B``, ``I``, ``E``, ``S``, or ``O`` outside of entities.
    kind : ndarray of shape (n,), object
        The type of entity; empty outside.
    first : ndarray of shape (n,), bool
        Where a sentence begins.
    """

    prefix: np.ndarray
    kind: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, classes: Sequence[Any], codes: np.ndarray, sentence: np.ndarray) -> Tags:
        """Take apart tags that are given as indices into classes; -1 is outside."""
        apart = [_apart(tag) for tag in classes] + [(OUTSIDE, "")]
        prefixes, kinds = (np.array(column, dtype=object) for column in zip(*apart, strict=True))
        return cls(prefixes[codes], kinds[codes], np.append(True, sentence[1:] != sentence[:-1])[: len(codes)])

    @property
    def before(self) -> tuple[np.ndarray, np.ndarray]:
        """Prefix and type of the token before, within the sentence."""
        prefix = np.append(OUTSIDE, self.prefix[:-1]).astype(object)
        kind = np.append("", self.kind[:-1]).astype(object)
        prefix[self.first], kind[self.first] = OUTSIDE, ""
        return prefix, kind

    @property
    def starts(self) -> np.ndarray:
        """Where an entity begins, bool of shape (n,); as seqeval does, also at an I- that follows no B-."""
        previous, kind = self.before
        after_end = np.isin(previous, ("E", "S", OUTSIDE)) & (self.prefix != OUTSIDE)
        return np.asarray(
            np.isin(self.prefix, ("B", "S")) | after_end | ((self.prefix != OUTSIDE) & (self.kind != kind))
        )

    def number(self) -> np.ndarray:
        """Number the entities from 0, shape (n,): which one each token is in, -1 for none."""
        return np.where(self.prefix == OUTSIDE, -1, np.cumsum(self.starts) - 1)

    def spans(self) -> pd.DataFrame:
        """List the entities.

        Returns
        -------
        DataFrame
            ``start``, ``end`` (numbers of tokens, the end not included) and ``kind``, in order.
        """
        number = self.number()
        start = np.flatnonzero(self.starts)
        end = start + np.bincount(number[number >= 0], minlength=len(start))
        return pd.DataFrame({"start": start, "end": end, "kind": self.kind[start]})

    def out_of_order(self) -> np.ndarray:
        """Find each I- or E- that follows no B- or I- of its type, bool of shape (n,).

        Nowhere in IOB1, which writes most entities so: B- only stands there between two that touch.
        """
        previous, kind = self.before
        continues = np.isin(previous, ("B", "I")) & (kind == self.kind)
        wrong = np.isin(self.prefix, ("I", "E")) & ~continues
        return np.asarray(wrong & (2 * wrong.sum() <= self.starts.sum()))


def _apart(tag: Any) -> tuple[str, str]:
    found = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    return (_ALIKE.get(found[1], found[1]), found[2]) if found else (OUTSIDE, "")


def are_entities(classes: Sequence[Any]) -> bool:
    """Whether tags spell out entities: all are ``O`` or a letter, a hyphen and a type, and some begin one."""
    apart = [_TAG.fullmatch(tag) for tag in classes if isinstance(tag, str) and tag != OUTSIDE]
    whole = len(apart) == sum(tag != OUTSIDE for tag in classes)
    return bool(apart) and whole and all(apart) and OUTSIDE in classes


def entity_f1(given: Tags, predicted: Tags) -> float:
    """Compare entities by borders and type: micro-averaged F1 as ``seqeval.metrics.f1_score`` counts it by default.

    Returns
    -------
    float
        0 where nothing agrees, also where there are no entities.
    """
    true, found = given.spans(), predicted.spans()
    right = len(true.merge(found))
    return 2 * right / max(1, len(true) + len(found))


def differing(given: Tags, predicted: Tags) -> pd.DataFrame:
    """List the entities that a model sees otherwise than they are given.

    Returns
    -------
    DataFrame
        ``start``, ``end`` and ``kind`` of the given entity (of the predicted one where none is given); ``other_start``,
        ``other_end`` and ``other_kind`` of what the model has in its place (-1 and empty where nothing); ``how``:
        ``borders``, ``type``, ``borders and type``, ``no entity`` or ``entity missing``.
    """
    true, found = given.spans(), predicted.spans()
    of, other = given.number(), predicted.number()
    both = (of >= 0) & (other >= 0)
    pairs = pd.DataFrame({"true": of[both], "found": other[both]}).drop_duplicates(ignore_index=True)
    mine = true.iloc[pairs["true"]].reset_index(drop=True)
    theirs = found.iloc[pairs["found"]].reset_index(drop=True).add_prefix("other_")
    met = pd.concat([pairs, mine, theirs], axis=1)
    moved = (met["start"] != met["other_start"]) | (met["end"] != met["other_end"])
    renamed = met["kind"] != met["other_kind"]
    met["how"] = np.select([moved & renamed, moved, renamed], ["borders and type", "borders", "type"], "")
    met = met[met["how"] != ""].drop_duplicates("true")
    alone = true[~true.index.isin(pairs["true"])].assign(other_start=-1, other_end=-1, other_kind="", how="no entity")
    extra = found[~found.index.isin(pairs["found"])]
    missing = extra.assign(
        other_start=extra["start"], other_end=extra["end"], other_kind=extra["kind"], how="entity missing"
    )
    every = pd.concat([met.drop(columns=["true", "found"]), alone, missing])
    return every.sort_values("start", kind="stable", ignore_index=True)
