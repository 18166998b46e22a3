"""The rules in plain words: who is told of what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

import streamlit as st
from markupsafe import Markup

from dashboard.alert_rules import Rule
from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, severity_name, topic_name
from dashboard.markup import element, filled
from dashboard.parts.silences import foreign
from dashboard.parts.verdict import name_of
from processing.contract import Severity
from processing.i18n import notation
from processing.plain_text import displayable

LONGEST_FAULT = 500
MOST_FAULTS = 50


def show(context: Context) -> None:
    """Draw the faults of the rules file, and a card for each rule."""
    words, page = context.words, context.words.alerts_page
    if context.services.rules is None:
        st.info(page.rules_missing)
        return
    rules = context.services.rules()
    if rules.faults:
        faults = (
            element("li", element("bdi", displayable(each, LONGEST_FAULT), dir="ltr", lang="en"))
            for each in rules.faults[:MOST_FAULTS]
        )
        st.html(element("div", element("p", page.rules_faulty), element("ol", *faults), css="bw-warning", role="alert"))
        if not rules.rules:
            return
        st.caption(page.rules_kept)
    st.caption(page.rules_note)
    st.html(element("div", *(_card(each, rules.zone, words) for each in rules.rules), css="bw-channels bw-rules"))
    st.caption(page.rules_secrets)


def _card(rule: Rule, zone: str, words: Words) -> Markup:
    page = words.alerts_page
    parts = (
        (page.rule_tells, [_listed(rule.channels, words)]),
        (page.rule_what, list(what(rule, words))),
        (page.rule_when, list(when(rule, zone, words))),
    )
    facts = (
        element("div", element("dt", name), *(element("dd", sentence) for sentence in sentences), css="bw-wide")
        for name, sentences in parts
    )
    name = element("header", element("span", foreign(rule.name), css="bw-card-title"))
    return element("article", name, element("dl", *facts, css="bw-facts"), css="bw-channel")


def what(rule: Rule, words: Words) -> Iterator[Markup]:
    """Yield a sentence for each condition of a rule."""
    yield from _of_itself(rule, words) if rule.itself else _of_surges(rule, words)


def _of_itself(rule: Rule, words: Words) -> Iterator[Markup]:
    page = words.alerts_page
    yield filled(page.rule_itself)
    if rule.sources:
        yield filled(page.rule_itself_sources, sources=_listed(rule.sources, words))


def _of_surges(rule: Rule, words: Words) -> Iterator[Markup]:
    page = words.alerts_page
    yield filled(page.rule_topic, topic=topic_name(words, rule.topic)) if rule.topic else filled(page.rule_any_topic)
    if rule.languages:
        named = words.separator.join(language_name(words, each) for each in rule.languages)
        yield filled(page.rule_languages, languages=named)
    if rule.sources:
        yield filled(page.rule_sources, sources=_listed(rule.sources, words))
    if rule.severity is not Severity.NOTABLE:
        yield filled(page.rule_severity, severity=severity_name(words, rule.severity))
    if rule.posts:
        yield filled(page.rule_posts, count=words.number(rule.posts))
    if rule.people:
        yield filled(page.rule_people, count=words.number(rule.people))
    if rule.ratio:
        yield filled(page.rule_ratio, ratio=least_value(rule.ratio, words))
    yield filled(page.rule_verdicts, verdicts=words.separator.join(name_of(each, words) for each in rule.verdicts))
    if rule.lasting:
        yield filled(page.rule_lasting, duration=words.duration(rule.lasting))
    if rule.no_data:
        yield filled(page.rule_no_data)


def least_value(value: float, words: Words) -> str:
    """Return the bound of a condition as a number, with a decimal where it has one."""
    return words.decimal(value) if value % 1 else words.number(value)


def when(rule: Rule, zone: str, words: Words) -> Iterator[Markup]:
    """Yield a sentence for each thing that decides when a message is sent."""
    page = words.alerts_page
    match rule.digest:
        case time() as at:
            yield filled(page.rule_daily, time=_clock(at, words), zone=zone)
        case timedelta() as width:
            yield filled(page.rule_window, duration=words.duration(width))
        case None:
            yield filled(page.rule_at_once)
    if rule.quiet:
        start, end = rule.quiet
        yield filled(page.rule_quiet, start=_clock(start, words), end=_clock(end, words), zone=zone)
    if rule.itself and not rule.hold_critical and (rule.quiet or rule.digest):
        yield filled(page.rule_critical)
    if rule.repeat:
        repeat = page.rule_itself_repeat if rule.itself else page.rule_repeat
        yield filled(repeat, duration=words.duration(rule.repeat))


def _clock(at: time, words: Words) -> str:
    return notation.with_digits(words.locale, f"{at:%H:%M}")


def _listed(names: tuple[str, ...], words: Words) -> Markup:
    return Markup("{}").format(words.separator).join(map(foreign, names))
