"""How much reviewers agree: Cohen's kappa for each two, Fleiss' kappa for all, and the classes on which they don't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations, permutations

import numpy as np
import pandas as pd

from labelaudit.decisions import RULE, Decision, in_force

FEW = 30  # examples in common; with fewer a kappa says little
PAIR_COLUMNS = ("one", "other", "examples", "agreed", "share", "low", "high", "kappa", "note")
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
    said_by = {place: {**second.get(place, {}), **_by(first.get(place))} for place in first.keys() | second.keys()}
    rows = [(*place, actor, said) for place in sorted(said_by) for actor, said in sorted(said_by[place].items())]
    table = pd.DataFrame(rows, columns=["id", "part", "actor", "category"], dtype=object)
    return Opinions(table, len(later), sum(first[place][1] != said for place, said in later.items()))


def _by(opinion: tuple[str, str] | None) -> dict[str, str]:
    return {} if opinion is None else dict([opinion])


def pairs(opinions: pd.DataFrame) -> pd.DataFrame:
    """Compare each two people on the examples that both have an opinion on.

    Cohen's kappa is scikit-learn's (Cohen 1960); the interval of the share is Wilson's, at 95 %.

    Parameters
    ----------
    opinions : DataFrame
        `Opinions.table`.

    Returns
    -------
    DataFrame with the columns `PAIR_COLUMNS`
        One row per pair with an example in common, most of these first; ``kappa`` is NaN where it is not defined, and
        ``note`` says why, or that there is little to go by.
    """
    from scipy.stats import binomtest
    from sklearn.metrics import cohen_kappa_score

    numbered = opinions.assign(category=pd.factorize(opinions["category"])[0])  # text is slow to compare
    wide = numbered.pivot(index=["id", "part"], columns="actor", values="category")
    rows = []
    for one, other in combinations(wide.columns, 2):
        both = wide[[one, other]].dropna()
        if both.empty:
            continue
        ours, theirs = both[one].to_numpy(np.int64), both[other].to_numpy(np.int64)
        n, agreed = len(both), int((ours == theirs).sum())
        interval = binomtest(agreed, n).proportion_ci(method="wilson")
        n_said = len(np.union1d(ours, theirs))
        kappa = float(cohen_kappa_score(ours, theirs)) if n_said > 1 else np.nan
        rows.append((one, other, n, agreed, agreed / n, interval.low, interval.high, kappa, _note(n, n_said)))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).sort_values("examples", ascending=False, ignore_index=True)


def _note(n: int, n_said: int) -> str:
    if n_said == 1:
        return "both say the same class everywhere, so chance alone would agree as much: kappa is not defined"
    return f"fewer than {FEW} in common: kappa can be far off" if n < FEW else ""


def fleiss_kappa(counts: np.ndarray) -> float:
    """Return the agreement of any number of raters beyond chance (Fleiss 1971).

    Examples may have different numbers of ratings: with those of the example in place of the common number, the share
    of agreeing pairs per example is averaged over the examples, and chance comes from all ratings.

    Parameters
    ----------
    counts : ndarray of shape (n, k), int
        How many raters put each example into each category; rows with fewer than two ratings say nothing and do not
        count.

    Returns
    -------
    float
        1 for perfect agreement, 0 for chance; NaN where no example has two ratings or all are in one category.
    """
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts) or (counts.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    raters = counts.sum(axis=1)
    agreement = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return (float(agreement.mean()) - chance) / (1 - chance)


def counted(opinions: pd.DataFrame) -> np.ndarray:
    """Count the opinions per example and category, shape (n, k); examples with a single opinion are left out."""
    places = opinions.groupby(["id", "part"], sort=False).ngroup().to_numpy()
    names, different = pd.factorize(opinions["category"])
    table = np.zeros((places.max(initial=-1) + 1, len(different)), dtype=np.int64)
    np.add.at(table, (places, names), 1)
    return np.asarray(table[table.sum(axis=1) >= 2])


def by_class(opinions: pd.DataFrame) -> pd.DataFrame:
    """Say for each category how often the others agree where somebody chose it, and what they say instead.

    Parameters
    ----------
    opinions : DataFrame
        `Opinions.table`.

    Returns
    -------
    DataFrame with the columns `CLASS_COLUMNS`
        Least agreement first: ``opinions`` on examples that have several, ``shared`` (pairs of an opinion for this
        category with another person's), ``agreement`` (the share of these in which both say it: specific agreement),
        and ``confused_with``, what others say instead most often (empty for nothing), ``times``.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for id_, part, name in zip(opinions["id"], opinions["part"], opinions["category"], strict=True):
        groups.setdefault((id_, part), []).append(name)
    several = [group for group in groups.values() if len(group) > 1]
    said = Counter(chain.from_iterable(several))
    together = Counter(pair for group in several for pair in permutations(group, 2))
    rows = []
    for name in sorted(said):
        others = Counter({b: n for (a, b), n in together.items() if a == name and b != name})
        worst, times = others.most_common(1)[0] if others else ("", 0)
        shared = others.total() + together[name, name]
        rows.append((name, said[name], shared, together[name, name] / shared, worst, times))
    return pd.DataFrame(rows, columns=list(CLASS_COLUMNS)).sort_values("agreement", kind="stable", ignore_index=True)
