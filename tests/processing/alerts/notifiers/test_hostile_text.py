"""Text of the network that tries to break out of each channel's markup: what the channel's server receives."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import SecretStr

from processing.alerts.notification import Outcome, Step
from processing.alerts.notifiers.mail import open_mail
from processing.alerts.notifiers.text import one_line
from processing.plain_text import plain
from tests.support.channels.kinds import APPRISE, CHANNEL_KINDS, ChannelKind, running
from tests.support.channels.messages import ATTACKS, LINKS, a_message, a_notification
from tests.support.channels.receiver import Received
from tests.support.mail_server import Inbox, mail_options, mail_server

MAIL_TAGS = {
    *("html", "head", "meta", "body", "h2", "h3", "p", "br", "hr", "span", "a", "pre", "blockquote"),
    *("table", "tr", "th", "td"),
}
VOID = {"meta", "br", "hr"}

FOUND_BY_PROGRAMS = re.compile(r"[@#$＠＃]\w|(?<!\w)/\w|\w[.。．｡]\w|://")
"""What chats make a mention, a tag, a command or a link of."""

STEERING = {chr(point) for first, last in ((0x202A, 0x202E), (0x200E, 0x200F)) for point in range(first, last + 1)}
HIDDEN = {"\u200b", "\ufeff", "\u00ad", "\u061c", "\U000e0041"}

attack = pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
each_kind = pytest.mark.parametrize("kind", [*CHANNEL_KINDS, APPRISE], ids=lambda kind: kind.name)


def told(kind: ChannelKind, text: str, **fields: Any) -> list[Received]:
    """What a channel receives of a first step and, as a digest and as a step with a root, of the same text."""
    message = a_message(text, parts=(a_message(text), a_message(text)))
    with running(kind) as (_, notifier, server):
        first = notifier.notify(a_notification(message=message, **fields))
        grew = notifier.notify(a_notification(Step.GREW, message=message, root=first.message_id, **fields))
        assert (first.outcome, grew.outcome) == (Outcome.SENT, Outcome.SENT)
        return server.received


def strings(value: Any) -> Iterator[str]:
    """All strings of a JSON value, but for addresses, SQL and the key that nobody sees."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in {"url", "href", "sql", "client_url", "generatorURL"}:
                yield from strings(each)


@each_kind
@attack
def test_no_control_character_and_no_mark_of_direction_arrives(kind: ChannelKind, text: str) -> None:
    for received in told(kind, text):
        for each in strings(received.json):
            controls = {letter for letter in each if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}} - {"\n"}
            assert not controls
            assert not STEERING & set(each)
            assert not HIDDEN & set(each)
            assert sum(each.count(opens) for opens in "\u2066\u2067\u2068") == each.count("\u2069")


@each_kind
@attack
def test_a_message_stays_small(kind: ChannelKind, text: str) -> None:
    assert all(len(received.body) < 60_000 for received in told(kind, text))


@attack
def test_slack_receives_texts_as_data(text: str) -> None:
    for received in told(CHANNEL_KINDS[0], text):
        body = received.json
        assert not set("<>") & set(body["text"])
        assert (body["mrkdwn"], body["parse"], body["link_names"]) == (False, "none", False)
        assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
        assert not FOUND_BY_PROGRAMS.search(_without_links(body["text"]))
        (block,) = body["blocks"]
        assert block["type"] == "rich_text"
        for part in block["elements"]:
            assert part["type"] in {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}
            for element in part["elements"]:
                assert element["type"] in {"text", "link"}
                assert element["text"]
                assert element.keys() <= {"type", "text", "style", "url"}
                assert element.get("url") in {None, *LINKS}
    shown = told(CHANNEL_KINDS[0], text)[0].json["blocks"][0]["elements"]
    assert one_line(text) in {element["text"] for part in shown for element in part["elements"]}


def _without_links(text: str) -> str:
    for link in LINKS:
        text = text.replace(link, "").replace(link.replace("&", "&amp;"), "")
    return re.sub(r"https:\S*banwatch\S*", "", text)


