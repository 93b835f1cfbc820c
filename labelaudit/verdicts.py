"""How far off numbers are to which of them are suspected, and how many are wrong.

Arrays only, as in `labelaudit.residuals`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FALSE = 0.2  # share of the flagged numbers that may be right
# Of Student's t: no model's residuals are normal far out. On six tables without planted errors (four real, two made
# with noise that differs from row to row) 0, 0, 0, 0, .4 and 16 of 1,000 numbers are flagged with it; with a shape read
# from the data, up to normal, it were 39, 18, 0, 0, .4 and 48.
FREEDOM = 6.0
RARE = 0.01  # share of the right numbers that are as far off as what the upper bound counts as wrong
DRAWS = 200


@dataclass(frozen=True)
class Verdict:
    """Which labels are suspected, and how many are wrong.

    Parameters
    ----------
    chance : ndarray of shape (n,)
        The share of right numbers that are as far off as this one.
    flagged : ndarray of shape (n,), bool
    noise_rate, low, high : float
        The share of wrong numbers that stand out; within its 95 % interval, of which the upper end takes all numbers
        for wrong that are further off than `RARE` right ones.
    seen : float
        The distance from which a number is flagged, or would be.
    """

    chance: np.ndarray
    flagged: np.ndarray
    noise_rate: float
    low: float
    high: float
    seen: float


def judged(distance: np.ndarray, even: np.ndarray | None = None, seed: int = 0, false: float = FALSE) -> Verdict:
    """Flag the numbers that are too far off to be right.

    How far off right numbers are is read from the bulk of all (an empirical null, Efron 2004): Student's t of the
    median of the distances, wrong ones allowed for. Of what is left over in the tail, so many are flagged that at most
    a share `false` of them is right (Benjamini and Hochberg 1995).

    Parameters
    ----------
    distance : ndarray of shape (n,)
        With a median of 1.
    even : ndarray of shape (n,), optional
        The distances from which their bulk is read, where those come in steps.
    seed : int
        Of the interval.
    false : float
    """
    from scipy.stats import beta
    from scipy.stats import t as student

    even, n, wrong = distance if even is None else even, len(distance), 0.0
    grid = np.geomspace(1e-4, 0.2, 40)
    for _ in range(60):  # wrong numbers lie above the median of the right ones: the more of them, the lower that is
        scale = float(np.quantile(even, (1 - wrong) / 2)) / student.ppf(0.75, FREEDOM)
        chances = np.sort(_chance(even, scale))
        before, wrong = wrong, _excess(np.searchsorted(chances, grid, side="right") / n, grid)
        if abs(wrong - before) < 1e-4:
            break
    chance = _chance(distance, scale)
    order = np.argsort(chance, kind="stable")
    passed = np.flatnonzero(chance[order] * n * (1 - wrong) <= false * np.arange(1, n + 1))
    count = passed[-1] + 1 if len(passed) else 0
    flagged = np.zeros(n, dtype=bool)
    flagged[order[:count]] = True
    seen = scale * student.isf(false * max(1, count) / (n * (1 - wrong)) / 2, FREEDOM)
    cells = np.diff(np.searchsorted(chances, grid, side="right"), prepend=0)
    drawn = np.random.default_rng(seed).multinomial(n, np.append(cells, n - cells.sum()) / n, size=DRAWS)
    low, high = np.quantile([_excess(row[:-1].cumsum() / n, grid) for row in drawn], [0.025, 0.975])
    # What chance explains may be wrong all the same: the bound is not lowered by it (Clopper and Pearson 1934).
    far = int(np.searchsorted(chances, RARE, side="right"))
    bound = float(beta.ppf(0.975, far + 1, n - far)) if far < n else 1.0
    return Verdict(chance, flagged, wrong, float(min(low, wrong)), float(max(high, wrong, bound)), float(seen))


def _chance(distance: np.ndarray, scale: float) -> np.ndarray:
    """Return the share of right numbers that are at least so far off, shape (n,)."""
    from scipy.stats import t as student

    return np.asarray(2 * student.sf(distance / scale, FREEDOM) if scale > 0 else (distance <= 0).astype(float))


def _excess(share: np.ndarray, grid: np.ndarray) -> float:
    """Return the share of examples beyond what chance explains, judged where it is largest (Storey 2002)."""
    return float(np.clip(((share - grid) / (1 - grid)).max(), 0.0, 0.5))
