"""What a reader tunes of a rule. Everybody who reads the page may: nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import streamlit as st

from dashboard.alert_rules import Rule
from dashboard.i18n import Words
from dashboard.i18n.labels import severity_name
from dashboard.rules_backtest import TunedRule
from dashboard.views.alerts.backtest.span import LENGTHS, Length
from dashboard.views.alerts.rules import least_value
from processing.contract import Severity, VerdictName
from processing.plain_text import displayable

POSTS = (0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
PEOPLE = (0, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
RATIOS = (0.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LONGEST_NAME = 80
Number = TypeVar("Number", int, float)

RULE, LENGTH = "try-rule", "try-length"


def show(rules: Sequence[Rule], words: Words) -> tuple[Length, TunedRule]:
    """Draw the controls, and return the length of time and the tuned rule."""
    page, named = words.alerts_page, {each.name: each for each in rules}
    if st.session_state.get(RULE) not in named:
        st.session_state[RULE] = rules[0].name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            page.try_rule, list(named), key=RULE, format_func=lambda each: displayable(each, LONGEST_NAME), width=320
        )
        st.session_state.setdefault(LENGTH, Length.WEEK)
        st.segmented_control(
            page.try_length,
            list(Length),
            key=LENGTH,
            required=True,
            format_func=lambda each: page.try_days(LENGTHS[each].days),
        )
    return st.session_state[LENGTH], _tuned(named[name], words)


def _tuned(rule: Rule, words: Words) -> TunedRule:
    page = words.alerts_page
    ratio = float(rule.ratio)
    values = (rule.severity, ratio, rule.posts, rule.people, list(rule.verdicts))
    # A rule that has changed in the file is tuned anew.
    keys = [f"try-{field}-{hash(rule):x}" for field in ("severity", "ratio", "posts", "people", "verdicts")]
    own = dict(zip(keys, values, strict=True))
    for key, value in own.items():
        st.session_state.setdefault(key, value)
    of_severity, of_ratio, of_posts, of_people, of_verdicts = keys
    left, right = st.columns(2)
    with left:
        severity = st.select_slider(
            page.try_severity,
            list(Severity),
            format_func=lambda each: severity_name(words, each),
            key=of_severity,
        )
        ratio = _least(page.try_ratio, {*RATIOS, ratio}, of_ratio, words)
    with right:
        posts = _least(page.try_posts, {*POSTS, rule.posts}, of_posts, words)
        people = _least(page.try_people, {*PEOPLE, rule.people}, of_people, words)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        verdicts = st.pills(
            page.try_verdicts,
            list(VerdictName),
            selection_mode="multi",
            wrap=True,
            format_func=page.try_makers.__getitem__,
            key=of_verdicts,
            help=page.try_verdicts_help,
        )
        st.button(page.try_reset, icon=":material/undo:", on_click=st.session_state.update, args=(own,))
    return TunedRule(
        rule=rule.name,
        severity=severity,
        posts=posts,
        people=people,
        ratio=ratio,
        verdicts=tuple(each for each in VerdictName if each in (verdicts or rule.verdicts)),
    )


def _least(label: str, offered: Iterable[Number], key: str, words: Words) -> Number:
    """Draw a slider of a least value. 0 is no condition."""
    return st.select_slider(
        label,
        sorted(offered),
        format_func=lambda each: least_value(each, words) if each else words.alerts_page.try_any,
        key=key,
    )
