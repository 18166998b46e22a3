"""What a rule would have sent: the reader tunes it, and sees at once what it would have told of the past.

The watch is rehearsed once for each range, for all readers, and beside the page. Tuning a rule only applies the rules
to what that watch saw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import streamlit as st

from dashboard.alert_rules import Rules
from dashboard.context import Context, which_store
from dashboard.markup import element, filled, moment
from dashboard.parts import live
from dashboard.parts.known import present
from dashboard.rehearsals import LONGEST, Answer, Ready, Rehearsals, TooLong, Underway
from dashboard.rules_backtest import Backtest, Backtests, Rehearsal, TunedRule
from dashboard.views.alerts.backtest import controls, outcome
from dashboard.views.alerts.backtest.span import Length, Span, span_of
from processing import queries

PATIENCE = timedelta(seconds=30)
"""So long a rehearsal waits for one answer of the store: no reader waits for it."""


def show(context: Context) -> None:
    """Draw the controls, and what the tuned rule would have sent."""
    page = context.words.alerts_page
    lent, backtests = context.services.rules, context.services.backtests
    if lent is None or backtests is None:
        st.info(page.rules_missing)
        return
    rules = lent()
    of_surges = [each for each in rules.rules if not each.itself]
    if not of_surges:
        st.html(element("p", page.try_no_rules, css="bw-said"))
        return
    st.caption(page.try_note)
    if rules.faults:
        st.caption(page.rules_kept)
    length, tuned = controls.show(of_surges, context.words)
    live.show("backtest", _draw, context, backtests, rules, length, tuned)


def _draw(context: Context, backtests: Backtests, rules: Rules, length: Length, tuned: TunedRule) -> None:
    """Draw what would have been sent, or why that is not known."""
    found = context.asked(lambda: _asked(context, backtests, length))
    if isinstance(found, str):
        st.html(element("p", found, css="bw-warning"))
        return
    span, answer = found
    match answer:
        case Underway(reached):
            _underway(span, reached, context)
        case Exception():
            _too_long(span, context)
        case Ready(rehearsal, number):
            stands, told = (_told(number, rules, each, backtests, rehearsal) for each in (None, tuned))
            outcome.show(stands, told, tuned, backtests.toml(tuned), context.words)


def _asked(context: Context, backtests: Backtests, length: Length) -> tuple[Span, Answer] | str:
    """Return the rehearsal of a range, or a sentence that tells the reader why there can be none.

    Raises:
        StoreUnavailable: the store does not answer now, or did not while it was asked for the rehearsal.
        StoreRefused: the store refused a query likewise.
    """
    page, known = context.words.alerts_page, present(context.settings)
    if known is None:
        return context.words.empty
    if known.is_behind:
        return page.try_behind
    span = span_of(length, known)
    if span is None:
        return page.try_too_young
    address = replace(context.settings.clickhouse, timeout=PATIENCE)

    def run(reached: Callable[[datetime], None]) -> Rehearsal:
        with queries.connect(address) as reader:
            return backtests.rehearse(reader, span.start, span.end, reached)

    answer = rehearsals().ask((which_store(context.settings), span), run)
    if isinstance(answer, Exception) and not isinstance(answer, TooLong):
        raise answer
    return span, answer


def _underway(span: Span, reached: datetime | None, context: Context) -> None:
    words, page = context.words, context.words.alerts_page
    if reached is None:
        st.progress(0.0, page.try_waits)
        return
    said = page.try_underway.format(
        start=words.moment(span.start, zoned=False), end=words.moment(span.end), reached=words.moment(reached)
    )
    st.progress((reached - span.start) / (span.end - span.start), said)


def _too_long(span: Span, context: Context) -> None:
    words = context.words
    start, end = (moment(each, words) for each in (span.start, span.end))
    said = filled(words.alerts_page.try_too_long, start=start, end=end, limit=words.duration(LONGEST))
    st.html(element("p", said, css="bw-warning"))


@st.cache_resource(max_entries=64, show_spinner=False)
def _told(
    number: int,  # noqa: ARG001 - of the rehearsal; with the rules it tells the answers in the cache apart
    rules: Rules,  # noqa: ARG001
    tuned: TunedRule | None,
    _backtests: Backtests,
    _rehearsal: Rehearsal,
) -> Backtest:
    """Return what the rules would have sent. Readers who tune alike share it."""
    return _backtests.told(_rehearsal, tuned)


@st.cache_resource(show_spinner=False)
def rehearsals() -> Rehearsals:
    """Return the rehearsals of all readers."""
    return Rehearsals()
