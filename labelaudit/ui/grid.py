"""The ranked review table: AG Grid over one page of the queue; sort and filter are answered by the server."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from st_aggrid import AgGrid, DataReturnMode, JsCode, StAggridTheme

from labelaudit.query import ordered
from labelaudit.tasks import TASKS
from labelaudit.ui import deciding, deck_events, keys, session
from labelaudit.ui.blocks import TINY, tiny
from labelaudit.ui.cards import order_of, snippet_of
from labelaudit.ui.grid_script import FOLLOW, MATTERS, PICTURE, report
from labelaudit.ui.opened import Opened

PAGE = 100
COLUMNS = ("position", "score", "given", "suggested", "final", "status", "id")
CHANGING = {"final", "status"}  # what a decision changes
# What stands for the final label.
UNLABELLED = {"exclude": "(excluded)", "skip": "(skipped)", "ambiguous": "(ambiguous)"}
EVENTS = ("cellValueChanged", "cellFocused", "cellKeyDown", "selectionChanged", "sortChanged", "filterChanged")


def queue_of(opened: Opened, positions: np.ndarray) -> np.ndarray:
    """Return the selected examples in the table's order and without those that it filters out.

    Parameters
    ----------
    opened : Opened
    positions : ndarray
        Of the selected examples, worst first.
    """
    model = _model()
    used = {key["colId"] for key in model["sort"]} | set(model["filter"])
    if not used:
        return positions
    last = opened.decisions[-1].key if opened.decisions and used & CHANGING else ""
    table = opened.workspace.owner, opened.audit.id, opened.blind, last
    scores = opened.scores[positions].tobytes() if "score" in used else b""
    return _queued(table, json.dumps(model), positions.tobytes(), scores, used, opened)


@st.cache_resource(max_entries=8, show_spinner=False)
def _queued(
    table: tuple[str, str, bool, str], model: str, positions: bytes, scores: bytes, _used: set[str], _opened: Opened
) -> np.ndarray:
    """What `queue_of` returns, found once for the same rows of the same table, and not at each run of the page."""
    rows, wanted = np.frombuffer(positions, dtype=np.intp), json.loads(model)
    return np.asarray(rows[ordered(_shown(_opened, rows, _used), wanted["sort"], wanted["filter"])])


def _model() -> dict[str, Any]:
    """The table's sort and filter, which the server answers and this session keeps."""
    model: dict[str, Any] = st.session_state.setdefault("grid", {"sort": [], "filter": {}})
    return model


