"""What one browser session is looking at: workspace, audit, selection, order; and the address that restores it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import streamlit as st
from joblib import cpu_count

from labelaudit import slices
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.jobs import Job, Jobs
from labelaudit.ordering import detectors_of, orders_of
from labelaudit.result import Audit
from labelaudit.reviewers import second_opinions
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.store import Slice
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened, open_audit
from labelaudit.ui.visitor import reviewer as reviewer
from labelaudit.ui.visitor import sentence, workspace

LONGEST_IN_ADDRESS = 1500  # characters of a selection; browsers and mail cut longer links
MIXES = ("5", "10", "20")  # of so many places, one may be of the random sample
STORED = "~"  # how the name of a stored selection begins, which is JSON otherwise


@st.cache_resource(show_spinner=False)
def _jobs(cache: Path) -> Jobs:
    made = Jobs(cache, settings().workers or max(1, cpu_count() // 2), settings().max_waiting)
    made.warm_up()
    return made


def jobs() -> Jobs:
    """Return the server's queue of audits, a worker started."""
    return _jobs(settings().cache_dir)


def job(audit_id: str) -> Job | None:
    """Return what became of this visitor's wish for an audit."""
    return jobs().get(audit_id, workspace().owner)


def restore() -> None:
    """Take audit and selection from the address, once per session: after a reload or from a link."""
    if st.session_state.setdefault("restored", False):
        return
    st.session_state["restored"] = True
    audit_id, data = st.query_params.get("audit", ""), st.query_params.get("data", "")
    try:
        if data:
            st.session_state["draft"] = workspace().kept(data)
        if audit_id:
            workspace().record(audit_id)
            st.session_state["audit"] = audit_id
            st.session_state["rank"] = st.query_params.get("rank", "")
            st.session_state["mix"] = int(st.query_params["mix"]) if st.query_params.get("mix") in MIXES else 0
            st.session_state["blind"] = st.query_params.get("stage", "") == "second"
            st.session_state["selection"] = Selection.from_text(_long_text(st.query_params.get("sel", "")))
            if "slice" in st.query_params:
                open_slice(_slice_of(audit_id, st.query_params["slice"]))
    except LabelauditError as error:
        st.session_state["message"] = str(error)


def _slice_of(audit_id: str, name: str) -> Slice:
    """Find the slice that an address names."""
    here = workspace()
    audit, _ = open_audit(here.owner, audit_id)
    own = here.slices.list(audit.dataset.data_fingerprint)
    return slices.find([*own, *slices.built_in(audit)], name)


def _long_text(text: str) -> str:
    """Return what stands in an address, or what was stored because it was too long for one."""
    return workspace().kept_text(text.removeprefix(STORED)) if text.startswith(STORED) else text


def _short_text(text: str) -> str:
    return text if len(text) <= LONGEST_IN_ADDRESS else STORED + workspace().keep_text(text)


def tell(text: str) -> None:
    """Say something from within a callback, where an element would take the place of the page's first one."""
    st.session_state["told"] = text


@contextmanager
def telling() -> Iterator[None]:
    """Say in a sentence what keeps a callback from doing its work, and leave the rest of it out."""
    try:
        yield
    except LabelauditError as error:
        st.session_state["failed"] = str(error)


def show_told() -> None:
    """Show what a callback had to say, once."""
    told, failed = st.session_state.pop("told", ""), st.session_state.pop("failed", "")
    if told:
        st.toast(told)
    if failed:
        show_error(failed)


def show_error(error: LabelauditError | str) -> None:
    """Show what went wrong, in the sentence that says what to do."""
    st.error(plain(sentence(error)), icon=":material/error:")


def show_message() -> None:
    """Show what another page or the address had to say, once."""
    message = st.session_state.pop("message", None)
    if message:
        st.warning(plain(sentence(message)), icon=":material/info:")


def write_address() -> None:
    """Put draft, audit, selection, order and stage into the address; moving between pages drops them.

    A slice stands for its selection and order as long as they are as it has them.
    """
    loaded = draft()
    named: Slice | None = st.session_state.get("slice")
    chosen, order = selection().to_text(), rank()
    if named is not None and (named.selection, named.rank) == (chosen, order):
        chosen = order = ""
    else:
        named = None
    wanted = {
        "data": loaded.fingerprint if loaded is not None else "",
        "audit": current() or "",
        "slice": named.name if named is not None else "",
        "sel": _short_text(chosen),
        "rank": order,
        "mix": str(mix() or ""),
        "stage": "second" if blind() else "",
    }
    wanted = {name: value for name, value in wanted.items() if value}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def draft() -> Dataset | None:
    """Return the data set that Ingest is about, before it is audited."""
    chosen: Dataset | None = st.session_state.get("draft")
    return chosen


def set_draft(dataset: Dataset) -> None:
    """Make a data set the one that Ingest is about; it is kept, so that a reload finds it."""
    st.session_state["draft"] = workspace().keep(dataset)


def current() -> str | None:
    """Return the id of the audit that is looked at."""
    chosen: str | None = st.session_state.get("audit")
    return chosen


def choose(audit_id: str) -> None:
    """Look at an audit, its suspects selected."""
    st.session_state["audit"], st.session_state["rank"] = audit_id, ""
    review("")
    select(Selection(suspects=True))


