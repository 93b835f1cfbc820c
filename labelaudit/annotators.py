"""Annotators, ranked: how often each is right, which classes each confuses, and whom to ask about what next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from labelaudit.crowd import Ratings
from labelaudit.shapes.votes import Votes, votes

if TYPE_CHECKING:
    from labelaudit.result import Audit

FEW = 10  # ratings; with fewer a quality says little
BORROWED = 1.0  # ratings as those of all, that everybody begins with
COLUMNS = ("annotator", "ratings", "quality", "agreement", "disputed", "said", "meant", "times", "note")
PAIR_COLUMNS = ("annotator", "said", "meant", "times", "of", "share")
ASK_COLUMNS = ("id", "score", "ratings", "likeliest", "quality", "ask")


def qualities(ratings: Ratings, posterior: np.ndarray) -> np.ndarray:
    """Say how likely an annotator's label is right.

    Parameters
    ----------
    ratings : Ratings
    posterior : ndarray of shape (N, K)
        Of the consensus.

    Returns
    -------
    ndarray of shape (M,)
        The mean probability of what each said, and one rating as those of all, so that somebody with few is not judged
        by them alone.
    """
    right = posterior[ratings.item, ratings.label]
    usual = right.mean() if len(right) else 1.0
    sums = np.bincount(ratings.annotator, right, ratings.n_annotators)
    return np.asarray((sums + BORROWED * usual) / (ratings.per_annotator + BORROWED))


def confused(ratings: Ratings, consensus: np.ndarray) -> pd.DataFrame:
    """Count which classes each annotator takes for which, most often first.

    Parameters
    ----------
    ratings : Ratings
    consensus : ndarray of shape (N,)

    Returns
    -------
    DataFrame
        ``annotator`` (number), ``said`` and ``meant`` (codes), ``times``, ``of`` (how many items of the class `meant`
        they rated) and ``share``.
    """
    frame = pd.DataFrame({"annotator": ratings.annotator, "said": ratings.label, "meant": consensus[ratings.item]})
    of = frame.groupby(["annotator", "meant"]).size().rename("of")
    pairs = frame[frame["said"] != frame["meant"]].groupby(["annotator", "said", "meant"]).size().rename("times")
    found = pairs.reset_index().join(of, on=["annotator", "meant"])
    found["share"] = found["times"] / found["of"]
    return found.sort_values(["times", "share"], ascending=False, kind="stable", ignore_index=True)[list(PAIR_COLUMNS)]


# -- of an audit ----------------------------------------------------------------------------------------


def heard(audit: Audit) -> Votes:
    """Return the votes on the audited examples, whose numbers are positions; kept, since every view asks for them."""
    if "votes" not in audit.memo:
        found = votes(audit.dataset)
        place = np.full(len(audit.dataset), -1)
        place[audit.rows] = np.arange(len(audit.rows))
        every = found.ratings
        kept = every.without(np.flatnonzero(place[every.item] < 0))
        ratings = replace(kept, item=place[kept.item], n_items=len(audit.rows))
        audit.memo["votes"] = replace(found, ratings=ratings)
    known: Votes = audit.memo["votes"]
    return known


def dissented(audit: Audit, annotator: str) -> np.ndarray:
    """Say about which audited examples somebody said something else than what is likeliest, shape (n,).

    Nobody did where the data has no annotators, or none of that name.
    """
    different = np.zeros(len(audit.rows), dtype=bool)
    if audit.dataset.value_type != "votes":
        return different
    found = heard(audit)
    if annotator in found.annotators:
        own = found.ratings.annotator == found.annotators.index(annotator)
        item, label = found.ratings.item[own], found.ratings.label[own]
        different[item] = label != audit.outputs["pred_probs"][item].argmax(axis=1)
    return different


def pairs(audit: Audit) -> pd.DataFrame:
    """List the classes that each annotator confuses, by name; see `confused`."""
    found, names = heard(audit), np.array(audit.dataset.class_names, dtype=object)
    table = confused(found.ratings, audit.outputs["pred_probs"].argmax(axis=1))
    who = np.array(found.annotators, dtype=object)
    return table.assign(annotator=who[table["annotator"]], said=names[table["said"]], meant=names[table["meant"]])


def ranked(audit: Audit) -> pd.DataFrame:
    """Rank the annotators, the least reliable first.

    Returns
    -------
    DataFrame with the columns `COLUMNS`
        ``quality`` (see `qualities`), ``agreement`` (with others on the same examples), ``disputed`` (how many of their
        labels are not what is likeliest), the pair that they confuse most (``said`` for what is ``meant``, so many
        ``times``; empty for none) and a ``note`` where there is little to go by.
    """
    found = heard(audit)
    ratings = found.ratings
    best = audit.outputs["pred_probs"].argmax(axis=1)
    worst = pairs(audit).drop_duplicates("annotator").set_index("annotator")[["said", "meant", "times"]]
    table = pd.DataFrame(
        {
            "annotator": list(found.annotators),
            "ratings": ratings.per_annotator,
            "quality": audit.outputs["annotator_quality"],
            "agreement": ratings.agreement,
            "disputed": np.bincount(
                ratings.annotator, best[ratings.item] != ratings.label, ratings.n_annotators
            ).astype(np.int64),
        }
    ).join(worst, on="annotator")
    table[["said", "meant"]] = table[["said", "meant"]].fillna("")
    table["times"] = table["times"].fillna(0).astype(np.int64)
    few = table["ratings"] < FEW
    table["note"] = np.where(few, [f"{n:,} of at least {FEW} ratings: too few to say" for n in table["ratings"]], "")
    table = table[table["ratings"] > 0]
    return table.sort_values("quality", kind="stable", ignore_index=True)[list(COLUMNS)]


def to_ask(audit: Audit, count: int) -> pd.DataFrame:
    """Say about which examples another label would tell most, and whom to ask.

    Parameters
    ----------
    audit : Audit
    count : int

    Returns
    -------
    DataFrame with the columns `ASK_COLUMNS`
        The examples of the lowest ActiveLab ``score`` first, those that were decided on left out, with the number of
        their ``ratings``, the ``likeliest`` label and its ``quality``. The better half of the annotators take turns in
        ``ask``, each with examples that they have not labelled; it is empty where there is none left.
    """
    found, names = heard(audit), audit.dataset.class_names
    ratings, posterior = found.ratings, audit.outputs["pred_probs"]
    quality, score = audit.outputs["annotator_quality"], audit.outputs["ask_score"]
    enough = np.flatnonzero(ratings.per_annotator >= min(FEW, np.median(ratings.per_annotator)))
    turn = enough[np.argsort(-quality[enough], kind="stable")][: max(1, (len(enough) + 1) // 2)].tolist()
    asked = {(int(i), int(a)) for i, a in zip(ratings.item, ratings.annotator, strict=True)}
    open_ = np.flatnonzero(~audit.dataset.verified[audit.units])
    rows = []
    for position in open_[np.argsort(score[open_], kind="stable")][:count].tolist():
        who = next((one for one in turn if (position, one) not in asked), None)
        if who is not None:
            turn = [one for one in turn if one != who] + [who]
        best = int(posterior[position].argmax())
        row = audit.label_issues["id"].iloc[position], float(score[position]), int(ratings.per_item[position])
        rows.append((*row, names[best], float(posterior[position, best]), "" if who is None else found.annotators[who]))
    return pd.DataFrame(rows, columns=list(ASK_COLUMNS))


def consensus_of(audit: Audit) -> pd.DataFrame:
    """List the audited examples with what is likeliest.

    Returns
    -------
    DataFrame of n rows
        ``id``, ``consensus``, ``quality``, ``given`` and ``ratings``.
    """
    posterior, names = audit.outputs["pred_probs"], np.array([*audit.dataset.class_names, ""], dtype=object)
    return pd.DataFrame(
        {
            "id": audit.label_issues["id"],
            "consensus": names[posterior.argmax(axis=1)],
            "quality": posterior.max(axis=1).astype(np.float64),
            "given": names[audit.codes],
            "ratings": heard(audit).ratings.per_item,
        }
    )
