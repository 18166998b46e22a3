"""The channels: whether each works, when it last did, and what waits for it. One that fails comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st
from markupsafe import Markup

from dashboard.alert_rules import Channel, Rules
from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, filled, moment
from dashboard.parts.silences import foreign
from dashboard.views.alerts.report import COUNTED, Told
from processing.plain_text import displayable
from processing.queries import ChannelRecord

LONGEST_DETAIL = 200


@dataclass(frozen=True)
class Standing:
    """A channel with what came of telling it; `channel` is None where the rules have it no longer."""

    record: ChannelRecord
    channel: Channel | None


def show(context: Context, told: Told) -> None:
    """Draw a sentence about all channels, and a card for each."""
    words, page = context.words, context.words.alerts_page
    lent = context.services.rules
    rules = Rules() if lent is None else lent()
    found = standings(rules, told)
    if not found:
        st.info(page.no_channels)
        return
    fail = sum(each.record.fails for each in found)
    sentence = page.some_fail(fail) if fail else page.all_work(len(found))
    if any(each.record.tried_at for each in found):
        st.html(element("p", sentence, css="bw-warning bw-fault" if fail else "bw-said"))
    st.html(element("div", *(_card(each, rules, told, words) for each in found), css="bw-channels"))
    if len(rules.channels) > 1 and not rules.report_failures_to and not any(each.itself for each in rules.rules):
        st.caption(page.nobody_hears_of_failures)


def standings(rules: Rules, told: Told) -> list[Standing]:
    """Return every channel of the rules and of the deliveries, those that fail first."""
    records = {each.channel: each for each in told.channels}
    channels = {each.name: each for each in rules.channels}
    names = [*channels, *(name for name in records if name not in channels)]
    found = [Standing(records.get(name, ChannelRecord(name)), channels.get(name)) for name in names]
    return sorted(found, key=lambda each: (not each.record.fails, each.channel is None))


def _card(of: Standing, rules: Rules, told: Told, words: Words) -> Markup:
    page, record = words.alerts_page, of.record
    sign, name, css = (
        ("✕", page.channel_fails, "bw-fails")
        if record.fails
        else ("✓", page.channel_works, "bw-works")
        if record.tried_at
        else ("–", page.channel_untried, "bw-untried")
    )
    head = element(
        "header",
        element("span", foreign(record.channel), css="bw-card-title"),
        element("span", element("span", sign, **{"aria-hidden": "true"}), " ", name, css="bw-channel-state"),
    )
    about = Markup(" ").join(element("span", each) for each in _about(of, rules, words))
    return element(
        "article",
        head,
        element("p", about, css="bw-note"),
        element("dl", *_figures(record, told, words), css="bw-facts"),
        css=f"bw-channel {css}",
    )


def _about(of: Standing, rules: Rules, words: Words) -> Iterator[str]:
    page, channel = words.alerts_page, of.channel
    if channel is None:
        if rules.channels:
            yield page.channel_gone
        return
    yield filled(page.channel_kind, kind=foreign(channel.kind), language=language_name(words, channel.language)) + "."
    if channel.budget is not None:
        yield page.channel_budget.format(count=words.number(channel.budget))
    if rules.report_failures_to == channel.name:
        yield page.channel_hears_of_failures
    elif not any(channel.name in rule.channels for rule in rules.rules):
        yield page.channel_unnamed


def _figures(record: ChannelRecord, told: Told, words: Words) -> Iterator[Markup]:
    page = words.alerts_page
    yield _figure(page.last_success, moment(record.sent_at, words) if record.sent_at else page.never)
    yield _figure(page.attempts.format(days=words.number(COUNTED.days)), words.number(record.attempts))
    yield _figure(page.failures, words.number(record.failures))
    yield _figure(page.waiting, _waiting(record, told, words))
    if record.held:
        outcomes = words.incident_page.outcomes
        held = (
            words.colon.format(name=outcomes.get(reason, reason), value=words.number(count))
            for reason, count in record.held
        )
        yield _figure(page.held, words.separator.join(held), wide=True)
    if record.fails and record.tried_at is not None:
        reason = words.incident_page.outcomes.get(record.reason, record.reason)
        said = Markup(" ").join((moment(record.tried_at, words) + words.separator + reason, _detail(record.detail)))
        yield _figure(page.last_attempt, said, wide=True)


def _waiting(record: ChannelRecord, told: Told, words: Words) -> Markup:
    page = words.alerts_page
    if not record.waiting or record.due is None:
        return Markup("{}").format(page.nothing)
    sentence = page.waiting_since if record.due <= told.at else page.waiting_until
    return filled(sentence, count=words.number(record.waiting), due=moment(record.due, words))


def _detail(detail: str) -> Markup:
    shown = " ".join(displayable(detail, LONGEST_DETAIL).split())
    return element("bdi", shown, css="bw-detail", dir="ltr") if shown else Markup("")


def _figure(name: str, value: str, *, wide: bool = False) -> Markup:
    return element("div", element("dt", name), element("dd", value), css="bw-wide" if wide else "")
