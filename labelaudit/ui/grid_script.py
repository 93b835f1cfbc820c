"""What the review table does in the browser: follow the open example, draw pictures, say what happened."""

from __future__ import annotations

import json

from st_aggrid import JsCode

from labelaudit.ui import deciding
from labelaudit.ui.keys import Keys

# The table takes the keyboard, so it passes on the keys of these; arrows, space and Enter are its own.
PASSED_ON = ("accept", "keep", "exclude", "ambiguous", "skip", "undo", "redo")
# Whoever works in the table stays in it: its focus follows the open example, unless something was done in the table
# since the server marked it. Whoever does not still sees its row.
FOLLOW = JsCode(
    """
    function({api}) {
      const focused = api.getFocusedCell();
      if (api.getEditingCells().length) return;
      api.forEachNode((node) => {
        if (node.data.open !== (window.touched || "fresh") || node.rowIndex === focused?.rowIndex) return;
        api.ensureIndexVisible(node.rowIndex);
        if (focused) api.setFocusedCell(node.rowIndex, focused.column);
      });
    }
    """
)

# A class, since what a function returns is shown as text.
PICTURE = JsCode(
    """
    class {
      init(params) {
        this.gui = document.createElement(params.value ? "img" : "span");
        if (!params.value) { this.gui.textContent = "–"; return; }
        this.gui.src = params.value;
        this.gui.alt = "";
        this.gui.style.cssText = "height:100%;width:100%;object-fit:contain;image-rendering:auto";
      }
      getGui() { return this.gui; }
      refresh() { return false; }
    }
    """
)


def report(own: Keys) -> JsCode:
    """What goes back to the server: what happened and never the rows; a key that decides also goes one row down.

    Below the last row there is none, and a key too many does not decide on that one again.
    The keys are all of late, with the rows that they are about: the server may hear of two events at once, and then
    knows the last one only. AgGrid calls this before it asks `MATTERS`.
    """
    passed = [key for name in PASSED_ON for key in own[name]] + list(deciding.DIGITS)
    return JsCode(
        f"""
        function({{streamlitRerunEventTriggerName, eventData}}) {{
          const api = eventData.api;
          const focus = (index) => {{
            api.ensureIndexVisible(index);
            api.setFocusedCell(index, eventData.column);
          }};
          const key = (press) => {{
            const lower = press.key.toLowerCase();
            return press.shiftKey && lower !== lower.toUpperCase() ? "shift+" + lower : lower;
          }};
          const pressed = (window.pressed ||= []), decided = (window.decided ||= []);
          const name = crypto.getRandomValues(new Uint32Array(2)).join("-");
          const press = streamlitRerunEventTriggerName === "cellKeyDown" ? eventData.event : null;
          const at = eventData.data?.position;
          const undoes = press && {json.dumps(own["undo"])}.includes(key(press));
          const decides = press && !undoes && !{json.dumps(own["redo"])}.includes(key(press));
          if (press) {{
            press.matters = {json.dumps(passed)}.includes(key(press)) && !press.repeat && !press.ctrlKey
              && !press.metaKey && !press.altKey && !api.getEditingCells().length && !(decides && window.ended === at);
            if (!press.matters) return {{}};
            pressed.push({{name, key: key(press), position: at}});
          }}
          [window.touched, window.ended] = [name, null];
          if (undoes) {{
            const last = api.getRowNode(String(decided.pop()));
            if (last) focus(last.rowIndex);
          }} else if (decides) {{
            decided.push(at);
            if (eventData.rowIndex + 1 < api.getDisplayedRowCount()) focus(eventData.rowIndex + 1);
            else window.ended = at;
          }}
          const row = eventData.data ? eventData : api.getDisplayedRowAtIndex(eventData.rowIndex);
          return {{
            event: streamlitRerunEventTriggerName,
            touched: window.touched,
            position: row ? row.data.position : null,
            keys: pressed.slice(-100),
            value: eventData.newValue === undefined ? null : eventData.newValue,
            selected: api.getSelectedNodes().map((node) => node.data.position),
            sort: api.getColumnState().filter((c) => c.sort).sort((a, b) => a.sortIndex - b.sortIndex)
              .map((c) => ({{colId: c.colId, sort: c.sort}})),
            filter: api.getFilterModel(),
          }};
        }}
        """
    )


MATTERS = JsCode(
    """
    function({streamlitRerunEventTriggerName, eventData}) {
      return streamlitRerunEventTriggerName !== "cellKeyDown" || eventData.event.matters;
    }
    """
)
