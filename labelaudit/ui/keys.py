"""The keys of the review screens: what each does, and the way to change them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from labelaudit.errors import BadInput, StoreError
from labelaudit.ui import session, visitor
from labelaudit.ui.markdown import plain
from labelaudit.workspace import Workspace

PREFERENCE = "keys"  # of a reviewer: those that differ from the defaults, by action


@dataclass(frozen=True)
class Action:
    """What a key does.

    Parameters
    ----------
    name : str
    title : str
        On the button.
    hint : str
        What it means.
    keys : tuple of str
        The default ones.
    """

    name: str
    title: str
    hint: str
    keys: tuple[str, ...]


ACTIONS = (
    Action("accept", "Accept", "The suggestion is right", ("a",)),
    Action("keep", "Keep", "The given label is right", ("k",)),
    Action("exclude", "Exclude", "Leave the row out of the export", ("x",)),
    Action("ambiguous", "Ambiguous", "No label is clearly right; the given one stays", ("g",)),
    Action("skip", "Skip", "Decide later", ("s",)),
    Action("undo", "Undo", "Take back the last decision", ("u",)),
    Action("redo", "Redo", "Do again what was taken back", ("r", "shift+u")),
    Action("next", "Next", "Go on without deciding", ("right", "j")),
    Action("previous", "Previous", "Go back without deciding", ("left", "h")),
    Action("search", "Another label", "Find a label by typing its name", ("/",)),
    Action("comment", "Comment", "Write a reason and a comment", ("c",)),
    Action("help", "All keys", "Show what the keys do", ("?",)),
)
NAMES = {action.name: action for action in ACTIONS}
NAMED = ("left", "right", "up", "down", "home", "end", "pageup", "pagedown", "delete", "backspace", "insert")
# What is not a choice, and what has it.
TAKEN = {
    **dict.fromkeys("0123456789", "the classes"),
    **dict.fromkeys(("space", "enter", "escape", "tab"), "the buttons and cards"),
}
# In words, what stays as it is.
FIXED = (
    ("1–9", "The likeliest classes, in that order; classes that are digits are their own keys"),
    ("0–9, where labels are numbers", "Type another number; Enter sets it"),
    ("Cards: arrows, Home, End, Page", "Move from card to card and from page to page"),
    ("Cards: space, shift+arrows, ctrl+A, Esc", "Choose a card, more, the page, none; keys decide on all chosen"),
    ("Table: arrows and the keys above", "Decide on the row in focus and go one down; space ticks rows, Enter edits"),
)

Keys = dict[str, tuple[str, ...]]


def of(workspace: Workspace, reviewer: str) -> Keys:
    """Return the keys of a reviewer, by action: the defaults, and over them what this reviewer changed."""
    changed = workspace.preferences.get(reviewer, PREFERENCE, {})
    return {action.name: tuple(changed.get(action.name, action.keys)) for action in ACTIONS}


def save(workspace: Workspace, reviewer: str, keys: Keys) -> None:
    """Keep the keys of a reviewer.

    Raises
    ------
    BadInput
        Two actions have the same key, or one has none.
    StoreError
        They can't be written.
    """
    check(keys)
    changed = {name: list(own) for name, own in keys.items() if own != NAMES[name].keys}
    workspace.preferences.set(reviewer, PREFERENCE, changed)


def check(keys: Keys) -> None:
    """Refuse keys that would do two things, or nothing.

    Raises
    ------
    BadInput
    """
    owner: dict[str, str] = {}
    for name, own in keys.items():
        title = NAMES[name].title
        if not own:
            raise BadInput(f"{title} has no key; write one, {NAMES[name].keys[0]} for example.")
        for key in own:
            if key in TAKEN:
                raise BadInput(f"“{key}” is the key of {TAKEN[key]}; give {title} another one.")
            plain_key = key.removeprefix("shift+")
            if len(plain_key) != 1 and plain_key not in NAMED:
                raise BadInput(
                    f"“{key}” is no key that {title} can have; write a single character or {', '.join(NAMED)}."
                )
            if owner.setdefault(key, title) != title:
                raise BadInput(f"“{key}” would be the key of {owner[key]} and of {title}; give each its own.")


def parsed(text: str) -> tuple[str, ...]:
    """Read keys as a person writes them: apart by spaces, upper case as shift."""
    return tuple(dict.fromkeys(_one(word) for word in text.split()))


def _one(word: str) -> str:
    if len(word) == 1:
        return f"shift+{word.lower()}" if word.lower() != word else word
    return word.lower().removeprefix("arrow")


def button() -> None:
    """Draw the button that opens the keys."""
    if st.button("Keys", icon=":material/keyboard:", type="tertiary", key="keys", help="What the keys do; change them"):
        _dialog()


@st.dialog("Keys")
def _dialog() -> None:
    workspace, reviewer = visitor.workspace(), session.reviewer()
    now = of(workspace, reviewer)
    st.caption("Several keys of one action stand apart by a space; arrows are written left, right, up, down.")
    with st.form("keys-form", border=False):
        left, right = st.columns(2)
        for number, action in enumerate(ACTIONS):
            (left if number < len(ACTIONS) / 2 else right).text_input(
                action.title, " ".join(now[action.name]), key=f"key-{action.name}", help=action.hint
            )
        with st.container(horizontal=True):
            chosen = st.form_submit_button("Save", type="primary")
            back = st.form_submit_button("Back to the defaults")
        said = st.container()
    for fixed, means in FIXED:
        st.caption(f"**{fixed}**: {means}")
    if chosen or back:
        typed = {action.name: parsed(st.session_state[f"key-{action.name}"]) for action in ACTIONS}
        try:
            save(workspace, reviewer, {action.name: action.keys for action in ACTIONS} if back else typed)
        except (BadInput, StoreError) as error:
            said.error(plain(visitor.sentence(error)))
            return
        st.rerun()
