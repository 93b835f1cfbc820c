"""The Audit page's parts: the choices, the progress, the result."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from labelaudit.confident import FILTERS, SCORES
from labelaudit.config import AuditConfig
from labelaudit.consensus import METHODS
from labelaudit.dataset import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.estimate import estimate
from labelaudit.heads import YOURS, words
from labelaudit.jobs import Job
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.text import plural
from labelaudit.ui import cards, session, visitor
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.vision import BACKBONES

EMBEDDERS = {
    "auto": "the best that can be had (automatic)",
    **{name: backbone.title for name, backbone in BACKBONES.items()},
    "hog": "HOG and colour histograms, without a network",
}
HUB_NAME = re.compile(r"|\w[\w.-]*(/\w[\w.-]*)?")  # of a model; never a path
STEPS = {
    "audit": {
        "features": "Features",
        "neighbours": "Nearest neighbours",
        "folds": "Models, each trained without one fold",
        "issues": "Issues",
    },
    "map": {"umap": "Loading UMAP, which compiles itself", "graph": "Graph of neighbours", "layout": "Layout"},
}
DOING = {"audit": "Auditing", "map": "Making the map"}


def requested() -> dict[str, Any] | None:
    """Return what is to be audited, or None."""
    audit_id = session.current()
    try:
        return visitor.workspace().record(audit_id) if audit_id else None
    except LabelauditError as error:
        session.show_error(error)
        return None


def choices(dataset: Dataset, chosen: AuditConfig, key: str) -> AuditConfig:
    """Draw the choices, folded.

    Parameters
    ----------
    dataset : Dataset
    chosen : AuditConfig
        What is preselected.
    key : str
        Prefix of the widgets' keys.
    """
    with st.expander("Choices (the defaults are good)", icon=":material/tune:"):
        own = _own_choices(dataset, chosen, key)
        one, two, three, four = st.columns(4, vertical_alignment="bottom")
        folds = one.number_input("Folds", 2, 50, chosen.folds, key=f"{key}-folds")
        seed = two.number_input("Seed", 0, 2**32 - 1, chosen.seed, key=f"{key}-seed")
        max_rows = three.number_input(
            "At most so many rows",
            min(10, len(dataset)),
            len(dataset),
            min(chosen.max_rows or len(dataset), len(dataset)),
            key=f"{key}-rows-{dataset.data_fingerprint[:8]}",
            help="Fewer: a sample that keeps class shares.",
        )
        if "calibrate" in TASKS[dataset.task].choices:
            own["calibrate"] = four.toggle(
                "Calibrate", chosen.calibrate, key=f"{key}-calibrate", help="Platt scaling; three times the time"
            )
        embedder = _embedder(dataset, chosen, key)
    return AuditConfig(
        **own,
        folds=int(folds),
        seed=int(seed),
        max_rows=int(max_rows) if max_rows < len(dataset) else None,
        embedder=embedder,
    )


def _place(values: Sequence[str], wanted: str) -> int:
    """Find what was chosen for another kind of label, perhaps; the first where it is none of these."""
    return values.index(wanted) if wanted in values else 0


def _own_choices(dataset: Dataset, chosen: AuditConfig, key: str) -> dict[str, Any]:
    """Draw the choices that not every kind of label has."""
    fields = {
        "model": ("Model", ("auto", *TASKS[dataset.task].models), None),
        "filter_by": (
            "Filter: when a label is flagged",
            FILTERS,
            "cleanlab's rules. Prune by noise rate: as many as the confident joint estimates, the worst first.",
        ),
        "score": ("Score: how suspects are ranked", SCORES, None),
        "consensus": (
            "Consensus: how annotators are weighed",
            METHODS,
            "Auto: Dawid and Skene's method, with a model that learns from it where there are features. GLAD is slow.",
        ),
    }
    wanted = [name for name in fields if name in TASKS[dataset.task].choices]
    made: dict[str, Any] = {}
    for name, place in zip(wanted, st.columns(len(wanted)) if wanted else (), strict=True):
        title, values, help = fields[name]
        made[name] = place.selectbox(
            title, values, _place(values, getattr(chosen, name)), format_func=_words, key=f"{key}-{name}", help=help
        )
    return made


def _embedder(dataset: Dataset, chosen: AuditConfig, key: str) -> str:
    """Draw the choice of what turns images or texts into numbers; a table needs nothing."""
    if dataset.modality == "image":
        # A file of weights, by the command line or by a folder on one's own machine, is a choice like the others.
        titles = {**EMBEDDERS, **({} if chosen.embedder in EMBEDDERS else {chosen.embedder: chosen.embedder})}
        return st.selectbox(
            "Embedder: what turns an image into numbers",
            list(titles),
            list(titles).index(chosen.embedder),
            format_func=titles.__getitem__,
            key=f"{key}-embedder",
            help="Networks need their weights: here already, downloaded, or in the folder TORCH_HOME. Without them, "
            "the automatic choice takes HOG, and says so.",
        )
    if dataset.modality == "text":
        where = "" if settings().public else ", or the folder of one"
        typed = st.text_input(
            "Embedder: what turns a text into numbers",
            "" if chosen.embedder == "auto" else chosen.embedder,
            placeholder=f"TF-IDF; or the name of a sentence-transformers model{where}",
            key=f"{key}-embedder",
            help="all-MiniLM-L6-v2, say: slower than TF-IDF, and it knows which words mean the same.",
        ).strip()
        if settings().public and not HUB_NAME.fullmatch(typed):
            st.error("This is not the name of a model, which is like all-MiniLM-L6-v2; TF-IDF is used.")
            return "auto"
        return typed or "auto"
    return "auto"


def go(dataset: Dataset, config: AuditConfig, key: str, *, possible: bool = True) -> None:
    """Draw the button that starts the audit, and what will run."""
    rows = config.max_rows or len(dataset)
    ahead = estimate(dataset, config) if possible else None
    label = f"Audit these {rows:,} rows" if rows == len(dataset) else f"Audit a sample of {rows:,} rows"
    label += f" ({ahead})" if ahead else ""
    pressed = st.button(label, type="primary", icon=":material/play_arrow:", key=f"{key}-go", disabled=not possible)
    if ahead is None:
        st.caption("No audit can run; see what we noticed.")
        return
    rule = f", {_words(config.filter_by)}" if "filter_by" in TASKS[dataset.task].choices else ""
    st.caption(f"Will run {_models(ahead.heads, ahead.why, config.folds)}{rule}.")
    if pressed:
        launch(dataset, config)


@st.fragment(run_every=0.5)
def progress(job: Job) -> None:
    """Show the steps of a running audit or map, what is left of each, and a way to stop it."""
    if not job.active:
        st.rerun(scope="app")
    with st.container(border=True, height=380):
        if job.state == "queued":
            _waiting(session.jobs().place(job), session.jobs().starts_in(job))
        else:
            left = job.work.remaining()
            eta = f", about {_seconds(left)} left" if left is not None else ""
            st.subheader(f"{DOING[job.work.kind]} · {_seconds(time.time() - job.work.started)}{eta}")
            for name, title in STEPS[job.work.kind].items():
                _step(title, job.work.steps.get(name))
        if st.button("Cancel", icon=":material/stop_circle:", key="cancel"):
            session.jobs().cancel(job)
            st.rerun(scope="app")


def _waiting(place: int, starts_in: float | None) -> None:
    st.subheader(f"Waiting for a worker · place {place:,} in the queue" if place else "Waiting for a worker")
    audits = "1 audit has" if place == 1 else f"{place:,} audits have"
    when = f", in about {_seconds(starts_in)}" if starts_in is not None else ""
    if place:
        st.write(f"{audits} to end before this one starts{when}.")
    st.write("You can close this tab and come back.")


def _step(title: str, state: tuple[float, float, float] | None) -> None:
    if state is None:
        st.progress(0.0, text=f"{title}: waiting")
        return
    done, total, since = state
    if done >= total:
        st.progress(1.0, text=f"{title}: done")
    else:
        seconds = time.time() - since
        of = f"{done:,.0f} of {total:,.0f}, " if total > 1 else ""
        pace = f", {done / seconds:,.0f} a second" if done >= 100 and seconds >= 1 else ""
        st.progress(done / total, text=f"{title}: {of}{_seconds(seconds)}{pace}")


def unfinished(record: dict[str, Any], job: Job | None) -> None:
    """Say why there is no result, and offer to go on."""
    with st.container(border=True):
        if job is not None and job.state == "failed":
            st.subheader("The audit could not be done")
            session.show_error(job.work.error)
        elif job is not None and job.state == "cancelled":
            st.subheader("Cancelled")
            st.write("What was finished is kept; going on starts from there.")
        else:
            st.subheader("This audit was interrupted")
            st.write(
                "The server was stopped before it was done, or had no room for it. Finished folds are kept; going on "
                "starts from there."
            )
        failed = job is not None and job.state == "failed"
        pressed = st.button("Try again" if failed else "Go on", type="secondary" if failed else "primary", key="resume")
        if pressed and go_on(record["id"]):
            st.rerun()
        st.page_link("pages/1_Ingest.py", label="Change the data or its columns", icon=":material/upload_file:")
    if failed:
        again(visitor.workspace().dataset(record["id"]), AuditConfig(**record["config"]))


def go_on(audit_id: str) -> bool:
    """Queue an audit again, or say why that can't be; return whether it could."""
    try:
        session.resume(audit_id)
    except LabelauditError as error:
        session.show_error(error)
        return False
    return True


