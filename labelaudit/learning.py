"""A ranking that learns from the reviewer: a small model of which suspects were confirmed and which were refused.

A logistic regression on what each detector says, on the given class and on the likeliest other one. Without decisions
it says what the combined score does, and it is held near to that: what few decisions can't tell stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.why import NAMES, detectors_of_labels

if TYPE_CHECKING:
    from labelaudit.result import Audit

FIRST, EVERY = 30, 10  # decisions before anything is learned, and between one model and the next
CLEAREST = 1e-3  # a score under it says no more than this one
VOICE_SCALE = 4.0  # log-odds of a detector that count as one step
# How firmly each coefficient is held to where it starts (precision of a normal prior): the constant, that of the score,
# and all others, of which the decisions choose one. Measured, see `benchmarks.learning`.
HOLD_START, HOLD_SCORE, HOLD_REST = 0.25, 4.0, (1.0, 4.0, 16.0)
TELLING = 0.25  # a coefficient (of the log-odds) that is worth telling about
MOST_TOLD = 3  # of each kind
NEIGHBOURS = "neighbours"
BLOCK = 1 << 16  # rows


@dataclass(frozen=True, eq=False)
class Voices:
    """What the model sees of the audited examples.

    Parameters
    ----------
    names : tuple of d str
        The detectors.
    said : ndarray of shape (n, d), float32
        Log-odds that the label is wrong, by each of them, in steps of `VOICE_SCALE`; 0 where it says nothing.
    score : ndarray of shape (n,)
        The same by the combined score.
    given, other : ndarray of shape (n,), int
        The given class (-1 where missing), and the likeliest other one.
    """

    names: tuple[str, ...]
    said: np.ndarray
    score: np.ndarray
    given: np.ndarray
    other: np.ndarray

    @classmethod
    def of(cls, audit: Audit) -> Voices:
        """Collect what an audit knows."""
        names = (*detectors_of_labels(audit), *(n for n in audit.scores.columns if n == NEIGHBOURS))
        said = np.column_stack([_log_odds(audit.scores[name].to_numpy()) for name in names]) / VOICE_SCALE
        score = _log_odds(audit.label_issues["score"].to_numpy())
        known = audit.outputs.get("pred_probs")
        other = audit.codes if known is None else _likeliest_other(known, audit.codes)
        return cls(names, np.nan_to_num(said).astype(np.float32), score, audit.codes, other)


def _likeliest_other(pred_probs: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The likeliest class that is not the given one; in blocks, as the probabilities may be large."""
    found = np.empty(len(codes), dtype=np.int64)
    for start in range(0, len(codes), BLOCK):
        block = slice(start, start + BLOCK)
        others, labelled = np.array(pred_probs[block]), np.flatnonzero(codes[block] >= 0)
        others[labelled, codes[block][labelled]] = -1
        found[block] = others.argmax(axis=1)
    return found


