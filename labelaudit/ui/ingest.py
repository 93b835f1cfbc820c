"""The Ingest page's parts."""

from __future__ import annotations

from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from labelaudit import charts
from labelaudit.columns import is_number
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, LabelauditError
from labelaudit.files import writing
from labelaudit.load import archives, cells, hub, read
from labelaudit.load.checks import findings
from labelaudit.load.demos import DEMOS
from labelaudit.load.items import read_with_items
from labelaudit.load.known import Finding
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.text import count_of, plural, shorten
from labelaudit.ui import bring, public, roles, run, session
from labelaudit.ui.blocks import TINY, tiny
from labelaudit.ui.markdown import plain

PREVIEW_ROWS, PREVIEW_COLUMNS, PREVIEW_LENGTH = 50, 60, 300
IMAGE = " "  # the column of small images, whose header stays empty
SEVERITY = {"high": ":material/error:", "medium": ":material/warning:", "low": ":material/info:"}


DEMO_NOISE = 10  # percent; what is preselected


def sources() -> None:
    """The ways to get data in: a file, or a demo with errors planted."""
    st.subheader("Load your data")
    served = settings().public
    stays = f"Nobody else sees it, and it is removed {settings().keep_hours} hours after you last came here."
    uploaded = st.file_uploader(
        "A table, or a ZIP of images",
        key="upload",
        accept_multiple_files=True,
        help=f"{stays if served else 'Stays on this machine.'} CSV, TSV, JSONL, Parquet, Arrow or XLSX: one row per "
        "example, one column with its class. Images: a ZIP or TAR of class folders; or a ZIP and a CSV that names "
        "each file and its label, both at once. Ratings by several people: with or without a table of their items.",
    )
    # New files are read once; the widget keeps returning them at every run, and adds to those that it has.
    known = st.session_state.get("read", [])
    st.session_state["read"] = [file.file_id for file in uploaded]
    new = [file for file in uploaded if file.file_id not in known]
    if new:
        _read(new, [file for file in uploaded if file.file_id in known])
    if served:
        st.caption(f"Bigger than {st.get_option('server.maxUploadSize')} MB? Run labelaudit on your own machine.")
    else:
        _path_field()
    st.subheader("Or try a demo")
    noise = st.slider(
        "Wrong labels to plant in it",
        0,
        20,
        DEMO_NOISE,
        5,
        format="%d%%",
        key="noise",
        help="Known errors, so there is something to find.",
    )
    for demo in DEMOS.values():
        with st.container(border=True):
            head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
            head.markdown(f"**{demo.title}**")
            st.caption(demo.what)
            if head.button("Load", key=f"demo-{demo.name}"):
                dataset = demo.load()
                if noise:
                    dataset, _ = TASKS[dataset.task].plant(dataset, noise / 100)
                session.set_draft(dataset)
                st.rerun()
    public.cards()


def _read(new: list[UploadedFile], earlier: list[UploadedFile]) -> None:
    names = [_file_name(file.name) for file in new]
    try:
        with st.spinner(f"Reading {plain(' and '.join(names))} …"), TemporaryDirectory() as folder:
            ways = _ways(_written(new, Path(folder) / "new"), _written(earlier[-1:], Path(folder) / "earlier"))
            for number, (path, labels) in enumerate(ways, 1):
                try:
                    _take(path, labels)
                except BadInput:
                    if number == len(ways):
                        raise
                else:
                    break
    except LabelauditError as error:
        _refuse(error)


def _take(path: Path, other: Path | None) -> None:
    if other is None or _is_packed(path):
        roles.take(read(path, other), path.stem)
        return
    *stored, name = read_with_items(path, other)
    roles.take(tuple(stored), name)


def _written(files: list[UploadedFile], folder: Path) -> list[Path]:
    paths = [folder / _file_name(file.name) for file in files]
    with writing("the uploaded file"):
        folder.mkdir()
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file.getbuffer())
    return paths


def _file_name(sent: str) -> str:
    """What a browser sends as a name need not be one that a file can have."""
    safe = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in sent)
    return safe[-60:].strip(". ") or "upload"


def _ways(new: list[Path], earlier: list[Path]) -> list[tuple[Path, Path | None]]:
    """Say how files can be read, the best way first: images with the table that names them, two tables, or one file.

    Raises
    ------
    BadInput
        There are more than two new files, or several archives.
    """
    together = [*earlier, *new] if len(new) == 1 else new
    packed = [path for path in together if _is_packed(path)]
    first = packed[0] if len(packed) == 1 else together[0]
    pair = [(first, path) for path in together if path != first] if len(packed) < 2 else []
    if len(new) > 1 and (len(new) > 2 or not pair):
        raise BadInput(
            f"{len(new)} files were chosen; choose one, a ZIP of images together with the table that names them, or "
            "ratings together with the table of their items."
        )
    return [*pair, (new[0], None)] if len(new) == 1 else list(pair)


def _is_packed(path: Path) -> bool:
    return archives.is_tar(path) or (archives.is_zip(path) and path.suffix.lower() not in (".xlsx", ".xlsm", ".npz"))


def _refuse(error: LabelauditError) -> None:
    session.show_error(error)
    st.caption("Nothing was changed; what was loaded before is still here.")


def _path_field() -> None:
    """A file that is here already and need not be uploaded."""
    with st.form("path", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Or a path on this machine, of any size",
            key="path",
            placeholder="~/data/reviews.csv, a folder of images, or hf://owner/name",
            help=f"For files over {st.get_option('server.maxUploadSize')} MB and those that are here anyway: nothing "
            "is copied. hf:// takes a data set from the Hugging Face Hub; ?split=test&subset=name may follow.",
        )
        pressed = st.form_submit_button("Open", key="open-path")
    if pressed and text.strip():
        try:
            with st.spinner(f"Reading {plain(text)} …"):
                from_path(text)
        except LabelauditError as error:
            _refuse(error)


