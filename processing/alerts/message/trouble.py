"""The message of one step of a trouble of banwatch itself. Its title begins with words that no surge has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from processing.alerts.message.wording import Wording
from processing.alerts.news import TroubleNews
from processing.alerts.notification import Fact, Link, Message, Outcome, Step
from processing.contract import MEGABYTE
from processing.plain_text import LONGEST_LINE
from processing.troubles import Area, Trouble, Unit, over, remedy, sentence


def trouble_message(news: TroubleNews, wording: Wording) -> Message:
    """Return the message of a step."""
    page = wording.health_page()
    return Message(
        language=wording.language,
        title=wording.phrases.itself.format(what=_what(news, wording)),
        facts=tuple(_over(news, wording) if news.step is Step.RESOLVED else _whole(news, wording)),
        notes=(wording.phrases.kept,) if news.waiting else (),
        page=Link(wording.phrases.health_page, page) if page else None,
    )


def _what(news: TroubleNews, wording: Wording) -> str:
    phrases, trouble = wording.phrases, news.trouble
    name = wording.foreign(trouble.subject)
    if news.step is Step.RESOLVED:
        return phrases.trouble_over.format(what=over(trouble, wording.language).format(name=name))
    steps = {Step.GREW: phrases.trouble_grew, Step.REPEATED: phrases.trouble_repeated}
    return steps.get(news.step, phrases.trouble).format(
        severity=phrases.trouble_severity[trouble.severity],
        what=sentence(trouble, wording.language).format(name=name),
    )


def _whole(news: TroubleNews, wording: Wording) -> Iterator[Fact]:
    phrases, trouble = wording.phrases, news.trouble
    yield Fact(phrases.trouble_since, wording.moment(trouble.since))
    if trouble.value is not None:
        yield Fact(
            phrases.failures if trouble.area is Area.CHANNEL else phrases.value, _value(trouble, trouble.value, wording)
        )
    if trouble.threshold is not None:
        yield Fact(phrases.threshold, _value(trouble, trouble.threshold, wording))
    if reason := _reason(trouble, wording):
        yield Fact(phrases.reason, reason)
    if news.waiting:
        yield Fact(phrases.waiting, wording.number(news.waiting))
    yield Fact(phrases.to_do, remedy(trouble, wording.language))


def _over(news: TroubleNews, wording: Wording) -> Iterator[Fact]:
    yield Fact(wording.phrases.trouble_since, wording.moment(news.trouble.since))
    yield Fact(wording.phrases.lasted, wording.duration(news.at - news.trouble.since))


def _reason(trouble: Trouble, wording: Wording) -> str:
    """Return what a channel or a collector said of it."""
    detail = wording.foreign(trouble.detail, LONGEST_LINE)
    if not trouble.reason:
        return detail
    said = wording.phrases.outcomes.get(Outcome(trouble.reason), trouble.reason)
    return f"{said}: {detail}" if detail else said


def _value(trouble: Trouble, value: float, wording: Wording) -> str:
    match trouble.unit:
        case Unit.SHARE:
            return wording.percent(value)
        case Unit.COUNT:
            return wording.number(value)
        case Unit.BYTES:
            return wording.phrases.megabytes.format(number=wording.number(value // MEGABYTE))
        case Unit.SECONDS:
            return wording.duration(timedelta(seconds=value))
