"""The ranked review table: AG Grid over one page of the queue; sort and filter are answered by the server."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from st_aggrid import AgGrid, DataReturnMode, JsCode, StAggridTheme

from labelaudit.dataset import decode, encode
from labelaudit.dataset import show as label_text
from labelaudit.query import ordered
from labelaudit.review import Decision
from labelaudit.ui import inspector, session
from labelaudit.ui.cards import snippet_of
from labelaudit.ui.session import Opened

PAGE = 100
# Only what happened goes back to the server, never the rows.
REPORT = JsCode(
    """
    function({streamlitRerunEventTriggerName, eventData}) {
      const api = eventData.api;
      const row = eventData.data ? eventData : api.getDisplayedRowAtIndex(eventData.rowIndex);
      return {
        event: streamlitRerunEventTriggerName,
        position: row ? row.data.position : null,
        value: eventData.newValue === undefined ? null : eventData.newValue,
        selected: api.getSelectedNodes().map((node) => node.data.position),
        sort: api.getColumnState().filter((c) => c.sort).sort((a, b) => a.sortIndex - b.sortIndex)
          .map((c) => ({colId: c.colId, sort: c.sort})),
        filter: api.getFilterModel(),
      };
    }
    """
)


def show(opened: Opened, queue: np.ndarray) -> None:
    """Draw the table and the buttons that decide on all its ticked rows.

    Parameters
    ----------
    opened : Opened
    queue : ndarray
        Positions of the selected examples, worst first.
    """
    model = st.session_state.setdefault("grid", {"sort": [], "filter": {}})
    table = _shown(opened, queue)
    rows = ordered(table, model["sort"], model["filter"])
    n_pages = max(1, -(-len(rows) // PAGE))
    page = min(st.session_state.setdefault("page", 1), n_pages)
    part = table.iloc[rows[(page - 1) * PAGE : page * PAGE]].copy()
    part["snippet"] = [snippet_of(opened, position, 160) for position in part["position"]]
    key = f"grid-{session.chart_key('review')}-{page}"

    def changed(response: Any) -> None:
        _react(opened, response.raw_data or {})

    AgGrid(
        part,
        gridOptions=_options(opened, model),
        key=key,
        height=560,
        data_return_mode=DataReturnMode.CUSTOM,
        custom_jscode_for_grid_return=REPORT,
        update_on=["cellValueChanged", "cellFocused", "selectionChanged", "sortChanged", "filterChanged"],
        callback=changed,
        allow_unsafe_jscode=True,
        server_sync_strategy="server_wins",
        show_toolbar=False,
        theme=_theme(),
    )
    ticked = [p for p in st.session_state.get("ticked", []) if p in set(part["position"])]
    with st.container(horizontal=True, vertical_alignment="center"):
        several = f" {len(ticked)} ticked" if len(ticked) > 1 else " ticked"
        for word, action in (("Approve", "set"), ("Reject", "keep"), ("Exclude", "exclude")):
            st.button(
                word + several,
                key=f"bulk-{action}",
                disabled=not ticked,
                on_click=_decide_all,
                args=(opened, ticked, action),
                help={
                    "set": "Accept the suggestions",
                    "keep": "Keep the given labels",
                    "exclude": "Leave the rows out",
                }[action],
            )
        if n_pages > 1:
            st.pagination(n_pages, default=page, key=f"pages-{session.chart_key('review')}", on_change=_turn)
        st.caption(f"{len(rows):,} rows" + (f", page {page} of {n_pages}" if n_pages > 1 else ""))


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


def _turn() -> None:
    st.session_state["page"] = st.session_state[f"pages-{session.chart_key('review')}"]


def _shown(opened: Opened, queue: np.ndarray) -> pd.DataFrame:
    """The queue as the table shows it, without the snippets, which only one page needs."""
    source = opened.table.iloc[queue]
    names = {
        text: label_text(decode(text))
        for column in ("given", "suggested", "final")
        for text in source[column].dropna().unique()
    }
    final = source["final"].map(names).where(source["action"].isin(["set", "keep"]), "")
    final = final.mask(source["action"] == "exclude", "(excluded)").mask(source["action"] == "skip", "(skipped)")
    return pd.DataFrame(
        {
            "position": queue,
            "score": source["score"].round(4).to_numpy(),
            "given": source["given"].map(names).fillna("").to_numpy(dtype=object),
            "suggested": source["suggested"].map(names).fillna("").to_numpy(dtype=object),
            "final": final.fillna("").to_numpy(dtype=object),
            "status": source["status"].to_numpy(dtype=object),
            "id": source["id"].astype(str).to_numpy(dtype=object),
        }
    )


def _options(opened: Opened, model: dict[str, Any]) -> dict[str, Any]:
    names = [label_text(c) for c in opened.dataset.classes]
    text = {"filter": "agTextColumnFilter", "filterParams": {"buttons": ["apply", "reset"], "closeOnApply": True}}
    number = {"filter": "agNumberColumnFilter", "filterParams": text["filterParams"]}
    return {
        "defaultColDef": {"sortable": True, "resizable": True, "suppressHeaderMenuButton": False},
        "columnDefs": [
            {"field": "position", "hide": True},
            {"field": "score", "headerName": "Score", "width": 86, **number},
            {"field": "given", "headerName": "Given", "width": 106, **text},
            {"field": "suggested", "headerName": "Suggested", "width": 116, **text},
            {
                "field": "final",
                "headerName": "Final",
                "width": 104,
                "editable": True,
                "cellEditor": "agSelectCellEditor",
                # What stands in the cell is a choice too, so that opening and leaving the editor changes nothing.
                "cellEditorParams": JsCode(
                    f"""
                    function(params) {{
                      const names = {json.dumps(names)};
                      return {{values: names.includes(params.value) ? names : [params.value, ...names]}};
                    }}
                    """
                ),
                "headerTooltip": "Double-click to choose the final label",
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
            "columnVisibility": {"hiddenColIds": ["position"]},
        },
        "enableBrowserTooltips": True,
        "animateRows": False,
        "getRowId": JsCode("function(params) { return String(params.data.position); }"),
    }


def _react(opened: Opened, report: dict[str, Any]) -> None:
    """Do what happened in the grid: show a row, change a label, sort, filter."""
    event = report.get("event")
    st.session_state["ticked"] = report.get("selected", [])
    names = [label_text(c) for c in opened.dataset.classes]
    if event == "cellValueChanged" and report.get("value") in names:
        after = encode(opened.dataset.classes[names.index(report["value"])])
        position = int(report["position"])
        opened.decide([inspector.decision(opened, position, "set", after)])
        st.session_state["position"] = position
    elif event == "cellFocused" and report.get("position") is not None:
        st.session_state["position"] = int(report["position"])
    elif event in ("sortChanged", "filterChanged"):
        st.session_state["grid"] = {"sort": report.get("sort", []), "filter": report.get("filter", {})}
        st.session_state["page"] = 1


def _decide_all(opened: Opened, positions: list[int], action: str) -> None:
    """Decide on all ticked rows at once; one undo takes all of it back."""
    from labelaudit.decisions import new_batch

    batch = new_batch()
    table = opened.plain
    decisions: list[Decision] = []
    for position in positions:
        after = table["suggested"].iloc[position] if action == "set" else table["given"].iloc[position]
        if action == "set" and not isinstance(after, str):
            continue  # nothing is suggested for a label that is not suspected
        decisions.append(inspector.decision(opened, position, action, after if isinstance(after, str) else None, batch))
    opened.decide(decisions)
    session.redraw()