def _log_odds(score: np.ndarray) -> np.ndarray:
    inside = np.clip(np.asarray(score, dtype=float), CLEAREST, 1 - CLEAREST)
    return np.asarray(np.log1p(-inside) - np.log(inside))


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned.

    Parameters
    ----------
    decisions : int
        How many it was learned from.
    start, score : float
        Constant, and coefficient of the combined score.
    voices : ndarray of shape (d,)
        Coefficients of the detectors.
    given, other : ndarray of shape (K,)
        Coefficients of the classes.
    """

    decisions: int
    start: float
    score: float
    voices: np.ndarray
    given: np.ndarray
    other: np.ndarray

    def scores(self, voices: Voices) -> np.ndarray:
        """Return how likely each label is right, shape (n,): low is bad, as in the combined score."""
        odds = self.start + self.score * voices.score + voices.said @ self.voices.astype(np.float32)
        odds = odds + self.given[voices.given] + self.other[voices.other]
        return np.asarray(np.where(voices.given >= 0, 1 / (1 + np.exp(odds)), 1.0))

    def words(self, voices: Voices, classes: tuple[str, ...]) -> list[str]:
        """Say what was learned, the clearest first.

        Parameters
        ----------
        voices : Voices
        classes : tuple of K str
        """
        kinds = (
            (self.given, classes, "labels given {} are wrong {} than their scores say", ("more often", "less often")),
            (
                self.other,
                classes,
                "suspicions that it is {} are right {} than the scores say",
                ("more often", "less often"),
            ),
            (self.voices, [NAMES.get(n, n) for n in voices.names], "what {} says counts {}", ("more", "less")),
        )
        told = []
        for weights, names, sentence, (more, less) in kinds:
            clear = [k for k in np.argsort(-np.abs(weights), kind="stable")[:MOST_TOLD] if abs(weights[k]) >= TELLING]
            told += [sentence.format(names[k], more if weights[k] > 0 else less) for k in clear]
        return told


def used(decisions: int) -> int:
    """Return how many of the first decisions are learned from."""
    return 0 if decisions < FIRST else decisions - (decisions - FIRST) % EVERY


def learn(voices: Voices, reviewed: np.ndarray, error: np.ndarray) -> Learned | None:
    """Learn from what was decided.

    The same decisions in the same order give the same model. It is made anew with every `EVERY` decisions only, so that
    the order stays as it is in between.

    Parameters
    ----------
    voices : Voices
    reviewed : ndarray of shape (m,), int
        Positions in the order in which they were decided.
    error : ndarray of shape (m,), bool
        What was decided.

    Returns
    -------
    Learned or None
        None for fewer decisions than `FIRST`.
    """
    count = used(len(reviewed))
    if not count:
        return None
    rows, wrong = reviewed[:count], error[:count].astype(float)
    n_classes = int(max(voices.given.max(), voices.other.max())) + 1
    # Only classes that were met: of all others there is nothing to learn.
    met = [np.unique(column[rows]) for column in (voices.given, voices.other)]
    classes = [column[rows][:, None] == known for column, known in zip((voices.given, voices.other), met, strict=True)]
    design = np.column_stack([np.ones(count), voices.score[rows], voices.said[rows], *classes])
    weights, _ = max((_fitted(design, wrong, rest) for rest in HOLD_REST), key=itemgetter(1))
    parts = np.split(weights, np.cumsum([2, len(voices.names), len(met[0])]))
    by_class = np.zeros((2, n_classes))
    for place, known, part in zip(by_class, met, parts[2:], strict=True):
        place[known] = part
    return Learned(count, float(weights[0]), float(weights[1]), parts[1], by_class[0], by_class[1])


def _fitted(design: np.ndarray, wrong: np.ndarray, rest: float) -> tuple[np.ndarray, float]:
    """Logistic regression by Newton's method; all coefficients start at 0, that of the score (the second) at 1.

    Returns
    -------
    weights : ndarray
    evidence : float
        Logarithm of how likely the decisions are under the prior, by Laplace's approximation (MacKay 1992): where they
        say nothing but what the score says, it favours the firm hold.
    """
    start, hold = np.zeros(design.shape[1]), np.full(design.shape[1], rest)
    start[1], hold[:2] = 1.0, (HOLD_START, HOLD_SCORE)
    weights = start
    for _ in range(50):
        p = 1 / (1 + np.exp(-(design @ weights)))
        slope = design.T @ (wrong - p) - hold * (weights - start)
        bend = (design * (p * (1 - p))[:, None]).T @ design + np.diag(hold)
        step = np.linalg.solve(bend, slope)
        weights = weights + step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < 1e-6:
            break
    odds = design @ weights
    fit = (wrong * odds - np.logaddexp(0, odds)).sum() - (hold * (weights - start) ** 2).sum() / 2
    return weights, float(fit + (np.log(hold).sum() - np.linalg.slogdet(bend)[1]) / 2)
