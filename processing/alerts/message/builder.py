"""From what there is to tell to a message in the channel's language: pure."""

from __future__ import annotations

from dataclasses import replace

from processing.alerts.message.chart import timeline
from processing.alerts.message.incident import incident_message
from processing.alerts.message.trouble import trouble_message
from processing.alerts.message.wording import Wording
from processing.alerts.news import ChannelTest, DigestNews, IncidentNews, News, TroubleNews
from processing.alerts.notification import Message

MOST_PARTS = 50


def build(news: News, wording: Wording) -> Message:
    """Return the message. Whatever posts contain, it is plain text; see `Message`."""
    match news:
        case IncidentNews():
            message = incident_message(news, wording)
            drawn = timeline(news.picture, wording.zone) if wording.charts and news.picture else None
            return replace(message, chart=drawn)
        case TroubleNews():
            return trouble_message(news, wording)
        case DigestNews():
            return _of_several(news, wording)
        case ChannelTest():
            return _of_test(news, wording)


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
