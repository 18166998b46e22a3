"""The page "Alerts": who is told of what, who was told, and whether the messages arrive.

What changes updates by itself: channels, conversations, what a rule would have sent, and deliveries. Silences have an
operator's controls, and rules change with their file, so these are drawn with the whole page.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.context import Context
from dashboard.markup import element
from dashboard.parts import live
from dashboard.views.alerts import backtest, channels, conversations, deliveries, rules, silences
from dashboard.views.alerts.report import Told, told


def show(context: Context) -> None:
    """Draw the page."""
    page = context.words.alerts_page
    st.header(page.channels, anchor=False)
    live.show("channels", _part, context, channels.show)
    st.header(page.conversations, anchor=False)
    live.show("conversations", _part, context, conversations.show)
    st.header(page.silences, anchor=False)
    _part(context, silences.show)
    st.header(page.rules, anchor=False)
    rules.show(context)
    st.header(page.backtest, anchor=False)
    backtest.show(context)
    st.header(page.deliveries, anchor=False)
    chosen = deliveries.choice(context)
    live.show("deliveries", deliveries.show, context, chosen)


def _part(context: Context, draw: Callable[[Context, Told], None]) -> None:
    """Draw a part with what was told, or say why that cannot be had."""
    found = context.asked(lambda: told(context.settings))
    if isinstance(found, str):
        st.html(element("p", found, css="bw-warning"))
        return
    draw(context, found)
