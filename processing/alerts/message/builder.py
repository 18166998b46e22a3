"""From what there is to tell to a message in the channel's language: pure."""

from __future__ import annotations

from dataclasses import replace

from processing.alerts.message.chart import timeline
from processing.alerts.message.incident import incident_message
from processing.alerts.message.wording import Wording
from processing.alerts.news import ChannelNews, ChannelTest, DigestNews, IncidentNews, News, SourceNews
from processing.alerts.notification import Fact, Message, Outcome, Step
from processing.plain_text import LONGEST_LINE

MOST_PARTS = 50


def build(news: News, wording: Wording) -> Message:
    """Return the message. Whatever posts contain, it is plain text; see `Message`."""
    match news:
        case IncidentNews():
            message = incident_message(news, wording)
            drawn = timeline(news.picture, wording.zone) if wording.charts and news.picture else None
            return replace(message, chart=drawn)
        case SourceNews():
            return _of_source(news, wording)
        case ChannelNews():
            return _of_channel(news, wording)
        case DigestNews():
            return _of_several(news, wording)
        case ChannelTest():
            return _of_test(news, wording)


def _of_source(news: SourceNews, wording: Wording) -> Message:
    phrases, source, since = wording.phrases, wording.foreign(news.source), wording.moment(news.since)
    if news.step is Step.DATA_BACK:
        facts = (
            Fact(phrases.silent_from, since),
            Fact(phrases.lasted, wording.duration(news.at - news.since)),
        )
        return Message(language=wording.language, title=phrases.data_back.format(source=source), facts=facts)
    title = phrases.no_data.format(source=source, start=since)
    return Message(language=wording.language, title=title, notes=(phrases.no_data_note,))


def _of_channel(news: ChannelNews, wording: Wording) -> Message:
    phrases = wording.phrases
    channel = wording.foreign(news.channel)
    if news.outcome is Outcome.SENT:
        return Message(language=wording.language, title=phrases.channel_works.format(channel=channel))
    reason = phrases.outcomes.get(news.outcome, news.outcome.value)
    detail = wording.foreign(news.detail, LONGEST_LINE)
    facts = [
        Fact(phrases.failures, wording.number(news.failures)),
        Fact(phrases.reason, f"{reason}: {detail}" if detail else reason),
    ]
    if news.waiting:
        facts.append(Fact(phrases.waiting, wording.number(news.waiting)))
    return Message(
        language=wording.language,
        title=phrases.channel_failed.format(channel=channel),
        facts=tuple(facts),
        notes=(phrases.kept,) if news.waiting else (),
    )


def _of_several(news: DigestNews, wording: Wording) -> Message:
    """One message over its parts. One part is no digest."""
    parts = tuple(build(part, replace(wording, charts=False)) for part in news.parts[:MOST_PARTS])
    if len(parts) == 1:
        return build(news.parts[0], wording)
    left_out = len(news.parts) - len(parts)
    notes = [wording.phrases.digest_of[news.why]]
    if left_out:
        notes.append(wording.phrases.left_out.format(count=wording.number(left_out)))
    title = wording.phrases.digest.format(count=wording.number(len(news.parts)))
    return Message(language=wording.language, title=title, notes=tuple(notes), parts=parts)


def _of_test(news: ChannelTest, wording: Wording) -> Message:
    title = wording.phrases.test.format(channel=wording.foreign(news.channel))
    return Message(language=wording.language, title=title, notes=(wording.phrases.test_note,))
