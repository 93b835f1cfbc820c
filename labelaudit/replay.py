"""Correction replay: how the labels became what they are, in a few frames from before the first decision to now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import confident, health, palette
from labelaudit.decisions import DECIDING, Decision, effective
from labelaudit.drawing import density
from labelaudit.errors import BadInput
from labelaudit.heads import YOURS
from labelaudit.labels import decode, encode
from labelaudit.selection import STATUS
from labelaudit.tasks.classification import fairly_judged

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.result import Audit

MOST_FRAMES, FEWEST_FRAMES = 30, 6
WORK = 12_000_000  # rows times frames; health is computed anew for each frame, a million rows in a second
MOST_POINTS = 1500
MOST_CLASSES = 12  # that can be told apart beside a scatter
BINS = 40
HERE = Path(__file__).parent
CSS, JS = ((HERE / f"replay.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))


def replay(audit: Audit, decisions: Sequence[Decision]) -> dict[str, Any]:
    """Tell what the decisions did to the labels, frame by frame.

    Only what is in force is played, in the order in which it was decided: what was taken back, skipped or decided
    otherwise later is not in it. The figures of a frame are those of Confident Learning with the probabilities of the
    audit and the labels as they are by then; excluded examples no longer count.

    Parameters
    ----------
    audit : Audit
    decisions : sequence of Decision
        The log of this data, in log order.

    Returns
    -------
    dict
        JSON values: ``name``, ``rows``, ``classes`` (the names shown), ``hidden`` (how many are not), ``looks`` (colour
        and shape by status), ``density`` (bins of all examples, before), ``points`` (changed examples: frame, status,
        place before and after, labels in words) and ``frames`` (``decided``, counts by status, ``health``,
        ``agreement``, ``cells``: the confident joint of the classes shown, row by row, ``by`` and ``time``).

    Raises
    ------
    BadInput
        Nobody has decided on anything, or the labels are no classes.
    """
    if "pred_probs" not in audit.outputs or not audit.is_whole:
        raise BadInput("the replay plays how classes change, one for each example; these labels are of another kind.")
    standing = effective(decisions)
    standing = standing[standing["action"].isin(DECIDING)]
    position = audit.positions(standing["id"], standing["part"])
    standing, position = standing[position >= 0], position[position >= 0]
    if standing.empty:
        raise BadInput("there is nothing to play: decide on some examples first.")
    status, after = _outcomes(audit, standing, position)
    most = max(FEWEST_FRAMES, min(MOST_FRAMES, WORK // len(audit.rows)))
    ends = np.unique(np.linspace(0, len(standing), min(most, len(standing) + 1)).round().astype(np.int64))

    pred_probs, codes = audit.outputs["pred_probs"], audit.codes.copy()
    predicted = pred_probs.argmax(axis=1)
    counts = codes >= 0
    heads = audit.manifest["resolved"]["heads"]
    if heads and YOURS not in heads:  # else no model had to be kept from seeing what it judges
        counts &= fairly_judged(audit.codes, audit.outputs["fold"])
    frames, joints = [], []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        now = slice(start, end)
        codes[position[now]] = after[now]
        counts[position[now][(status[now] == "excluded") | (after[now] < 0)]] = False
        labels, known = codes[counts], pred_probs[counts]
        joint, errors = confident.joint_and_errors(labels, known)
        joints.append(joint)
        frames.append(
            {
                "decided": int(end),
                "counts": Counter(status[:end].tolist()),
                "health": round(float(1 - errors.mean()), 5),
                "agreement": round(float((predicted[counts] == labels).mean()), 5),
                "by": standing["actor"].iloc[end - 1] if end else "",
                "time": standing["time"].iloc[end - 1] if end else "",
            }
        )
    shown = _classes(joints)
    names = audit.dataset.class_names
    return {
        "name": audit.dataset.name,
        "rows": len(audit.rows),
        "suspects": int(audit.manifest["counts"]["suspects"]),
        "classes": [names[code] for code in shown],
        "hidden": len(names) - len(shown),
        "looks": {name: palette.STATUS[name] for name in ("suspect", "error", "kept", "excluded", "ambiguous")},
        "density": _density(audit),
        "points": _points(audit, standing, position, status, after, ends),
        "frames": [
            {**frame, "cells": joint[np.ix_(shown, shown)].ravel().tolist()}
            for frame, joint in zip(frames, joints, strict=True)
        ],
    }


def _outcomes(audit: Audit, standing: pd.DataFrame, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The status of each decided example, and the class that it has from then on; -1 for one that is no class yet."""
    place = {encode(value): code for code, value in enumerate(audit.dataset.classes)}
    before = audit.codes[position]
    relabelled = (standing["action"] == "set").to_numpy()
    wanted = standing["after"].map(lambda text: place.get(encode(decode(text)), -1)).to_numpy(dtype=np.int64)
    after = np.where(relabelled, wanted, before)
    status = standing["action"].map(STATUS).to_numpy(dtype=object)
    status[relabelled & ((after != before) | (after < 0))] = "error"
    return status, after


