"""How many real errors are left: exact intervals from a random sample that is mixed into the review.

The audited examples are put into strata by their score. In each stratum every example has a lot that nothing but its id
decides, and the random sample goes through a stratum by these lots. So whatever was reviewed before, in whatever order
and by whomever, the next one drawn is one of those that are left, each as likely as the other; what is found among the
drawn ones tells how many errors are among the rest, without a model and without bias. Arrays only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

LEVEL = 0.9  # of the intervals
HORIZON = 100  # examples that are looked ahead
FEWEST = 3  # drawn in a stratum before it is spoken about
SUSPECTED = 2  # strata that halve the suspects by score; one more holds all others
N_SUMS, N_VALUES = 20_000, 2_000  # of the Monte Carlo sum over the strata; counts at which a likelihood is computed
# How far the reviewer may be from what the score says, as standard deviations of a line in log-odds; and how many
# examples away on the ranking one counts half. Measured, see `benchmarks.stopping`.
PRIOR_SD, HALF_WEIGHT = np.array([2.0, 1.0]), 100
CLEAREST = 1e-3  # a score under it says no more than this one


@dataclass(frozen=True)
class Estimate:
    """A number of examples that is not known.

    Parameters
    ----------
    low, high : int
        The interval at `LEVEL`.
    likely : int
    """

    low: int
    likely: int
    high: int

    def __str__(self) -> str:
        return f"about {self.likely:,} ({self.low:,} to {self.high:,})"


@dataclass(frozen=True, eq=False)
class Lots:
    """The strata of the audited examples, and who is drawn when.

    Parameters
    ----------
    stratum : ndarray of shape (n,), int
        The suspects' strata, worst first, from 0; then that of the others; -1 for examples without a label to judge.
    lot : ndarray of shape (n,), uint64
    score : ndarray of shape (n,)
        Low is bad.
    """

    stratum: np.ndarray
    lot: np.ndarray
    score: np.ndarray

    @classmethod
    def of(cls, ids: Sequence[object], score: np.ndarray, suspect: np.ndarray, judged: np.ndarray) -> Lots:
        """Put examples into strata and give them their lots.

        Parameters
        ----------
        ids : sequence of n
        score : ndarray of shape (n,)
        suspect, judged : ndarray of shape (n,), bool
            Flagged; with a label that can be judged.
        """
        stratum = np.where(judged, SUSPECTED, -1)
        rows = np.flatnonzero(suspect & judged)
        stratum[rows[np.argsort(score[rows], kind="stable")]] = np.arange(len(rows)) * SUSPECTED // max(1, len(rows))
        texts = np.array([str(id_) for id_ in ids], dtype=object)
        return cls(stratum, pd.util.hash_array(texts, categorize=False), score)

    @cached_property
    def members(self) -> list[np.ndarray]:
        """Positions of each stratum in the order of their lots."""
        return [rows[np.argsort(self.lot[rows], kind="stable")] for rows in self._rows]

    @cached_property
    def _ranked(self) -> list[np.ndarray]:
        return [rows[np.argsort(self.score[rows], kind="stable")] for rows in self._rows]

    @cached_property
    def _rows(self) -> list[np.ndarray]:
        return [np.flatnonzero(self.stratum == number) for number in range(SUSPECTED + 1)]

    @cached_property
    def order(self) -> np.ndarray:
        """Positions in the order in which they are drawn, one stratum after the other in turn."""
        turn = np.concatenate([np.arange(len(rows)) for rows in self.members])
        return np.asarray(np.concatenate(self.members)[np.argsort(turn, kind="stable")])

    def drawn(self, when: np.ndarray) -> np.ndarray:
        """Say which reviewed examples the random sample brought up.

        Nothing but the time of the decisions is needed: one was drawn if it had the lowest lot of all that were left in
        its stratum. One that also had the worst score of these may have been reviewed for that, and is not counted.

        Parameters
        ----------
        when : ndarray of shape (n,)
            A number that grows with every decision; infinity for what nobody looked at.

        Returns
        -------
        ndarray of shape (n,), bool
        """
        found = np.zeros(len(when), dtype=bool)
        for by_lot, by_score in zip(self.members, self._ranked, strict=True):
            worst = np.zeros(len(when), dtype=bool)
            worst[by_score] = _was_next(when[by_score])
            found[by_lot] = _was_next(when[by_lot]) & ~worst[by_lot]
        return found


def _was_next(when: np.ndarray) -> np.ndarray:
    """Whether all that stand before it had gone before it."""
    before = np.maximum.accumulate(np.concatenate([[-np.inf], when[:-1]]))
    return np.asarray((when > before) & np.isfinite(when))


@dataclass(frozen=True, eq=False)
class Draws:
    """What was drawn from one stratum, in the order of time.

    Parameters
    ----------
    error : ndarray of shape (m,), bool
        What was found.
    left : ndarray of shape (m,), int
        How many were left in the stratum just before.
    found_since : ndarray of shape (m,), int
        Errors found in the stratum from then on, this one included, whether drawn or not.
    rest : int
        How many are left in the stratum now.
    """

    error: np.ndarray
    left: np.ndarray
    found_since: np.ndarray
    rest: int

    @classmethod
    def of(cls, when: np.ndarray, error: np.ndarray, known: np.ndarray, drawn: np.ndarray) -> Draws:
        """Count in one stratum; all of shape (examples of the stratum,); see `drawn_from`."""
        gone = np.flatnonzero(np.isfinite(when))
        gone = gone[np.argsort(when[gone], kind="stable")]
        hits = error[gone] & known[gone]
        since = np.cumsum(hits[::-1])[::-1]
        picked = drawn[gone] & known[gone]
        left = len(when) - np.arange(len(gone))
        return cls(hits[picked], left[picked], since[picked], len(when) - len(gone))

    @property
    def missing(self) -> int:
        """How many are to be drawn before the stratum is spoken about."""
        return min(max(0, FEWEST - len(self.error)), self.rest)

    @cached_property
    def _likelihood(self) -> tuple[np.ndarray, np.ndarray]:
        """How many errors the rest could hold, and how likely what was found then was (logarithm)."""
        values = np.unique(np.linspace(0, self.rest, min(self.rest + 1, N_VALUES)).round())
        hit, miss = self.error, ~self.error
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log(values[:, None] + self.found_since[hit]).sum(axis=1)
            log += np.log(np.maximum((self.left - self.found_since)[miss] - values[:, None], 0)).sum(axis=1)
        return values, log - log.max()

    @property
    def likely(self) -> float:
        """The number of errors in the rest under which as many were to be expected as were found.

        Unbiased, and therefore below 0 at times, where more was found than drawn ones promised.
        """
        if not self.rest:
            return 0.0
        return float((self.error.sum() - (self.found_since / self.left).sum()) / (1 / self.left).sum())

    def bounds(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw from the lower and from the upper confidence distribution of the errors in the rest.

        Their quantiles are the exact one-sided limits of Clopper and Pearson (1934), for draws without replacement:
        where nothing else was reviewed in the stratum, the differences of the hypergeometric distribution function are
        the likelihood over the number of errors (of others) in all. With reviewed ones between, the likelihood is that
        of draws from what was left each time.
        """
        values, log = self._likelihood
        hits, others = int(self.error.sum()), int((~self.error).sum())
        low, high = np.zeros(N_SUMS), np.full(N_SUMS, float(self.rest))
        if hits:
            low = _draw(values, log - np.log(values + hits), rng)
        if others:
            high = _draw(values, log - np.log(self.rest - values + others), rng)
        return low, high


