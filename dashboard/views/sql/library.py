"""The example questions and the saved queries, to be put into the editor."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.context import Context, connection
from dashboard.markup import literal
from dashboard.parts import access
from dashboard.parts.desk import written
from dashboard.services import Desk
from dashboard.views.sql import editor
from processing import queries
from processing.contract import SavedQuery
from processing.plain_text import plain
from processing.queries import StoreRefused

LONGEST_NAME = 100
UNKNOWN_TABLE = 60


def show(context: Context) -> None:
    """Draw the two lists, and for operators the controls that save and remove a query."""
    words = context.words.sql_page
    kept = context.asked(lambda: _saved(context))
    saved = {each.name: each for each in kept} if isinstance(kept, tuple) else {}
    examples, own, keep = st.columns([5, 5, 2], vertical_alignment="bottom")
    with examples:
        questions = {each.name: each.sql for each in context.services.examples(context.filters.watch.root)}
        _list(words.examples, "sql_example", questions, words.choose_example, words.question)
    with own:
        texts = {name: each.sql for name, each in saved.items()}
        _list(words.saved, "sql_saved", texts, words.choose_saved if saved else words.no_saved, plain)
    with keep:
        _keep(context, saved)
    chosen = saved.get(st.session_state.get("sql_saved") or "")
    if chosen is not None:
        st.caption(words.by.format(by=literal(chosen.by), at=context.words.moment(chosen.at)))
    if isinstance(kept, str):
        st.caption(kept)


def _saved(context: Context) -> tuple[SavedQuery, ...]:
    try:
        return queries.saved_queries(connection(context.settings))
    except StoreRefused as refusal:
        if refusal.code != UNKNOWN_TABLE:
            raise
        return ()  # the store has not been migrated yet


def _list(label: str, key: str, texts: dict[str, str], hint: str, name: Callable[[str], str]) -> None:
    def take() -> None:
        if (chosen := st.session_state[key]) in texts:
            editor.put(texts[chosen])
            st.query_params.pop("q", None)
            st.session_state["sql_name"] = chosen if key == "sql_saved" else ""

    st.selectbox(
        label,
        list(texts),
        index=None,
        key=key,
        placeholder=hint,
        format_func=name,
        on_change=take,
        disabled=not texts,
    )


def _keep(context: Context, saved: dict[str, SavedQuery]) -> None:
    words, desk = context.words.sql_page, context.services.desk
    with st.popover(words.save, icon=":material/save:", width="stretch"):
        reason = access.why_not(context)
        if reason or desk is None:
            st.caption(reason)
            return
        st.caption(words.save_note)
        chosen = str(st.session_state.get("sql_saved") or "")
        name = st.text_input(words.save_name, max_chars=LONGEST_NAME, key="sql_name").strip()
        if st.button(words.save, key="sql_save", type="primary"):
            _save(context, desk, name)
        if chosen in saved and st.button(words.forget.format(name=literal(chosen)), key="sql_forget"):
            _forget(context, desk, chosen)


def _save(context: Context, desk: Desk, name: str) -> None:
    words, text = context.words.sql_page, editor.text()
    if not (name and text.strip()):
        st.warning(words.save_empty)
        return
    said = words.saved_as.format(name=literal(name))
    written(context, lambda: desk.save_query(name, text, context.viewer.name), said=said)


def _forget(context: Context, desk: Desk, name: str) -> None:
    said = context.words.sql_page.forgotten.format(name=literal(name))
    written(context, lambda: desk.forget_query(name, context.viewer.name), said=said)
