"""What Health shows of labels that are classes: the weakest, all of them ranked, the pairs that are confused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelaudit import health
from labelaudit.labels import encode
from labelaudit.panels import Card, Column, Link, Links, Ranking

if TYPE_CHECKING:
    from labelaudit.audit import Audit

AT_RISK = 0.8  # a class of which more than every fifth label is likely wrong
MOST_PAIRS = 8


def weakest(audit: Audit) -> Card:
    """The class of the lowest label quality."""
    from labelaudit.selection import Selection

    worst = audit.per_class.iloc[0]
    n_risk = int((audit.per_class["label_quality"] < AT_RISK).sum())
    risk = "1 class" if n_risk == 1 else f"{n_risk} classes"
    return Card(
        "Weakest class",
        str(worst["class"]),
        f"quality {worst['label_quality']:.1%}; {risk} at risk (under {AT_RISK:.0%}).",
        "the lowest label quality score",
        Link(
            f"Show its {int(worst['suspects']):,} suspects",
            Selection(suspects=True, given=encode(audit.dataset.classes[int(worst["code"])])),
            key="weakest",
        ),
    )


def ranking(audit: Audit) -> Ranking:
    """All classes, each with the way to its suspects."""
    from labelaudit import charts
    from labelaudit.selection import Selection

    return Ranking(
        title="Label quality by class",
        what="class",
        table=audit.per_class,
        columns={
            "label_quality": Column("quality", "share"),
            "noise_out": Column("wrong", "percent", "noise out: given wrongly"),
            "noise_in": Column("missing", "percent", "noise in: missing from it"),
            "examples": Column("examples", "count"),
            "suspects": Column("suspects", "count"),
            "missing": Column("suggested", "count", "suspects that are given another class"),
        },
        sorts={
            "noise_out": "given wrongly",
            "noise_in": "missing",
            "label_quality": "quality",
            "suspects": "suspects",
        },
        ascending=frozenset({"label_quality"}),
        selections={
            name: Selection(suspects=True, either=encode(value))
            for name, value in zip(audit.dataset.class_names, audit.dataset.classes, strict=True)
        },
        chart=charts.per_class,
        alt="Bars: the share of each class that was given wrongly, and that is missing from it",
    )


def pairs(audit: Audit) -> Links:
    """The class pairs that overlap most, each with the way to its suspects."""
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
                f"about {pair['examples']:,}, {count:,} suspects",
                f"pair-{codes[0]}-{codes[1]}",
            )
        )
    return Links(
        "Pairs that are confused",
        "Estimated examples given the first class that are the second. A click selects the pair's suspects.",
        links,
        "No class is confidently taken for another.",
        ("pages/4_Heatmap.py", "All pairs as a heatmap"),
    )
