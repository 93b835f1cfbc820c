"""What Health shows of annotators: how reliable each is, what they confuse, and whom to ask about what next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import annotators
from labelaudit.crowd import summed
from labelaudit.labels import encode
from labelaudit.panels import Card, Column, Link, Links, Ranking
from labelaudit.tasks import classes
from labelaudit.tasks.grids import Grid, confusions
from labelaudit.text import count_of

if TYPE_CHECKING:
    from labelaudit.result import Audit
    from labelaudit.selection import Selection

MOST_PAIRS, MOST_ASKED = 8, 8


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures that Health shows, and the accuracy of the consensus so far against all votes, weighed."""
    from labelaudit import annotator_charts
    from labelaudit.selection import Selection

    table, pairs = annotators.ranked(audit), annotators.pairs(audit)
    worst = table.iloc[0]
    ratings = annotators.heard(audit).ratings
    several = (ratings.per_item > 1).mean()
    known, likeliest = audit.codes >= 0, audit.outputs["pred_probs"].argmax(axis=1)
    agreement = float(np.average(ratings.agreement, weights=ratings.per_annotator))
    links = [
        Link(
            f"{row['annotator']}: {row['said']} for {row['meant']}",
            Selection(annotator=row["annotator"], given=encode(audit.dataset.class_by_name[row["meant"]])),
            f"{row['times']:,} of {row['of']:,} times ({row['share']:.0%})",
            f"confusion-{number}",
        )
        for number, row in enumerate(pairs.head(MOST_PAIRS).to_dict("records"))
    ]
    asked = [
        Link(
            f"{row['id']}",
            Selection(ids=(str(row["id"]),)),
            f"{count_of(row['ratings'], 'rating')}, {row['likeliest']} likeliest ({row['quality']:.0%}); ask "
            f"{row['ask'] or 'somebody new'}",
            f"ask-{number}",
        )
        for number, row in enumerate(annotators.to_ask(audit, MOST_ASKED).to_dict("records"))
    ]
    columns = {
        "quality": Column("quality", "share", "how often their labels are right, as far as can be told"),
        "ratings": Column("ratings", "count"),
        "disputed": Column("disputed", "count", "their labels that are not what is likeliest"),
        "agreement": Column("agree", "percent", "how often others say the same of the same item"),
        "said": Column("says most often"),
        "meant": Column("for"),
        **({"note": Column("note")} if table["note"].any() else {}),
    }
    return {
        **audit.manifest["health"],
        "consensus_accuracy": float((audit.codes[known] == likeliest[known]).mean()),
        "health_words": f"by what the annotators, weighed,{' and the model' * ('model' in audit.outputs)} say",
        "health_help": "the mean probability that the label is right, as sure as held-out votes show it to be",
        "agreement_words": (
            f"Two annotators of the same item agree in {agreement:.0%} of the cases; {several:.0%} of the items have "
            "several ratings."
        ),
        "annotators": table,
        "pairs": pairs,
        "card": Card(
            "Least reliable annotator",
            str(worst["annotator"]),
            f"right in {worst['quality']:.0%} of {count_of(worst['ratings'], 'rating')}, as far as can be told. "
            f"{worst['note']}",
            link=Link(
                f"Show the {int(worst['disputed']):,} that others see otherwise",
                Selection(annotator=str(worst["annotator"])),
                key="weakest",
            ),
        ),
        "panels": [
            Ranking(
                title="Annotators, the least reliable first",
                what="annotator",
                table=table,
                columns=columns,
                sorts={"quality": "quality", "disputed": "disputed", "ratings": "ratings"},
                ascending=frozenset({"quality"}),
                selections={name: Selection(annotator=name) for name in table["annotator"]},
                chart=annotator_charts.quality,
                alt="Bars: how often each annotator's labels are right",
            ),
            Links(
                "What annotators confuse",
                "Who says the first for the second, and how often where the second is likeliest. A click shows what "
                "they say otherwise of the second.",
                links,
                "Nobody says anything else than what is likeliest.",
            ),
            classes.ranking(audit),
            Links(
                "Ask next",
                "Another label would tell most about these (ActiveLab). A click shows the item; labelaudit annotators "
                "--ask lists as many as you like.",
                asked,
                "Everything is decided.",
            ),
            classes.pairs(audit),
        ],
    }


def heatmaps(audit: Audit) -> list[Grid]:
    """Return the heatmaps of the classes, and one of annotators by class."""
    of_classes = confusions(audit)
    return [*(() if isinstance(of_classes, str) else of_classes), _by_annotator(audit)]


def _by_annotator(audit: Audit) -> Grid:
    """How often each annotator says something else than what is likeliest, by the class that is given."""
    from labelaudit.selection import Selection

    found, classes_ = annotators.heard(audit), audit.dataset.classes
    ratings, given = found.ratings, audit.codes[found.ratings.item]
    labelled = given >= 0
    otherwise = ratings.label != audit.outputs["pred_probs"].argmax(axis=1)[ratings.item]
    shape = ratings.n_annotators, len(classes_)
    rated = summed(ratings.annotator[labelled], given[labelled], None, shape)
    disputed = summed(ratings.annotator[labelled], given[labelled], otherwise[labelled].astype(float), shape)
    names = found.annotators

    def select(row: int, column: int) -> Selection:
        return Selection(annotator=names[row], given=encode(classes_[column]))

    return Grid(
        name="annotators",
        title="Who labels which class otherwise than the others",
        about="of what somebody rated of the column's class, the share that they called something else",
        caption="The least reliable annotators come first; a click on a cell selects what they called otherwise.",
        what="person",
        row="annotator",
        column="given",
        rows=names,
        columns=audit.dataset.class_names,
        values=disputed / np.maximum(rated, 1),
        counts=disputed.astype(np.int64),
        counted="called otherwise",
        suspects=disputed.astype(np.int64),
        muted=disputed == 0,
        select=select,
        order=np.argsort(audit.outputs["annotator_quality"], kind="stable"),
        as_share=True,
    )