def require_result(record: dict[str, Any]) -> Opened:
    """Open the result, or say why it can't be read, offer to make it again and end the page."""
    try:
        opened = session.opened()
    except LabelauditError as error:
        session.show_error(error)
        pressed = st.button("Audit again", type="primary", icon=":material/replay:", key="resume")
        if pressed and go_on(record["id"]):
            st.rerun()
        session.write_address()
        st.stop()
    return opened or session.require_audit("what it found")


def result(opened: Opened) -> None:
    """Show the headline, what was run and why, and the five worst examples."""
    manifest = opened.audit.manifest
    suspects, labels = manifest["counts"]["suspects"], len(opened.audit.rows)
    where = f" in {opened.audit.sample}" if opened.audit.sample else ""
    if suspects:
        share = f"{suspects / labels:.1%}"
        st.html(f'<div class="la-hero">We suspect {suspects:,} of {labels:,} labels ({share}){where}.</div>')
    else:
        st.html(f'<div class="la-hero">No label among {labels:,}{where} looks wrong.</div>')
    choices_made, own = manifest["config"], TASKS[opened.dataset.task].choices
    facts = [
        f"Ran {_models(manifest['resolved']['heads'], manifest['resolved']['why'], choices_made['folds'])}",
        _words(choices_made["filter_by"]) if "filter_by" in own else "",
        f"ranked by {_words(choices_made['score'])}" if "score" in own else "",
        f"seed {choices_made['seed']}",
    ]
    st.caption(f"{', '.join(filter(None, facts))}. Took {_seconds(manifest['seconds'])}.")
    if manifest["resolved"].get("embedder") == "hog" and choices_made["embedder"] == "auto":
        st.warning(
            "No network looked at these images, because none could be had (the reason stands below): expect more false "
            "suspects, and weaker evidence, than with one.",
            icon=":material/warning:",
        )
    for note in manifest["notes"]:
        st.caption(f":material/info: {plain(visitor.sentence(note))}")
    with st.container(horizontal=True):
        if st.button("See the health of the labels", type="primary", icon=":material/monitor_heart:", key="to-health"):
            st.switch_page("pages/3_Health.py")
        if opened.dataset.classes and st.button(
            f"Which {plural(TASKS[opened.dataset.task].word)} are confused", icon=":material/grid_on:", key="to-heatmap"
        ):
            st.switch_page("pages/4_Heatmap.py")
    if suspects:
        cards.strip(opened, most=5, per_row=5, main=False)


def again(dataset: Dataset, config: AuditConfig) -> None:
    """Offer other choices for the same data."""
    st.divider()
    st.markdown("**Audit again with other choices**")
    go(dataset, choices(dataset, config, "again"), "again")


def launch(dataset: Dataset, config: AuditConfig) -> None:
    """Start an audit and go where it is shown; what was computed before is shown at once."""
    try:
        session.start(dataset, config)
    except LabelauditError as error:
        session.show_error(error)
        return
    st.switch_page("pages/2_Audit.py")


def _models(heads: Iterable[str], why: str, folds: int) -> str:
    heads = list(heads)
    return f"{words(heads)} ({why})" + (f", {folds} folds" if heads and YOURS not in heads else "")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
