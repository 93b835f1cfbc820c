"""`labelaudit progress`: what a review found, how many real errors are left, and whether to go on."""

from __future__ import annotations

from dataclasses import asdict

from labelaudit.commands.decided import decided
from labelaudit.commands.options import Decisions, Dir, Json
from labelaudit.terminal import print_json, say


def progress(
    folder: Dir,
    decisions: Decisions = None,
    as_json: Json = False,
) -> None:
    """Say how many real errors were found, how many are left, and whether to go on."""
    from labelaudit.decisions import effective
    from labelaudit.ordering import review_order
    from labelaudit.progress import Reviewed, lots_of
    from labelaudit.progress import progress as measure
    from labelaudit.result import Audit
    from labelaudit.selection import points, with_decisions
    from labelaudit.stopping import LEVEL

    found = Audit.open(folder)
    log = decided(found, decisions)
    table = with_decisions(found, points(found), effective(log))
    score = table["score"].to_numpy(dtype=float)
    queue = review_order(table["is_issue"].to_numpy(dtype=bool), score)
    made = measure(Reviewed.of(found, table, log), lots_of(found, table), score, queue)
    if as_json:
        print_json({"audit": found.id, **asdict(made), "level": LEVEL, "stop": made.done})
        return
    for sentence in (*made.sentences(), made.advice):
        say(sentence)
