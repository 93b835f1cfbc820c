"""The Noise Sim page's parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit import charts
from labelaudit.drawing import drawn
from labelaudit.errors import LabelauditError
from labelaudit.estimate import estimate
from labelaudit.jobs import Job
from labelaudit.noise import review_curve
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.text import count_of, plural
from labelaudit.ui import heatmap, run, session, visitor
from labelaudit.ui.opened import Opened, open_audit
from labelaudit.ui.scatter import with_intervals
from labelaudit.workspace import Workspace

QUICK = 10  # seconds; what is expected to take longer starts at a press
CURVE_POINTS = 400
MOST_CLASSES = 12
MOST_DRAWN = 4000  # points


@dataclass(frozen=True)
class Side:
    """An audit, and what `labelaudit.selection.points` returns of it."""

    audit: Audit
    points: pd.DataFrame


@dataclass(frozen=True)
class Simulation:
    """An audit, the same with planted errors, and which they are.

    Parameters
    ----------
    before, after : Side
    planted : ndarray of shape (n,), bool
        Of the audited units.
    review : DataFrame
        See `labelaudit.noise.review_curve`.
    """

    before: Side
    after: Side
    planted: np.ndarray
    review: pd.DataFrame


def controls(opened: Opened) -> tuple[float, str, int]:
    """How much noise, of which kind, and which draw."""
    task = TASKS[opened.dataset.task]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = f"Plant errors in this share of the {plural(task.counted)}"
        percent = st.slider(title, 5, 50, 20, 5, format="%d%%", key="sim-fraction", width=420)
        kinds = task.noises
        kind = st.segmented_control(
            "Changed",
            list(kinds),
            default=next(iter(kinds)),
            format_func=kinds.__getitem__,
            key="sim-kind",
            required=True,
        )
        seed = st.number_input("Seed", 0, 9999, 0, key="sim-seed", width=110, help="Another number plants other errors")
    return percent / 100, str(kind), int(seed)


def simulate(opened: Opened, fraction: float, kind: str, seed: int) -> Simulation | None:
    """Audit the noised labels in the worker, or show how far that is.

    Returns
    -------
    Simulation or None
        None while it runs or where it failed.
    """
    here = visitor.workspace()
    try:
        audit_id, planted = _planted(here.owner, opened.audit.id, fraction, kind, seed, opened.audit)
    except LabelauditError as error:
        session.show_error(error)
        return None
    _withdraw_last(audit_id)
    try:
        if not here.is_done(audit_id):
            _watch(opened, audit_id, int(planted.sum()))
            return None
        after, table = open_audit(here.owner, audit_id)
    except LabelauditError as error:
        session.show_error(error)
        _again(audit_id, "Try again")
        return None
    review = review_curve(table["score"].to_numpy(), planted)
    return Simulation(Side(opened.audit, opened.plain), Side(after, table), planted, review)


@st.cache_resource(max_entries=4, show_spinner="Planting errors …")
def _planted(owner: str, audit_id: str, fraction: float, kind: str, seed: int, _audit: Audit) -> tuple[str, np.ndarray]:
    """Plant errors and request the audit of them; return its id, and which units they are."""
    # Of a sample the same rows are audited again: with other labels another one would be drawn. Nor are errors
    # planted in images that can't be read.
    examples = _audit.outputs["rows"]
    dataset = _audit.dataset if len(examples) == len(_audit.dataset) else _audit.dataset.take(examples)
    config = _audit.config.model_copy(update={"max_rows": None})
    noised, planted = TASKS[dataset.task].plant(
        dataset, fraction, kind, seed=seed, confident_joint=_audit.confident_joint
    )
    return Workspace(owner).request(noised, config, listed=False), planted


def _withdraw_last(audit_id: str) -> None:
    """Cancel the simulation before this one where it is still under way: nobody waits for it any more."""
    last: Job | None = st.session_state.get("simulated")
    if last is not None and last.work.id != audit_id:
        session.jobs().cancel(last)


def _watch(opened: Opened, audit_id: str, planted: int) -> None:
    """Start the simulation, at a press where it is long, and show how it goes."""
    job = session.job(audit_id)
    if job is None or job.state == "done":
        ahead = estimate(opened.dataset, opened.audit.config)
        if ahead.seconds >= QUICK:
            _offer(audit_id, f"Plant {count_of(planted, 'error')} and audit ({ahead})")
            return
        job = session.resume(audit_id)
    st.session_state["simulated"] = job
    if job.active:
        st.caption(f"Auditing the data with {planted:,} wrong labels planted.")
        run.progress(job)
        return
    if job.state == "failed":
        session.show_error(job.work.error)
    else:
        st.caption("Cancelled. Going on starts from what was finished.")
    _again(audit_id, "Try again" if job.state == "failed" else "Go on")


def _offer(audit_id: str, label: str) -> None:
    """Start the simulation at a press."""
    st.caption("The data with the planted errors is audited as a whole: that takes as long as the first audit did.")
    if st.button(label, type="primary", icon=":material/play_arrow:", key="sim-go"):
        session.resume(audit_id)
        st.rerun()


def _again(audit_id: str, label: str) -> None:
    if st.button(label, key="sim-again") and run.go_on(audit_id):
        st.rerun()


def headline(simulation: Simulation) -> None:
    """The result as a sentence."""
    n_planted = int(simulation.planted.sum())
    depth = min(1000, n_planted)
    found = simulation.review["found"].iloc[depth - 1]
    audit = simulation.before.audit
    st.html(
        f'<div class="la-hero">With errors planted in {_noise(audit, simulation.planted)}, the first {depth:,} reviews '
        f"would find {found:,} planted errors: {found / n_planted:.0%} of all, and {found / depth:.0%} of the "
        "reviews hit one.</div>"
    )
    st.caption(
        (f"Errors were planted in {audit.sample}. " if audit.sample else "")
        + "This tells how well planted errors are found in your data, and no more: real errors can be harder. Errors "
        "that were in the labels before count as reviews that found nothing."
    )


def _noise(audit: Audit, planted: np.ndarray) -> str:
    """Say which share was made wrong, in the unit of the slider."""
    task, labelled = TASKS[audit.dataset.task], audit.label_issues["given"].notna().to_numpy()
    harmed, known, more = int(planted.sum()), int(labelled.sum()), ""
    if task.one_each:
        more = f" ({harmed:,} of {known:,} {task.unit}s)"
        harmed, known = (len(np.unique(audit.rows[units])) for units in (planted, labelled))
    return f"{harmed / known:.0%} of the {count_of(known, task.counted)}{more}"


def curve(simulation: Simulation) -> None:
    """Precision and recall by review depth."""
    thin = np.unique(np.linspace(0, len(simulation.review) - 1, CURVE_POINTS).astype(int))
    table = simulation.review.iloc[thin]
    perfect = np.minimum(1, table["reviewed"] / max(1, int(simulation.planted.sum())))
    unit = TASKS[simulation.before.audit.dataset.task].unit
    chart = charts.review_curve(table.assign(perfect=perfect), unit=unit)
    st.altair_chart(chart, alt="Precision and recall by review depth")


def depths(simulation: Simulation) -> None:
    """The same as numbers, at depths a person would stop at, and for the suspects."""
    n_planted, n = int(simulation.planted.sum()), len(simulation.planted)
    unit = TASKS[simulation.before.audit.dataset.task].unit
    steps = sorted({d for d in (50, 100, 250, 500, 1000, 2500, 5000, n_planted) if d <= n})
    table = simulation.review.iloc[[d - 1 for d in steps]]
    st.dataframe(
        table.assign(precision=100 * table["precision"], recall=100 * table["recall"]).set_index("reviewed"),
        height=35 * (len(steps) + 1) + 3,
        column_config={
            "found": st.column_config.NumberColumn("planted found", format="localized"),
            "reviewed": st.column_config.NumberColumn(f"{plural(unit)} reviewed", format="localized"),
            "precision": st.column_config.NumberColumn("precision, %", format="%.1f"),
            "recall": st.column_config.NumberColumn("recall, %", format="%.1f"),
        },
    )
    flagged = simulation.after.points["is_issue"].to_numpy()
    hits = int((flagged & simulation.planted).sum())
    st.markdown(
        f"Of the **{int(flagged.sum()):,} suspects**, {hits:,} are planted ({hits / max(1, flagged.sum()):.1%}); they "
        f"hold {hits / max(1, n_planted):.1%} of all planted errors."
    )


def compare(simulation: Simulation) -> None:
    """Health, heatmap and scatter, without and with the planted errors."""
    columns = st.columns(2, gap="large")
    sides = {"As it is": simulation.before, "With planted errors": simulation.after}
    for column, (title, side) in zip(columns, sides.items(), strict=True):
        with column:
            manifest = side.audit.manifest
            st.metric(
                title,
                f"health {manifest['health']['overall_label_health_score']:.1%}",
                f"{manifest['counts']['suspects']:,} suspects",
                delta_color="off",
                delta_arrow="off",
            )
            _heatmap(side.audit, simulation)
            _scatter(side, simulation)


def _heatmap(audit: Audit, simulation: Simulation) -> None:
    """Draw the first of the task's heatmaps, if it has some; the rows of both sides stand in one order."""
    grids, after = (TASKS[audit.dataset.task].heatmaps(side) for side in (audit, simulation.after.audit))
    if not isinstance(grids, str) and not isinstance(after, str):
        cells = heatmap.cells_of(grids[0], after[0].order[:MOST_CLASSES], Selection())
        chart = heatmap.chart(audit.dataset.task, grids[0], cells, side=380)
        st.altair_chart(chart, width="content", alt=grids[0].title)


def _scatter(side: Side, simulation: Simulation) -> None:
    planted = side is simulation.after and simulation.planted
    status = np.where(planted, "error", np.where(side.points["is_issue"], "suspect", "not suspected"))
    table = with_intervals(side.audit, side.points.assign(status=pd.Series(status, dtype=object)))
    task = TASKS[side.audit.dataset.task]
    dots, bins = drawn(side.audit.dataset, table, all_up_to=MOST_DRAWN, most=MOST_DRAWN, bounds=task.axes.bounds)
    st.altair_chart(
        task.charts()["scatter"](dots, pd.DataFrame(), bins, height=320, brush=False),
        alt="Scatter, planted errors as red crosses",
    )
