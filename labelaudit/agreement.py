"""How much reviewers agree: Cohen's kappa for each two, Fleiss' kappa for all, and the classes on which they don't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from labelaudit.decisions import RULE, Decision, in_force

Z = 1.959964  # of the normal distribution, for intervals at 95 %
FEW = 30  # examples in common; with fewer a kappa says little
PAIR_COLUMNS = (
    "one",
    "other",
    "examples",
    "agreed",
    "share",
    "low",
    "high",
    "kappa",
    "kappa_low",
    "kappa_high",
    "note",
)
CLASS_COLUMNS = ("category", "opinions", "shared", "agreement", "confused_with", "times")


def category(decision: Decision) -> str | None:
    """Return what a decision says about the example: the label that results, as JSON text.

    Returns
    -------
    str or None
        ``exclude`` and ``ambiguous`` stand for themselves (a class of that name has quotes, being JSON text). None
        where nothing is said about the whole label: a skip, a tag, a label that stays missing.
    """
    match decision.action:
        case "set":
            return decision.after
        case "keep":
            return decision.before
        case "exclude" | "ambiguous":
            return decision.action
        case _:
            return None


def is_person(actor: str) -> bool:
    """Whether an actor is a person and not a rule."""
    return not actor.startswith(RULE)


@dataclass(frozen=True, eq=False)
class Opinions:
    """What people thought of the examples, each without knowing what the others thought.

    Parameters
    ----------
    table : DataFrame
        ``id``, ``part``, ``actor`` and ``category``: one row per example and person.
    overruled : int
        Examples on which somebody decided in the review after another person had: not independent, so not in `table`.
    changed : int
        How many of these got another label by that.
    """

    table: pd.DataFrame
    overruled: int
    changed: int


def opinions(decisions: Sequence[Decision]) -> Opinions:
    """Collect the independent opinions.

    The first person who decides on an example in the review does so independently, up to the last decision before
    another person's. Whoever decides on it later in the review sees what was decided, and so agrees or overrules; that
    is counted apart. A blind second opinion is independent, and each person's last one counts; it does not count beside
    the same person's own first. Final says and rules are nobody's opinion.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    second: dict[tuple[str, str], dict[str, str]] = {}
    later: dict[tuple[str, str], str] = {}
    for decision in in_force(decisions):
        said, place = category(decision), (decision.id, decision.part)
        if said is None or decision.stage == "final" or not is_person(decision.actor):
            continue
        if decision.stage == "second":
            second.setdefault(place, {})[decision.actor] = said
        elif place not in later and first.get(place, (decision.actor,))[0] == decision.actor:
            first[place] = decision.actor, said
        else:
            later[place] = said
    rows = [(*place, actor, said) for place, (actor, said) in first.items()]
    rows += [
        (*place, actor, said)
        for place, by in second.items()
        for actor, said in by.items()
        if actor != first.get(place, ("",))[0]
    ]
    table = pd.DataFrame(sorted(rows), columns=["id", "part", "actor", "category"], dtype=object)
    return Opinions(table, len(later), sum(first[place][1] != said for place, said in later.items()))


def pairs(opinions: pd.DataFrame) -> pd.DataFrame:
    """Compare each two people on the examples that both have an opinion on.

    Kappa is Cohen's (1960), and so is its standard error, in which what chance gives is taken as known: the bounds of
    the share of agreement, here Wilson's at 95 %, become those of kappa.

    Parameters
    ----------
    opinions : DataFrame
        `Opinions.table`.

    Returns
    -------
    DataFrame with the columns `PAIR_COLUMNS`
        One row per pair with an example in common, most of these first; ``kappa`` and its bounds are NaN where it is
        not defined, and ``note`` says why, or that there is little to go by.
    """
    places = opinions.groupby(["id", "part"], sort=False).ngroup().to_numpy()
    actors, people = pd.factorize(opinions["actor"], sort=True)
    said, different = pd.factorize(opinions["category"])  # text is slow to compare
    wide = np.full((places.max(initial=-1) + 1, len(people)), -1)
    wide[places, actors] = said
    rows = []
    for one, other in combinations(range(len(people)), 2):
        both = wide[:, [one, other]]
        ours, theirs = both[(both >= 0).all(axis=1)].T
        n, alike = len(ours), (ours == theirs).astype(float)
        if n == 0:
            continue
        counts = (np.bincount(each, minlength=len(different)) for each in (ours, theirs))
        chance = float(np.dot(*counts)) / n**2
        shares, note = wilson(alike), _note(n, len(np.union1d(ours, theirs)))
        rows.append((people[one], people[other], n, int(alike.sum()), *shares, *_beyond(chance, shares), note))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).sort_values("examples", ascending=False, ignore_index=True)


