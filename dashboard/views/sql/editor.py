"""The editor of a query: CodeMirror, as a component. `dashboard/editor/` holds its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer

import dashboard
from dashboard.desk_protocol import LONGEST_QUERY
from dashboard.i18n import Words
from dashboard.services import DescribedView
from processing.queries import Place, Vocabulary

KEY = "sql"
"""The key of the component. Its state `value` is the text of the query."""

_UNITS = {"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}

BUILD = Path(dashboard.__file__).with_name("editor") / "build"
"""The folder of the bundle, which `make editor` builds."""
_NAME = "banwatch.editor"


def _component() -> ComponentRenderer:
    """Return the component, with its script as a file of this server: the page's content policy runs nothing else.

    Streamlit finds such files by a manifest of an installed package, but not of one that is installed for development.
    So the manifest is given here.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is None:
        package, _, name = _NAME.partition(".")
        manifest = ComponentManifest(package, version="1", components=[ComponentConfig(name, BUILD.name)])
        manager.register_from_manifest(manifest, BUILD.parent)
    return _registered()


@cache
def _registered() -> ComponentRenderer:
    return st.components.v2.component(
        _NAME,
        html='<div class="editor" dir="ltr"></div>',
        css=".editor { text-align: left; }\n.editor:empty { min-height: 14rem; }",
        js="editor.js",
    )


@dataclass(frozen=True)
class Problem:
    """A mark in the editor."""

    place: Place
    message: str


@dataclass(frozen=True)
class Edited:
    """The text of the editor, and whether a key asked to run it."""

    text: str
    run: bool


def put(text: str) -> None:
    """Put a text into the editor, in place of what is there. Call this function before `edit`."""
    st.session_state[KEY] = {"value": text}
    st.session_state["sql_version"] = st.session_state.get("sql_version", 0) + 1


def text() -> str:
    """Return the text of the editor, as the page knows it."""
    return str(st.session_state.get(KEY, {}).get("value") or "")


def edit(
    words: Words, views: Sequence[DescribedView], names: Vocabulary, problem: Problem | None, first: str
) -> Edited:
    """Draw the editor. `first` is its text when the page opens."""
    said = words.sql_page
    if "sql_version" not in st.session_state:
        put(first)
    edited = _component()(
        key=KEY,
        data={
            "value": text(),
            "version": st.session_state["sql_version"],
            "tables": {
                view.name: [{"name": each.name, "type": each.type, "text": each.text} for each in view.columns]
                for view in views
            },
            "functions": names.functions,
            "keywords": _keywords(names, views),
            "types": names.types,
            "problem": problem and _mark(problem, text()),
            "label": said.editor,
            "placeholder": said.placeholder,
            "completions": said.completions,
        },
        default={"value": text()},
        on_value_change=_nothing,
        on_run_change=_nothing,
    )
    asked = edited.run is not None
    return Edited(str((edited.run if asked else edited.value) or "")[:LONGEST_QUERY], asked)


def _keywords(names: Vocabulary, views: Sequence[DescribedView]) -> list[str]:
    """Return the engine's keywords without those that are read as names here: units of time and stable columns."""
    columns = {column.name.upper() for view in views if view.stable for column in view.columns} - {"END"}
    return [each for each in names.keywords if each not in columns | _UNITS]


def _mark(problem: Problem, written: str) -> dict[str, int | str]:
    """Return a problem with its place in UTF-16 units, as a browser counts them."""

    def units(place: int) -> int:
        return len(written[:place].encode("utf-16-le", "surrogatepass")) // 2

    return {"from": units(problem.place.start), "to": units(problem.place.end), "message": problem.message}


def _nothing() -> None: ...