@attack
def test_telegram_finds_nothing_to_link_and_every_entity_lies_in_the_text(text: str) -> None:
    for received in told(CHANNEL_KINDS[1], text):
        body = received.json
        units = body["text"].encode("utf-16-le")
        assert "parse_mode" not in body
        assert body["link_preview_options"] == {"is_disabled": True}
        assert 0 < len(units) // 2 <= 4096
        code = bytearray(units)
        for entity in body["entities"]:
            begun, ended = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            assert 0 <= begun < ended <= len(units)
            units[begun:ended].decode("utf-16-le")
            assert entity["type"] in {"bold", "blockquote", "pre", "text_link"}
            assert entity.get("url") in {None, *LINKS}
            if entity["type"] == "pre":
                code[begun:ended] = " ".encode("utf-16-le") * entity["length"]
        assert not FOUND_BY_PROGRAMS.search(code.decode("utf-16-le"))


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@attack
def test_matrix_receives_escaped_html_and_pings_nobody(text: str) -> None:
    for received in told(CHANNEL_KINDS[2], text):
        for content in (received.json, received.json.get("m.new_content", received.json)):
            markup = _Markup()
            markup.feed(content["formatted_body"])
            assert set(markup.tags) <= {"p", "strong", "a", "blockquote", "pre", "code"}
            assert markup.open == []
            assert all(name == "href" and value in LINKS for name, value in markup.attributes)
            assert content["m.mentions"] == {}
            assert not FOUND_BY_PROGRAMS.search(_without_links(content["body"]))


@attack
def test_pagerduty_and_alertmanager_receive_no_markup_and_no_post(text: str) -> None:
    for kind in (CHANNEL_KINDS[3], CHANNEL_KINDS[4]):
        for received in told(kind, text):
            shown = json.dumps(received.json, ensure_ascii=False)
            assert not set("<>`") & set(shown)
            assert "coral.example" not in shown
            for alert in received.json if isinstance(received.json, list) else []:
                assert not FOUND_BY_PROGRAMS.search(alert["annotations"]["summary"])


@attack
def test_a_webhook_receives_texts_as_they_came_and_less_than_20_kb(text: str) -> None:
    for received in told(CHANNEL_KINDS[5], text):
        assert len(received.body) < 20_000
        assert received.json["data"]["message"]["title"] == one_line(text).encode("utf-8", "replace").decode()


@attack
def test_apprise_receives_no_markup_and_nothing_to_link_but_our_addresses(text: str) -> None:
    for received in told(APPRISE, text):
        title, body = received.json["title"], received.json["message"]
        assert not set("<>[]`") & set(title + body)
        assert not FOUND_BY_PROGRAMS.search(title)
        assert not FOUND_BY_PROGRAMS.search(_without_links(body))
        assert all(link in body.split() for link in LINKS)
        assert "SELECT" not in body


@attack
def test_a_mail_gets_no_header_and_no_element_and_only_our_links(text: str) -> None:
    line = plain(text)
    with mail_server(inbox := Inbox(), None) as port:
        options = mail_options(port, None, security="none", user="", password=SecretStr(""))
        message = a_message(line, parts=(a_message(line),))
        assert open_mail("desk", options).notify(a_notification(message=message)).outcome is Outcome.SENT

    [mail] = inbox.mails
    [envelope] = inbox.envelopes
    assert (envelope.rcpt_tos, mail["Bcc"], mail["Cc"]) == (["desk@example.org"], None, None)
    html = mail.get_body(("html",))
    assert html is not None
    markup = _Markup()
    markup.feed(html.get_content())
    assert set(markup.tags) <= MAIL_TAGS
    assert markup.open == []
    assert {value for name, value in markup.attributes if name == "href"} <= LINKS
    assert not {name for name, _ in markup.attributes} & {"onmouseover", "onclick", "src"}
    body = mail.get_body(("plain",))
    assert body is not None
    for shown in (body.get_content(), " ".join(markup.texts)):
        assert not FOUND_BY_PROGRAMS.search(_without_links(shown))


@each_kind
def test_an_address_that_is_not_safe_is_no_link(kind: ChannelKind) -> None:
    unsafe = "javascript:alert(1)"
    quotes = tuple(
        _with_url(a_message().quotes[0], url) for url in (unsafe, "https://evil.example/\n<!here>", "tg://x")
    )
    with running(kind) as (_, notifier, server):
        assert notifier.notify(a_notification(message=a_message(quotes=quotes))).outcome is Outcome.SENT

        assert server.received
        assert not any("javascript" in received.body.decode() for received in server.received)
        assert not any("evil.example" in received.body.decode() for received in server.received)
        assert not any("tg://" in received.body.decode() for received in server.received)


def _with_url(quote: Any, url: str) -> Any:
    return replace(quote, url=url)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo  three\t", "one two three"),
        ("\u2068isolated\u2069", "\u2068isolated\u2069"),
        ("\u2068open", "\u2068open\u2069"),
        ("closed\u2069 \u2068open", "closed \u2068open\u2069"),
        ("\u202egnp", "gnp"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\x00\x1b", ""),
    ],
)
def test_a_line_keeps_what_is_meant(text: str, line: str) -> None:
    assert one_line(text) == line


def test_what_is_cut_closes_its_isolates() -> None:
    cut = one_line("\u2068" + "x" * 1000 + "\u2069", 50)

    assert cut.count("\u2068") == cut.count("\u2069") == 1
    assert len(cut) <= 51