def wilson(agreement: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of a share over examples, and Wilson's interval (1927) of it at 95 %.

    Parameters
    ----------
    agreement : ndarray of shape (n,), float
        From 0 to 1 for each example. Where shares lie between the two, their mean is as sure as that of more examples
        whose shares are 0 or 1.
    """
    n, share = float(len(agreement)), float(agreement.mean())
    if (variance := float(agreement.var())) > 0:
        n *= share * (1 - share) / variance
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    reach = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return share, max(0.0, middle - float(reach)), min(1.0, middle + float(reach))


def _beyond(chance: float, shares: tuple[float, float, float]) -> tuple[float, float, float]:
    """Turn shares of agreement into kappas; NaN where chance alone gives all of it."""
    if chance == 1:
        return np.nan, np.nan, np.nan
    kappa, low, high = ((share - chance) / (1 - chance) for share in shares)
    return kappa, low, high


def _note(n: int, n_said: int) -> str:
    if n_said == 1:
        return "both say the same class everywhere, so chance alone would agree as much: kappa is not defined"
    return f"fewer than {FEW} in common: kappa can be far off" if n < FEW else ""


def fleiss_kappa(counts: np.ndarray) -> tuple[float, float, float]:
    """Return the agreement of any number of raters beyond chance (Fleiss 1971), and its interval.

    Examples may have different numbers of ratings: with those of the example in place of the common number, the share
    of agreeing pairs per example is averaged over the examples, and chance comes from all ratings. The interval is made
    as in `pairs`.

    Parameters
    ----------
    counts : ndarray of shape (n, k), int
        How many raters put each example into each category; rows with fewer than two ratings say nothing and do not
        count.

    Returns
    -------
    kappa, low, high : float
        1 for perfect agreement, 0 for chance; NaN where no example has two ratings or all are in one category.
    """
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return np.nan, np.nan, np.nan
    raters = counts.sum(axis=1)
    agreement = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return _beyond(chance, wilson(agreement))


def counted(opinions: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Count the opinions per example and category, shape (n, k); examples with a single opinion are left out.

    Returns
    -------
    counts : ndarray of shape (n, k), int
    categories : list of str
        In alphabetical order.
    """
    places = opinions.groupby(["id", "part"], sort=False).ngroup().to_numpy()
    names, different = pd.factorize(opinions["category"], sort=True)
    table = np.zeros((places.max(initial=-1) + 1, len(different)), dtype=np.int64)
    np.add.at(table, (places, names), 1)
    return table[table.sum(axis=1) >= 2], list(different)


def by_class(counts: np.ndarray, categories: Sequence[str]) -> pd.DataFrame:
    """Say for each category how often the others agree where somebody chose it, and what they say instead.

    Parameters
    ----------
    counts, categories
        What `counted` returns.

    Returns
    -------
    DataFrame with the columns `CLASS_COLUMNS`
        Least agreement first: ``opinions`` on examples that have several, ``shared`` (pairs of an opinion for this
        category with another person's), ``agreement`` (the share of these in which both say it: specific agreement),
        and ``confused_with``, what others say instead most often (empty for nothing), ``times``.
    """
    said = counts.sum(axis=0)
    together = counts.T @ counts - np.diag(said)
    others = together - np.diag(together.diagonal())
    rows = []
    for place in np.flatnonzero(said).tolist():
        shared, times, worst = int(together[place].sum()), int(others[place].max()), int(others[place].argmax())
        alike = int(together[place, place]) / shared
        rows.append((categories[place], int(said[place]), shared, alike, categories[worst] if times else "", times))
    return pd.DataFrame(rows, columns=list(CLASS_COLUMNS)).sort_values("agreement", kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False)
class Agreement:
    """How much people agree.

    Parameters
    ----------
    pairs : DataFrame
        What `pairs` returns.
    kappa : tuple of float
        What `fleiss_kappa` returns.
    examples : int
        How many have several opinions.
    classes : DataFrame
        What `by_class` returns.
    overruled, changed : int
        As in `Opinions`.
    """

    pairs: pd.DataFrame
    kappa: tuple[float, float, float]
    examples: int
    classes: pd.DataFrame
    overruled: int
    changed: int

    @classmethod
    def of(cls, decisions: Sequence[Decision]) -> Agreement:
        """Measure it on a log."""
        said = opinions(decisions)
        counts, categories = counted(said.table)
        return cls(
            pairs(said.table),
            fleiss_kappa(counts),
            len(counts),
            by_class(counts, categories),
            said.overruled,
            said.changed,
        )