def from_path(text: str) -> None:
    """Read a file or a folder of this machine, or a data set of the Hub; Ingest is about it then.

    Raises
    ------
    BadInput
        It can't be read, or the dashboard is served to others, who may not read what is on the server.
    """
    if settings().public:
        raise BadInput("files of this server can't be opened; upload one of your own.")
    text = text.strip().strip("\"'")
    if text.startswith(hub.PREFIX):
        roles.take(hub.read_hub(text), text.partition("?")[0].rpartition("/")[2])
        return
    path = Path.home() / text[2:] if text.startswith("~/") else Path(text)
    roles.take(read(path), path.stem, path=str(path.resolve()))


def empty() -> None:
    """What the page shows before there is data."""
    with st.container(border=True, height=420, vertical_alignment="center", horizontal_alignment="center"):
        st.markdown("### Drop a file on the left, or load a demo")
        st.write(
            "You will see its rows or images, what each column is taken for and what is wrong, before anything runs."
        )
        st.caption(
            "CSV, TSV, JSONL, Parquet, Arrow and XLSX; encoding and separator are recognised. Images as a ZIP or TAR "
            "of class folders, or with a CSV that names them."
        )


def settle(draft: Dataset) -> None:
    """Show the data and the guesses, each with a way to change it, what was noticed, and the button on top."""
    head, action = st.columns([2, 3], gap="medium")
    dataset = roles.choose(draft)
    with head:
        _head(draft, dataset or draft)
    if dataset is None:
        return
    dataset = bring.section(dataset, draft)
    if roles.lacks_features(dataset):
        st.error(
            "No column is left for the model; choose at least one, or bring probabilities or features.",
            icon=":material/error:",
        )
        return
    preview = _preview(dataset)
    st.dataframe(
        preview,
        height=268 if IMAGE in preview else 178,
        hide_index=True,
        row_height=TINY + 8 if IMAGE in preview else None,
        column_config={IMAGE: st.column_config.ImageColumn(IMAGE, width="small")},
    )
    try:
        noticed = _noticed(dataset.fingerprint, dataset)
        counts = TASKS[dataset.task].overview(dataset)
    except LabelauditError as error:
        session.show_error(error)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**What we noticed** ({len(noticed)})")
        with st.container(height=270, border=True):
            if not noticed:
                st.success("We noticed nothing wrong with the file.", icon=":material/check:")
            for finding in noticed:
                st.markdown(f"{SEVERITY[finding.severity]} **{plain(finding.title)}**")
                examples = "; ".join(finding.examples)
                st.caption(plain(f"{finding.effect} {finding.fix}" + (f" E.g. {examples}" if examples else "")))
                if finding.task:
                    st.button(
                        f"Take them as {TASKS[finding.task].title.lower()}",
                        key=f"retake-{finding.key}",
                        icon=":material/swap_horiz:",
                        on_click=roles.retake,
                        args=(draft, finding.task),
                    )
    with right:
        task = TASKS[dataset.task]
        title = count_of(len(counts), task.word) if dataset.classes else "How the numbers lie"
        st.markdown(f"**{title}**" + (", the 12 largest" if len(counts) > 12 else ""))
        st.altair_chart(
            charts.class_counts(counts.head(12), height=270, unit=task.counted),
            alt=f"{plural(task.counted)} per {task.word}",
        )
    config = run.choices(dataset, AuditConfig(), "ingest")
    with action:
        run.go(dataset, config, "ingest", possible=all(finding.key != "one_class" for finding in noticed))


def _head(draft: Dataset, dataset: Dataset) -> None:
    """What was read, and what became of it where several rows are about one example."""
    table = roles.read_as(draft)
    examples = "" if len(dataset) == table.num_rows else f": {count_of(len(dataset), 'example')}"
    st.subheader(f"{table.num_rows:,} rows, {table.num_columns:,} columns{examples}")
    notes = "".join(f" · {escape(note)}" for note in dataset.source.notes)
    media = draft.source.media
    kind = "FOLDER" if media and media.root and media.root.is_dir() else draft.source.format.upper()
    st.html(f'<div class="la-small">{escape(draft.name)} · {kind}{notes}</div>')


@st.cache_resource(max_entries=8, show_spinner="Checking the file …")
def _noticed(fingerprint: str, _dataset: Dataset) -> list[Finding]:
    """What is wrong with the data, found once and not at each click: a million rows take seconds."""
    return findings(_dataset)


def _preview(dataset: Dataset) -> pd.DataFrame:
    """The first rows, the label first, then the text; long cells are cut, for the browser must not get all of them."""
    labels = dataset.label_columns
    order = dict.fromkeys((*labels, *(dataset.feature_columns if dataset.modality == "text" else ())))
    hidden = dataset.source.options.get("own", ())
    others = (name for name in dataset.table.column_names if name not in (*order, *hidden))
    names = [*order, *others][:PREVIEW_COLUMNS]
    columns = {}
    if dataset.modality == "image":
        columns[IMAGE] = pd.Series([tiny(dataset, row) for row in range(min(PREVIEW_ROWS, len(dataset)))])
        held = dataset.source.media is not None and dataset.source.media.root is None
        names = [name for name in names if not (held and name in dataset.feature_columns)]
    for name in names:
        column = dataset.table[name].slice(0, PREVIEW_ROWS)
        if is_number(column.type) or pa.types.is_boolean(column.type):
            columns[name] = column.to_pandas()
        else:
            values = column.to_pylist()
            columns[name] = pd.Series([None if v is None else shorten(cells.text(v), PREVIEW_LENGTH) for v in values])
    return pd.DataFrame(columns)