def _draw(values: np.ndarray, log_weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    cumulated = np.cumsum(np.exp(log_weight - log_weight.max()))
    return np.asarray(values[np.searchsorted(cumulated, rng.random(N_SUMS) * cumulated[-1])])


def drawn_from(lots: Lots, when: np.ndarray, error: np.ndarray, known: np.ndarray) -> list[Draws]:
    """Tell for each stratum what the random sample found.

    Parameters
    ----------
    lots : Lots
    when : ndarray of shape (n,)
        See `Lots.drawn`.
    error, known : ndarray of shape (n,), bool
        What the reviewer found; whether they did: one that was skipped is gone without an answer.
    """
    drawn = lots.drawn(when)
    return [Draws.of(when[rows], error[rows], known[rows], drawn[rows]) for rows in lots.members]


def remaining(draws: Iterable[Draws]) -> Estimate | None:
    """Estimate the errors among all that nobody looked at, over some strata.

    The strata's limits are added up by melding (Fay, Proschan and Brittain 2015): quantiles of the sums of draws from
    their confidence distributions. With one stratum this is the exact interval; with several it keeps its level, too,
    as far as is known, and errs to the wide side.

    Parameters
    ----------
    draws : iterable of Draws
        What `drawn_from` returns, or a part of it.

    Returns
    -------
    Estimate or None
        None while one of the strata has too few draws. Where nothing is left, 0 from 0 to 0.
    """
    open_ = [stratum for stratum in draws if stratum.rest]
    if any(stratum.missing for stratum in open_):
        return None
    rng = np.random.default_rng(0)
    sums = np.zeros((2, N_SUMS))
    for stratum in open_:
        sums += stratum.bounds(rng)
    tail = (1 - LEVEL) / 2
    low, high = float(np.quantile(sums[0], tail)), float(np.quantile(sums[1], 1 - tail))
    likely = np.clip(sum(stratum.likely for stratum in open_), low, high)
    return Estimate(int(low), round(float(likely)), int(np.ceil(high)))


def chances(
    score: np.ndarray, error: np.ndarray, ahead: np.ndarray, near: float, draws: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Fit how likely an error is at which score, around a place in the ranking.

    A line in log-odds (Platt 1999) that without decisions says what the score does, and then what the reviewer does.

    Parameters
    ----------
    score : ndarray of shape (r,)
        Of what was reviewed.
    error : ndarray of shape (r,), bool
    ahead : ndarray of shape (a,)
        Scores of which to tell.
    near : float
        The score around which to be right.
    draws : int
        How many lines to draw that would do as well.

    Returns
    -------
    likely : ndarray of shape (a,)
    drawn : ndarray of shape (draws, a)
    """
    centre = float(_log_odds(np.array([near]))[0])
    x, x_ahead = _log_odds(score) - centre, _log_odds(ahead) - centre
    weight = 0.5 ** (np.argsort(np.argsort(np.abs(x), kind="stable"), kind="stable") / HALF_WEIGHT)
    design = np.column_stack([np.ones(len(x)), x])
    prior, precision = np.array([centre, 1.0]), np.diag(PRIOR_SD**-2)
    line = prior
    for _ in range(100):  # Newton's method; a step at a time where it would leap
        p = _probability(design @ line)
        slope = design.T @ (weight * (error - p)) - precision @ (line - prior)
        bend = (design * (weight * p * (1 - p))[:, None]).T @ design + precision
        step = np.linalg.solve(bend, slope)
        line = line + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    at = np.column_stack([np.ones(len(x_ahead)), x_ahead])
    lines = np.random.default_rng(0).multivariate_normal(line, np.linalg.inv(bend), size=draws)
    return _probability(at @ line), _probability(lines @ at.T)


def upcoming(score: np.ndarray, error: np.ndarray, ahead: np.ndarray) -> Estimate:
    """Estimate how many of the next examples in the queue are real errors.

    Parameters
    ----------
    score, error : ndarray of shape (r,)
        Of what was reviewed.
    ahead : ndarray of shape (a,)
        Scores of the next examples.

    Returns
    -------
    Estimate
        The interval holds the luck of the draw and the doubt about the line of `chances`.
    """
    likely, drawn = chances(score, error, ahead, float(np.median(ahead)), draws=N_VALUES)
    counts = np.random.default_rng(1).binomial(1, drawn).sum(axis=1)
    low, high = np.quantile(counts, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(int(low), round(float(likely.sum())), int(np.ceil(high)))


def _log_odds(score: np.ndarray) -> np.ndarray:
    """How clearly a score, which is low where the label is wrong, speaks for an error."""
    inside = np.clip(score, CLEAREST, 1 - CLEAREST)
    return np.asarray(np.log1p(-inside) - np.log(inside))


def _probability(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
