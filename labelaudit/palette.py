"""The colours and shapes of all charts, and what each means."""

from __future__ import annotations

GIVEN, SUGGESTED = "#64748b", "#d97706"
ERROR, KEPT, UNDECIDED, QUIET = "#dc2626", "#15803d", "#0e7490", "#94a3b8"
STATUS = {
    "not suspected": (QUIET, "circle"),
    "suspect": (UNDECIDED, "triangle-up"),
    "skipped": (UNDECIDED, "triangle-down"),
    "error": (ERROR, "cross"),
    "kept": (KEPT, "square"),
    "excluded": ("#57534e", "diamond"),
    "ambiguous": ("#7c3aed", "triangle-right"),
}

CLUSTER = "#b45309"
# Of classes and kinds of issues: told apart by colour-blind people too, and none of the colours that mean something.
KINDS = (
    ("#4a86c8", "circle"),
    ("#ccbb44", "square"),
    ("#c4458f", "triangle-up"),
    ("#66ccee", "diamond"),
    ("#44aa99", "cross"),
    ("#b08fd8", "triangle-down"),
)