def show(opened: Opened, queue: np.ndarray, position: int | None) -> None:
    """Draw the page of the table that holds the open example, and the buttons that decide on all ticked rows.

    Parameters
    ----------
    opened : Opened
    queue : ndarray
        What `queue_of` returns.
    position : int or None
        The example that is open.
    """
    n_pages = max(1, -(-len(queue) // PAGE))
    page = 1 if position is None else int(np.flatnonzero(queue == position)[0]) // PAGE + 1
    part = _shown(opened, queue[(page - 1) * PAGE : page * PAGE])
    if not opened.audit.is_whole:
        name = TASKS[opened.dataset.task].part_name
        part["part"] = [name(opened.audit, row) for row in part["position"]]
    part["snippet"] = [snippet_of(opened, row, 160) for row in part["position"]]
    if opened.dataset.modality == "image":
        part["image"] = [tiny(opened.dataset, int(opened.audit.rows[row])) for row in part["position"]]
    own, key = keys.of(opened.workspace, session.reviewer()), f"grid-{session.chart_key('review')}-{page}"
    if key not in st.session_state:  # Streamlit forgets it where it is not drawn
        st.session_state["touched"], st.session_state["ticked"] = "fresh", []
        deciding.mark_row(position)
    # A click does not change the mark: rows that change would close the editor that a double click opens.
    marked, touched = st.session_state["marked"]
    part["open"] = np.where(part["position"] == marked, touched, "")
    # Kept here and not with the callbacks: Streamlit remembers those of every grid that there ever was.
    st.session_state["reviewed"] = opened, queue
    AgGrid(
        part,
        gridOptions=_options(opened, _model()),
        key=key,
        height=560,
        data_return_mode=DataReturnMode.CUSTOM,
        custom_jscode_for_grid_return=report(own),
        should_grid_return=MATTERS,
        update_on=list(EVENTS),
        callback=_changed,
        allow_unsafe_jscode=True,
        server_sync_strategy="server_wins",
        show_toolbar=False,
        custom_css={
            ".ag-row-focus, .la-open": {"background-color": "color-mix(in srgb, #0e7490 24%, transparent) !important"},
            ".ag-root:has(.ag-row-focus) .la-open:not(.ag-row-focus)": {"background-color": "inherit !important"},
        },
        theme=_theme(),
    )
    ticked = [p for p in st.session_state.get("ticked", []) if p in set(part["position"])]
    with st.container(horizontal=True, vertical_alignment="center"):
        several = f" {len(ticked)} ticked" if len(ticked) > 1 else " ticked"
        for word, action in (("Approve", "accept"), ("Reject", "keep"), ("Exclude", "exclude")):
            st.button(
                word + several,
                key=f"bulk-{action}",
                disabled=not ticked,
                on_click=_decide_all,
                args=(opened, ticked, action),
                help={
                    "accept": "Accept the suggestions",
                    "keep": "Keep the given labels",
                    "exclude": "Leave the rows out",
                }[action],
            )
        if n_pages > 1:
            key = f"pages-{session.chart_key('review')}-{page}"
            st.pagination(n_pages, default=page, key=key, on_change=_turn, args=(key,))
        st.caption(f"{len(queue):,} rows" + (f", page {page} of {n_pages}" if n_pages > 1 else ""))


def _theme() -> StAggridTheme:
    """AG Grid in the colours of the app's theme; its own dark scheme is a grey that stands beside them."""
    mode = st.context.theme.type or "light"
    colour = {name: st.get_option(f"theme.{mode}.{name}") for name in ("backgroundColor", "textColor", "primaryColor")}
    theme = StAggridTheme(base="quartz")
    theme.withParams(
        backgroundColor=colour["backgroundColor"],
        foregroundColor=colour["textColor"],
        accentColor=colour["primaryColor"],
        headerBackgroundColor=st.get_option(f"theme.{mode}.secondaryBackgroundColor"),
        borderColor=st.get_option(f"theme.{mode}.borderColor"),
        browserColorScheme=mode,
        fontFamily="system-ui, sans-serif",
        fontSize=13,
        spacing=5,
    )
    return theme


def _turn(key: str) -> None:
    """Open the first example of the page that was asked for; the page follows the open example."""
    _, queue = st.session_state["reviewed"]
    deciding.open_row(int(queue[(st.session_state[key] - 1) * PAGE]))


def _shown(opened: Opened, queue: np.ndarray, columns: Collection[str] = COLUMNS) -> pd.DataFrame:
    """Columns of the queue as the table shows them, without the snippets, which only one page needs."""
    named = opened.dataset.names_of

    def of(name: str) -> pd.Series:
        return opened.table[name].iloc[queue]

    def column(name: str) -> Any:
        match name:
            case "position":
                return queue
            case "score":
                return opened.scores[queue].round(4)
            case "given" | "suggested":
                return named(of(name))
            case "final":
                action = of("action")
                return np.where(action.isin(["set", "keep"]), named(of("final")), action.map(UNLABELLED).fillna(""))
            case "id":
                return of("id").astype(str)
            case _:
                return of(name)

    return pd.DataFrame({name: pd.Series(np.asarray(column(name))) for name in COLUMNS if name in columns})


def _options(opened: Opened, model: dict[str, Any]) -> dict[str, Any]:
    names = list(opened.dataset.class_names)
    text = {"filter": "agTextColumnFilter", "filterParams": {"buttons": ["apply", "reset"], "closeOnApply": True}}
    number = {"filter": "agNumberColumnFilter", "filterParams": text["filterParams"]}
    image = {"field": "image", "headerName": "", "width": 70, "sortable": False, "cellRenderer": PICTURE}
    images = opened.dataset.modality == "image"
    # The score of a check or a detector is another one than the example's own, and has another name.
    score: dict[str, Any] = {"headerName": "Score", "width": 86}
    if opened.rank or opened.selection.issue:
        score = {"headerName": order_of(opened).capitalize(), "width": 132}
    middle = {"cellStyle": {"display": "flex", "alignItems": "center"}} if images else {}
    return {
        **({"rowHeight": TINY + 4} if images else {}),
        "defaultColDef": {"sortable": True, "resizable": True, "suppressHeaderMenuButton": False, **middle},
        "columnDefs": [
            {"field": "position", "hide": True},
            {"field": "open", "hide": True},
            *([image] if images else []),
            {"field": "score", "wrapHeaderText": True, "autoHeaderHeight": True, **score, **number},
            *(
                []
                if opened.audit.is_whole
                else [{"field": "part", "headerName": "Part", "width": 104, "sortable": False}]
            ),
            {"field": "given", "headerName": "Given", "width": 106, **text},
            {"field": "suggested", "headerName": "Suggested", "width": 116, **text},
            {
                "field": "final",
                "headerName": "Final",
                "width": 104,
                "editable": True,
                "cellEditor": "agSelectCellEditor" if names else "agTextCellEditor",
                # What stands in the cell is a choice too, so that opening and leaving the editor changes nothing.
                "cellEditorParams": JsCode(
                    f"""
                    function(params) {{
                      const names = {json.dumps(names)};
                      if (!names.length) return {{useFormatter: false}};
                      return {{values: names.includes(params.value) ? names : [params.value, ...names]}};
                    }}
                    """
                ),
                "headerTooltip": f"Double-click to {'choose' if names else 'type'} the final label",
                **text,
            },
            {
                "field": "snippet",
                "headerName": "Example",
                "flex": 1,
                "minWidth": 150,
                "sortable": False,
                "tooltipField": "snippet",
            },
            {"field": "status", "headerName": "Status", "width": 104, **text},
            {"field": "id", "headerName": "Id", "width": 90, **text},
        ],
        "rowSelection": {"mode": "multiRow", "headerCheckbox": True},
        # A state that is given is whole: what it leaves out is reset, hidden columns included.
        "initialState": {
            "sort": {"sortModel": model["sort"]},
            "filter": {"filterModel": model["filter"]},
            "columnVisibility": {"hiddenColIds": ["position", "open"]},
        },
        "rowClassRules": {"la-open": "data.open"},
        "onFirstDataRendered": FOLLOW,
        "onRowDataUpdated": FOLLOW,
        "enableBrowserTooltips": True,
        "animateRows": False,
        "getRowId": JsCode("function(params) { return String(params.data.position); }"),
    }


def _changed(response: Any) -> None:
    opened, queue = st.session_state["reviewed"]
    _react(opened, queue, response.raw_data or {})


@session.telling()
def _react(opened: Opened, queue: np.ndarray, report: dict[str, Any]) -> None:
    """Do what happened in the grid: open a row, decide by key or by editing, sort, filter."""
    event, names = report.get("event"), opened.dataset.class_names
    st.session_state["ticked"] = report.get("selected", [])
    st.session_state["touched"] = report.get("touched", "fresh")
    for press in report.get("keys", []):
        _press(opened, queue, press)
    if event == "cellValueChanged" and (report.get("value") in names or not names):
        position, value = int(report["position"]), report["value"]
        what, code = ("class", names.index(value)) if names else ("value", str(value))
        deck_events.choose(opened, what, [position], code)
        deciding.open_row(position, mark=False)
    elif event == "cellFocused" and report.get("position") is not None:
        deciding.open_row(int(report["position"]), mark=False)
    elif event in ("sortChanged", "filterChanged"):
        st.session_state["grid"] = {"sort": report.get("sort", []), "filter": report.get("filter", {})}
        st.session_state["position"] = None


def _press(opened: Opened, queue: np.ndarray, press: dict[str, Any]) -> None:
    """Do once what a key of the table stands for, about the row that had the focus, and open the row below it."""
    done: dict[str, None] = st.session_state.setdefault("grid-keys", {})
    position, name = int(press["position"]), str(press["name"])
    if name in done or position not in queue:
        return
    done[name] = None
    named = {own: what for what, every in keys.of(opened.workspace, session.reviewer()).items() for own in every}
    what = named.get(press["key"])
    code = next((code for key, code, _ in deciding.class_keys(opened, position) if key == press["key"]), None)
    if what in ("undo", "redo"):
        deck_events.take_back(opened, what)
        return
    if code is not None:
        deck_events.choose(opened, "class", [position], code)
    elif what in deciding.CHOICES:
        deck_events.choose(opened, what, [position])
    else:
        return
    place = int(np.flatnonzero(queue == position)[0])
    deciding.open_row(int(queue[min(place + 1, len(queue) - 1)]), mark=False)
    deciding.mark_row(None)  # the focus has gone there by itself, and on perhaps


@session.telling()
def _decide_all(opened: Opened, positions: list[int], what: str) -> None:
    """Decide on all ticked rows at once; one undo takes all of it back."""
    deck_events.choose(opened, what, positions)
    session.redraw()
