"""Parts of a page that update by themselves.

Streamlit's own `run_every` redraws a part whatever its reader does. A redraw moves the focus of a screen reader or of a
keyboard back to the start, and takes the tooltip of a chart away. So a script in the browser asks for each update, and
waits while the reader is inside the part and while the page is hidden.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec

import streamlit as st
import structlog

from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.markup import element

log = structlog.get_logger()

P = ParamSpec("P")

_SCRIPT = Path(__file__).parents[1] / "static" / "live.js"
_clock = st.components.v2.component("live", js=_SCRIPT.read_text())


def show(
    name: str, draw: Callable[Concatenate[Context, P], None], context: Context, *args: P.args, **kwargs: P.kwargs
) -> None:
    """Draw a part with `draw(context, ...)` now, and again after each `dashboard_refresh` without a reader's action.

    `name` is unique on the page. The part waits for a second after a click or a key; while the reader has the focus of
    the keyboard in it, points at a chart, a table or a post, has marked text in it or has opened a table of a claim;
    while the page is hidden; and if the reader has switched updates off.
    A part holds what changes, and no filter. One that fails says so, stops no other, and is drawn again like any other.
    """

    def part() -> None:
        with st.container(key=f"live-{name}"):
            try:
                draw(context, *args, **kwargs)
            except Exception:  # noqa: BLE001 - Streamlit would end the page here, and no clock would ask again
                _failed(name, context.words)
            if context.live:
                every, held = context.settings.dashboard_refresh.total_seconds(), context.words.held
                data = {"every": every, "held": held, "drawn": time.monotonic_ns()}
                _clock(key=f"clock-{name}", data=data, on_due_change=_nothing)

    st.fragment(part)()


def _failed(name: str, words: Words) -> None:
    log.exception("a part of the page failed", part=name)
    st.html(element("p", words.part_failed, css="bw-warning"))


def _nothing() -> None: ...
