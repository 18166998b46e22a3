"""The rules of alerts as sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import time, timedelta

from pydantic import SecretStr

from processing.alerts.rule_fields import span_text
from processing.alerts.rules import AlertRule, Channel, RuleBook, RuleSubject
from processing.alerts.settings import holds_secret


def rule_book_lines(book: RuleBook) -> Iterator[str]:
    """Yield a sentence for each channel and each rule, and one for the reports of failures."""
    named = {channel for rule in book.rules for channel in rule.channels} | {book.report_failures_to}
    for channel in book.channels.values():
        yield f"Channel {channel.name}: {channel_sentence(channel, named)}"
    for rule in book.rules:
        yield f"Rule {rule.name}: {rule_sentence(rule, book.zone.key)}"
    yield _who_hears_of_failures(book)


def _who_hears_of_failures(book: RuleBook) -> str:
    itself = [rule for rule in book.rules if rule.about is RuleSubject.BANWATCH and not rule.sources]
    told = {channel for rule in itself for channel in rule.channels} | {book.report_failures_to} - {""}
    if len(book.channels) < 2:
        return "Nobody hears of a channel that fails: there is no other channel."
    if told:
        return f"{', '.join(sorted(told))} {'hears' if len(told) == 1 else 'hear'} of another channel that fails."
    return "Any other channel may hear of a channel that fails: report_failures_to is not set."


def channel_sentence(channel: Channel, named: Collection[str]) -> str:
    """Return the channel's kind, language, budget and secrets. `named` are the channels that get messages."""
    parts = [channel.kind, f"messages in {channel.language}"]
    if channel.budget is not None:
        parts.append(f"at most {channel.budget} an hour, and the rest in a digest")
    for field, info in type(channel.options).model_fields.items():
        if holds_secret(info.annotation):
            parts.append(f"{field} {'is' if _is_set(getattr(channel.options, field)) else 'is not'} set")
    if channel.name not in named:
        parts.append("no rule names it")
    return f"{', '.join(parts)}."


def _is_set(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def rule_sentence(rule: AlertRule, zone: str) -> str:
    """Return who is told of what, and when, in one sentence."""
    told = f"{', '.join(rule.channels)} {'hears' if len(rule.channels) == 1 else 'hear'} of"
    what = "troubles of banwatch itself" if rule.about is RuleSubject.BANWATCH else " ".join(_what(rule))
    if rule.about is RuleSubject.BANWATCH and rule.sources:
        what += f", of {_or(rule.sources)} alone"
    return "; ".join([f"{told} {what}", *_when(rule, zone)]) + "."


def _what(rule: AlertRule) -> Iterator[str]:
    yield f"{_or(rule.verdicts)} incidents of {rule.topic or 'every topic'}{' and below' if rule.topic else ''}"
    if rule.languages:
        yield f"in {_or(rule.languages)}"
    if rule.sources:
        yield f"from {_or(rule.sources)}"
    yield f"of severity {rule.severity} or above"
    bounds = ((rule.posts, "posts"), (rule.people, "people"), (rule.ratio, "times what is normal"))
    least = [f"{bound:.15g} {what}" for bound, what in bounds if bound]
    if least:
        yield f"with at least {' and '.join(least)}"
    if rule.lasting:
        yield f"that have gone on for {span_text(rule.lasting)}"
    if rule.no_data:
        yield "and of silent sources"


def _when(rule: AlertRule, zone: str) -> Iterator[str]:
    if rule.about is RuleSubject.BANWATCH and (rule.quiet or rule.digest) and not rule.hold_critical:
        yield "what is critical is sent at once"
    if rule.quiet:
        yield f"nothing is sent from {rule.quiet.start:%H:%M} to {rule.quiet.end:%H:%M} {zone}"
    match rule.digest:
        case time() as clock:
            yield f"gathered to one message a day at {clock:%H:%M} {zone}"
        case timedelta() as width:
            yield f"gathered to one message every {span_text(width)}"
    if rule.repeat:
        until = "it ends" if rule.about is RuleSubject.BANWATCH else "somebody acknowledges or it ends"
        yield f"told again every {span_text(rule.repeat)} until {until}"


def _or(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
