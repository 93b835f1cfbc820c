"""What Health shows of labels that are classes: the weakest, all of them ranked, the pairs that are confused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from labelaudit import health
from labelaudit.labels import encode
from labelaudit.panels import Card, Column, Link, Links, Ranking
from labelaudit.text import count_of

if TYPE_CHECKING:
    from labelaudit.result import Audit
    from labelaudit.selection import Selection

AT_RISK = 0.8  # a class of which more than every fifth label is likely wrong
MOST_PAIRS = 8


def said_of_model(agreement: float) -> dict[str, Any]:
    """Say whose estimate Health shows, and how often the model agrees with the labels."""
    return {
        "health_words": "by the estimate of Confident Learning",
        "health_help": "cleanlab's overall label health score",
        "agreement": agreement,
        "agreement_words": (
            f"The model, which never saw them, agrees with {agreement:.0%} of the labels: the higher, the more of the "
            "suspects are right."
        ),
    }


def given(audit: Audit, code: int) -> Selection:
    """Select the suspects that are given a class."""
    from labelaudit.selection import Selection

    return Selection(suspects=True, given=encode(audit.dataset.classes[code]))


def either(audit: Audit, code: int) -> Selection:
    """Select the suspects that are given a class, or for which it is suggested."""
    from labelaudit.selection import Selection

    return Selection(suspects=True, either=encode(audit.dataset.classes[code]))


def weakest(audit: Audit, of: Callable[[Audit, int], Selection] = given, word: str = "class") -> Card:
    """The class of the lowest label quality, and the way to its suspects.

    Parameters
    ----------
    audit : Audit
    of : callable
        ``(audit, code) -> the suspects of a class``.
    word : str
        What a class is called here.
    """
    worst = audit.per_class.iloc[0]
    n_risk = int((audit.per_class["label_quality"] < AT_RISK).sum())
    risk = count_of(n_risk, word)
    return Card(
        f"Weakest {word}",
        str(worst["class"]),
        f"quality {worst['label_quality']:.1%}; {risk} at risk (under {AT_RISK:.0%}).",
        "the lowest label quality score",
        Link(f"Show its {count_of(int(worst['suspects']), 'suspect')}", of(audit, int(worst["code"])), key="weakest"),
    )


def ranking(audit: Audit, of: Callable[[Audit, int], Selection] = either, word: str = "class") -> Ranking:
    """All classes, each with the way to its suspects; the parameters are those of `weakest`."""
    from labelaudit import charts

    return Ranking(
        title=f"Label quality by {word}",
        note=f"Each suspect counts at the {word} given, and as suggested at the one meant; a click selects both.",
        what=word,
        table=audit.per_class.rename(columns={"class": word}),
        columns={
            "label_quality": Column("quality", "share"),
            "noise_out": Column("wrong", "percent", "noise out: given wrongly"),
            "noise_in": Column("missing", "percent", "noise in: missing from it"),
            "examples": Column("examples", "count"),
            "suspects": Column("suspects", "count", f"flagged labels that are given this {word}"),
            "missing": Column("suggested", "count", f"suspects given another {word}, for which this one is suggested"),
        },
        sorts={
            "noise_out": "given wrongly",
            "noise_in": "missing",
            "label_quality": "quality",
            "suspects": "suspects",
        },
        ascending=frozenset({"label_quality"}),
        selections={
            str(name): of(audit, int(code))
            for name, code in zip(audit.per_class["class"], audit.per_class["code"], strict=True)
        },
        chart=partial(charts.per_class, word=word),
        alt=f"Bars: the share of each {word} that was given wrongly, and that is missing from it",
    )


def pairs(audit: Audit, word: str = "class") -> Links:
    """The pairs of classes that overlap most, each with the way to its suspects."""
    from labelaudit.selection import cell

    names, classes = list(audit.dataset.class_names), audit.dataset.classes
    rows = audit.label_issues
    suspects = rows[rows["is_issue"]].groupby(["given", "suggested"]).size()
    links = []
    overlaps = health.overlaps(audit.joint, names, int((audit.codes >= 0).sum())).head(MOST_PAIRS)
    for pair in overlaps.to_dict("records"):
        codes = pair["given_code"], pair["suggested_code"]
        chosen = cell(classes[codes[0]], classes[codes[1]])
        count = int(suspects.get((chosen.given, chosen.suggested), 0))
        links.append(
            Link(
                f"{pair['given']} → {pair['suggested']}",
                chosen if count else None,
                f"about {pair['examples']:,}, {count_of(count, 'suspect')}",
                f"pair-{codes[0]}-{codes[1]}",
            )
        )
    return Links(
        "Pairs that are confused",
        f"Estimated: what is given the first {word} and is the second. A click selects the pair's suspects.",
        links,
        f"No {word} is confidently taken for another.",
        ("pages/4_Heatmap.py", "All pairs as a heatmap"),
    )
