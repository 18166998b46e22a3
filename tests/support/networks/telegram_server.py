"""A local t.me: public previews of channels, twenty messages a page, as the site shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.support.serving import Asked, Says

START = datetime(2020, 7, 10, 12, 0, tzinfo=UTC)
PAGE = 20
NOTHING = (
    '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message_centered">'
    '<div class="tme_no_messages_found">No posts found</div></div></div>'
)


@dataclass
class Site:
    """Channels by lower-case name: messages (HTML of their text, or of the whole block) by number."""

    channels: dict[str, dict[int, str]] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    """What stands in the place of the number of subscribers, for names that have no preview."""
    says: Callable[[Asked], Says | None] = lambda asked: None
    busy: list[str | None] = field(default_factory=list)
    """The `before` of pages that show nothing when they are asked for next, since the site has too much to do."""

    def __call__(self, asked: Asked) -> Says:
        if special := self.says(asked):
            return special
        preview, name = asked.path.startswith("/s/"), asked.path.rsplit("/", 1)[-1].lower()
        if preview and name not in self.channels:
            return Says(status=302, headers={"Location": f"https://t.me/{name}"})
        if not preview:
            return html(f'<div class="tgme_page"><div class="tgme_page_extra">{self.closed.get(name, "")}</div></div>')
        if (wanted := asked.parameters.get("before")) in self.busy:
            self.busy.remove(wanted)
            return page()
        before = int(wanted or 10**9)
        shown = [number for number in sorted(self.channels[name]) if number < before][-PAGE:]
        return page(*(self.channels[name][number] for number in shown))


def page(*blocks: str) -> Says:
    """A preview with these messages."""
    shown = "".join(blocks) or NOTHING
    return html(f'<section class="tgme_channel_history js-message_history">{shown}</section>')


def html(body: str) -> Says:
    content = f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>'.encode()
    return Says(content, headers={"Content-Type": "text/html; charset=utf-8"})


def message(channel: str, number: int, text: str | None, *, at: datetime | None = None, more: str = "") -> str:
    """One message's block."""
    moment = (at or START + timedelta(minutes=number)).isoformat()
    shown = "" if text is None else f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
    time = f'<time datetime="{moment}"></time>'
    link = f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}">{time}</a>'
    return (
        f'<div class="tgme_widget_message_wrap"><div class="tgme_widget_message js-widget_message" '
        f'data-post="{channel}/{number}"><div class="tgme_widget_message_bubble">'
        f'<div class="tgme_widget_message_author"><a href="https://t.me/{channel}"><span>{channel}</span></a></div>'
        f"{more}{shown}"
        f'<div class="tgme_widget_message_footer"><span class="tgme_widget_message_views">1.2K</span>{link}</div>'
        f"</div></div></div>"
    )


def service(channel: str, number: int) -> str:
    """What Telegram itself says in a channel."""
    return message(channel, number, f"{channel} pinned something").replace(
        "tgme_widget_message js", "tgme_widget_message service_message js"
    )


def a_channel(name: str, numbers: range, text: str = "post {}") -> dict[int, str]:
    return {number: message(name, number, text.format(number)) for number in numbers}