def _classes(joints: Sequence[np.ndarray]) -> np.ndarray:
    """The classes with the most confusion before, or the most change, in an order that keeps confused ones together."""
    first, last = joints[0], joints[-1]
    weight = first * (1 - np.eye(len(first))) + np.abs(last - first)
    chosen = set(np.argsort(-(weight.sum(axis=0) + weight.sum(axis=1)), kind="stable")[:MOST_CLASSES].tolist())
    return np.array([code for code in health.confused_order(first) if code in chosen])


def _plane(pred_probs: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Self-confidence and best other probability, shape (n, 2)."""
    own = pred_probs[np.arange(len(codes)), codes]
    return np.column_stack([own, confident.other_best(codes, pred_probs)])


def _density(audit: Audit) -> list[list[float]]:
    labelled = audit.codes >= 0
    bins = density(_plane(audit.outputs["pred_probs"][labelled], audit.codes[labelled]), BINS)
    return [[round(x, 4), round(y, 4), int(n)] for x, y, n in zip(bins["x0"], bins["y0"], bins["count"], strict=True)]


def _points(
    audit: Audit,
    standing: pd.DataFrame,
    position: np.ndarray,
    status: np.ndarray,
    after: np.ndarray,
    ends: np.ndarray,
) -> list[dict[str, Any]]:
    """The examples that were decided on, evenly thinned; one that had no label comes from nowhere."""
    chosen = np.unique(np.linspace(0, len(position) - 1, min(MOST_POINTS, len(position))).round().astype(np.int64))
    rows, probs = position[chosen], audit.outputs["pred_probs"][position[chosen]]
    before, then = audit.codes[rows], after[chosen]
    # An unknown class has no place of its own: such a point stays where it is.
    old = _plane(probs, np.where(before >= 0, before, then).clip(min=0)).round(3).tolist()
    new = _plane(probs, np.where(then >= 0, then, before).clip(min=0)).round(3).tolist()
    frame = np.searchsorted(ends, chosen + 1)
    named, texts = audit.dataset.name_of, standing["after"].to_numpy()
    given = audit.label_issues["given"].to_numpy()
    return [
        {
            "id": str(audit.dataset.ids[audit.rows[row]]),
            "frame": int(number),
            "status": status[index],
            "from": start,
            "to": end,
            "given": named(given[row]),
            "final": named(texts[index] if status[index] == "error" else given[row]),
        }
        for row, index, number, start, end in zip(rows.tolist(), chosen.tolist(), frame.tolist(), old, new, strict=True)
    ]


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: Canvas; color: CanvasText; }}
{css}
</style>
</head>
<body>
<div class="la-replay"></div>
<script>
{js}
play(document.querySelector(".la-replay"), {data});
</script>
</body>
</html>
"""  # noqa: E501


def page(data: dict[str, Any]) -> bytes:
    """Write a replay as one HTML file that needs nothing else.

    Parameters
    ----------
    data : dict
        What `replay` returns.
    """
    # Names are the user's: nothing in them may end the script, and the player only ever writes them as text.
    text = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    return PAGE.format(title=escape(f"Corrections of {data['name']}"), css=CSS, js=JS, data=text).encode()
