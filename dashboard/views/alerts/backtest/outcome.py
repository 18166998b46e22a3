"""What a tuned rule would have sent, beside what it would have sent as it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import streamlit as st
from markupsafe import Markup

from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import severity_name
from dashboard.markup import element, moment
from dashboard.parts import tables
from dashboard.parts.silences import foreign
from dashboard.rules_backtest import Backtest, BacktestIncident, BacktestMessage, TunedRule
from dashboard.views.alerts.backtest import chart
from dashboard.views.alerts.conversations import step_name

MOST_MESSAGES = 200


def show(stands: Backtest, told: Backtest, tuned: TunedRule, toml: str, words: Words) -> None:
    """Draw both: `stands` is by the rules as they stand, `told` with one of them tuned. `toml` is the tuned rule."""
    page = words.alerts_page
    st.html(element("p", sentence(stands, told, tuned.rule, words), css="bw-sentence", role="status"))
    _channels(stands, told, tuned.rule, words)
    if not told.incidents:
        st.html(element("p", page.try_no_incidents, css="bw-said"))
    else:
        marks = chart.marks_of(told, tuned.rule)
        st.html(chart.legend(tuned, words))
        st.altair_chart(chart.drawn(marks, told, tuned, words), width="stretch", key="try-chart")
        st.caption(chart.sentence(marks, told, words))
        with st.expander(page.try_incidents, icon=":material/table:"):
            _incidents(stands, told, marks, tuned.rule, words)
    with st.expander(page.try_messages, icon=":material/send:"):
        _messages(told, tuned.rule, words)
    if toml:
        with st.expander(page.try_toml, icon=":material/content_copy:"):
            st.caption(page.try_toml_note)
            st.code(toml, language="toml")


def sentence(stands: Backtest, told: Backtest, rule: str, words: Words) -> str:
    """Return what the rule sends a week as it stands, and tuned."""
    before, after = (len(each.of_rule(rule)) for each in (stands, told))
    return words.alerts_page.try_sentence.format(
        tuned=words.decimal(told.a_week(after)),
        stands=words.decimal(stands.a_week(before)),
        start=words.moment(told.start, zoned=False),
        end=words.moment(told.end),
    )


def _channels(stands: Backtest, told: Backtest, rule: str, words: Words) -> None:
    """Draw the messages of the rule at each channel, and those of all rules together."""
    page = words.alerts_page
    before, after = (Counter(message.channel for message in each.of_rule(rule)) for each in (stands, told))
    rows: list[tuple[str, int, int]] = [
        (foreign(each), before[each], after[each]) for each in sorted({*before, *after})
    ]
    rows += [(page.try_all_rules, len(stands.messages), len(told.messages))]
    tables.show(
        (words.incident_page.channel, page.try_stands, page.try_tuned),
        ((name, *(_count(each, told, words) for each in counts)) for name, *counts in rows),
        css="bw-names",
    )


def _count(messages: int, of: Backtest, words: Words) -> Markup:
    week = words.alerts_page.try_a_week.format(count=words.decimal(of.a_week(messages)))
    return element("span", words.number(messages)) + element("span", week, css="bw-detail")


def _incidents(stands: Backtest, told: Backtest, marks: tuple[chart.Mark, ...], rule: str, words: Words) -> None:
    page = words.alerts_page
    first_before, first_after = (_first(each, rule) for each in (stands, told))
    head = (
        page.try_number, page.about, page.try_severity_head, page.try_verdicts,
        words.posts, page.try_people_head, page.try_ratio_head, page.try_stands, page.try_tuned,
    )  # fmt: skip
    tables.show(
        head,
        (
            (
                words.number(mark.number),
                _about(mark.of, words),
                severity_name(words, mark.of.incident.severity),
                page.try_makers[mark.of.incident.verdict],
                words.number(mark.of.incident.observed),
                words.number(mark.of.people),
                words.number(mark.of.incident.ratio) + words.times_normal,
                _told(mark.of, first_before, stands, words),
                _told(mark.of, first_after, told, words),
            )
            for mark in marks
        ),
        css="bw-words",
    )


def _about(of: BacktestIncident, words: Words) -> Markup:
    since = element("span", moment(of.incident.start, words), css="bw-detail")
    return element("span", incident_name(of.incident, words)) + " " + since


def _first(of: Backtest, rule: str) -> dict[str, BacktestMessage]:
    """Return, for each incident, the first message in which a rule tells of it."""
    found: dict[str, BacktestMessage] = {}
    for each in of.messages:
        for part in each.parts:
            if part.rule == rule:
                found.setdefault(part.about, each)
    return found


def _told(of: BacktestIncident, first: dict[str, BacktestMessage], by: Backtest, words: Words) -> Markup:
    """Return when this rule first tells of an incident, or why nobody is told."""
    page, message = words.alerts_page, first.get(of.incident.id)
    if message is not None:
        return Markup("● ") + moment(message.at, words)
    reason = by.untold.get(of.incident.id)
    said = page.try_by_others if reason is None else words.incident_page.outcomes.get(reason, reason)
    return Markup("□ ") + element("span", said)


def _messages(told: Backtest, rule: str, words: Words) -> None:
    page, names = words.alerts_page, {each.incident.id: each for each in told.incidents}
    messages = told.of_rule(rule)
    if not messages:
        st.html(element("p", page.try_no_messages, css="bw-said"))
        return
    if len(messages) > MOST_MESSAGES:
        st.caption(page.try_newest.format(count=words.number(MOST_MESSAGES)))
    incident = words.incident_page
    tables.show(
        (incident.when, incident.channel, incident.step),
        (
            (moment(each.at, words), foreign(each.channel), Markup("").join(_parts(each, names, words)))
            for each in messages[-MOST_MESSAGES:]
        ),
        css="bw-words",
    )


def _parts(message: BacktestMessage, names: dict[str, BacktestIncident], words: Words) -> Iterator[Markup]:
    for part in message.parts:
        about = element("span", incident_name(names[part.about].incident, words))
        yield element("div", element("b", step_name(part.step, words)), " ", about)