def start(dataset: Dataset, config: AuditConfig) -> None:
    """Request an audit, queue it and look at it; Ingest keeps the roles that were audited.

    Raises
    ------
    LabelauditError
        The data can't be audited, stored or queued; what was looked at is still open.
    """
    audit_id = workspace().request(dataset, config)
    resume(audit_id)
    st.session_state["draft"] = dataset
    choose(audit_id)


def start_again(dataset: Dataset, before: Audit) -> None:
    """Request an audit by the choices of another, queue it and look at it; what Ingest is about stays.

    Parameters
    ----------
    dataset : Dataset
        The data of that audit with the decisions since.
    before : Audit
        What the new one is compared with.

    Raises
    ------
    LabelauditError
        The data can't be audited, stored or queued; what was looked at is still open.
    """
    audit_id = workspace().request(dataset, before.config, since=before.id)
    resume(audit_id)
    choose(audit_id)


def resume(audit_id: str) -> Job:
    """Queue an audit that was requested before; finished folds are read from the cache."""
    here = workspace()
    record = here.record(audit_id)
    return jobs().submit(audit_id, here.folder / "data" / record["fingerprint"], record["config"], here.owner)


def submit_map(found: Opened, name: str) -> Job:
    """Queue the map of an audit.

    Raises
    ------
    Busy
        As many jobs as may do wait already.
    """
    folder = found.workspace.result_folder(found.audit.id)
    return jobs().submit(name, folder, {}, found.workspace.owner, "map")


def selection() -> Selection:
    """Return what is selected, on all pages."""
    chosen: Selection = st.session_state.setdefault("selection", Selection())
    return chosen


def select(new: Selection) -> None:
    """Select, on all pages; a changed selection starts lists from the top and clears marks in charts."""
    if st.session_state.get("selection") != new:
        st.session_state["selection"] = new
        st.session_state["position"] = None
        redraw()


def open_slice(one: Slice) -> None:
    """Select a slice in its order, on all pages.

    Raises
    ------
    BadInput
        What it selects can't be read.
    """
    chosen = Selection.from_text(one.selection)
    st.session_state["slice"] = replace(one, selection=chosen.to_text())
    if one.rank != rank():
        rank_by(one.rank)
    select(chosen)


def rank() -> str:
    """Return the detector by which the examples are ordered, on all pages; empty for the usual order."""
    chosen: str = st.session_state.setdefault("rank", "")
    return chosen


def rank_by(detector: str) -> None:
    """Order the examples by a detector, on all pages; lists start from the top."""
    st.session_state["rank"] = detector
    st.session_state["position"] = None
    redraw()


def blind() -> bool:
    """Whether this is a second review, in which the reviewer sees nobody else's decisions."""
    return bool(st.session_state.get("blind", False))


def review(stage: str) -> None:
    """Review from now on at this one of `labelaudit.decisions.STAGES`: blind where it is ``second``."""
    st.session_state["blind"] = stage == "second"
    st.session_state["position"] = None
    redraw()


def mix() -> int:
    """Return of how many places in the queue one is of the random sample; 0 for none."""
    chosen: int = st.session_state.setdefault("mix", 0)
    return chosen


def mix_in(every: int) -> None:
    """Mix a random sample into the queue, one in so many places; 0 for none."""
    st.session_state["mix"] = every
    st.session_state["position"] = None


def redraw() -> None:
    """Draw charts and grids afresh, without what is marked or ticked in them."""
    st.session_state["charts"] = st.session_state.get("charts", 0) + 1


def chart_key(name: str) -> str:
    """Key of a chart or grid that changes with every `redraw`."""
    return f"{name}-{current()}-{st.session_state.get('charts', 0)}"


def opened() -> Opened | None:
    """Open the current audit, if there is a finished one.

    Returns
    -------
    Opened or None
        None where no audit was chosen or it is not done.
    """
    audit_id, here = current(), workspace()
    if audit_id is None or not here.is_done(audit_id):
        return None
    audit, table = open_audit(here.owner, audit_id)
    ranked_by = rank() if rank() in (*orders_of(audit), *detectors_of(audit)) else ""  # an address can name any
    decisions = here.log.read(audit.dataset.data_fingerprint)
    if blind():
        decisions = second_opinions(decisions, reviewer())
    return Opened(here, audit, table, decisions, selection(), ranked_by, mix(), blind())


def require_audit(purpose: str) -> Opened:
    """Open the current audit, or say what to do to get one and end the page.

    Parameters
    ----------
    purpose : str
        What the page shows once there is an audit, as the end of "… to see".
    """
    try:
        found = opened()
    except LabelauditError as error:
        show_error(error)
        st.page_link("pages/2_Audit.py", label="Audit again", icon=":material/replay:")
        st.stop()
    if found is not None:
        return found
    with st.container(border=True):
        if current() is None:
            st.subheader("Nothing is audited yet")
            st.write(f"Load a file or a demo, audit it, and come back to see {purpose}.")
            st.page_link("pages/1_Ingest.py", label="Load your data", icon=":material/upload_file:")
        else:
            st.subheader("This audit is not done")
            st.write(f"Run it or wait for it, and come back to see {purpose}.")
            st.page_link("pages/2_Audit.py", label="Go to the audit", icon=":material/play_arrow:")
    write_address()
    st.stop()
