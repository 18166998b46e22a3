"""A separate program that reads one page through snscrape for each line of its standard input.

The program shares only lines of JSON with banwatch and imports none of its code. snscrape is under the GPL, replaces
parts of urllib3 in its whole process, sleeps, and may hang. `process.py` bounds the program's time and memory.

    in    {"name": "some_channel", "before": 121, "pages": 1, "cookie": ""}     `before` null: the newest page
    out   {"items": [...], "others": [...], "unreadable": [...], "marks": {...}}, newest first
          or {"failed": "why", "status": 429, "retry_after": "30", "cookie": false}
          `cookie`: the network asks for a cookie, or for another one

The cookie arrives on standard input, because other users can see the arguments and variables of a process. It is sent
only to the network's own address, and no redirect to another host is followed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import json
import re
import resource
import sys
import types
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import lxml.html
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

LONGEST_PAGE = 8 * 1024 * 1024
MOST_NAMES = 10
TIME = "tgme_widget_message_date"
MESSAGE = "//div[contains(concat(' ', @class, ' '), ' tgme_widget_message ') and @data-post]"


class PagesTaken(Exception):
    """The requested number of pages has been read, and the scraper would go on to the next page."""


class Told(Exception):
    """The network did not return the page; the message says what it returned."""


class CookieWanted(Told):
    """The network shows the page only with a cookie, or does not accept the cookie."""


def load(module: str) -> Any:
    """Return one scraper's module.

    `snscrape.modules` loads all scrapers with a function that Python 3.12 removed, so an empty package replaces it.
    Every version of Python uses the same replacement, so only one way needs tests.
    """
    found = importlib.util.find_spec("snscrape")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("snscrape")
    package = types.ModuleType("snscrape.modules")
    package.__path__ = [f"{folder}/modules" for folder in found.submodule_search_locations]
    sys.modules["snscrape.modules"] = package
    return importlib.import_module(f"snscrape.modules.{module}")


class Telegram:
    """t.me/s: repairs a page before snscrape reads it, and records the items that snscrape does not read."""

    module, scraper = "telegram", "TelegramChannelScraper"
    origin, page_path = "https://t.me", "/s/"

    def __init__(self) -> None:
        self.others: list[int] = []
        self.unreadable: list[dict[str, object]] = []
        self.marks: dict[str, object] = {"preview": False, "history": False, "extra": "", "names": []}
        self.about: dict[int, dict[str, object]] = {}

    @staticmethod
    def argument(name: str, before: int | None) -> str:
        """Return the scraper's argument. snscrape appends it to `https://t.me/s/`, so it can carry the page."""
        return name if before is None else f"{name}?before={before}"

    @staticmethod
    def wants_cookie(_status: int, _location: str, _body: bytes) -> bool:
        """Return False, because previews are public."""
        return False

    def mend(self, url: str, body: bytes) -> bytes:
        """Return the page with line breaks kept, links repaired, quotations marked, and unreadable items removed."""
        document = lxml.html.document_fromstring(
            body.strip() or b"<html/>", parser=lxml.html.HTMLParser(encoding="utf-8")
        )
        self.marks = {
            "preview": urlsplit(url).path.startswith(self.page_path),
            "history": bool(document.xpath("//*[contains(@class, 'tgme_channel_history')]")),
            "extra": " ".join("".join(document.xpath("//*[contains(@class, 'tgme_page_extra')][1]//text()")).split()),
            "names": sorted({each.get("data-post").rpartition("/")[0] for each in document.xpath(MESSAGE)})[
                :MOST_NAMES
            ],
        }
        for line_break in document.iter("br"):
            line_break.tail = "\n" + (line_break.tail or "")
        for nowhere in document.xpath("//a[not(@href)]"):
            nowhere.drop_tag()
        for link in document.xpath("//a[@onclick and @href]"):
            # Since April 2024 t.me escapes the address of a link twice if the link asks before it opens.
            link.set("href", link.get("href").replace("&amp;", "&"))
        for quoted in document.xpath("//*[contains(@class, 'js-message_reply_text')]"):
            quoted.set("class", "js-message_reply_text")
        for message in document.xpath(MESSAGE):
            self._note(message)
        return lxml.html.tostring(document, encoding="utf-8")  # type: ignore[no-any-return]

    def _note(self, message: Any) -> None:
        number = message.get("data-post").rsplit("/", 1)[-1]
        if not number.isdigit():
            self._drop(message, 0, f"the message is called {message.get('data-post')!r}")
        elif "service_message" in message.get("class"):
            self.others.append(int(number))
            message.drop_tree()
        elif not _mend_time(message):
            self._drop(message, int(number), "the message shows no time that can be read")
        else:
            self.about[int(number)] = {
                "reply_to": _place(message, "tgme_widget_message_reply"),
                "forwarded": _place(message, "tgme_widget_message_forwarded_from_name"),
            }

    def _drop(self, message: Any, number: int, reason: str) -> None:
        raw = lxml.html.tostring(message, encoding="unicode")
        self.unreadable.append({"id": number, "reason": reason, "raw": raw})
        message.drop_tree()

    def item(self, item: Any) -> dict[str, object]:
        """Return a post as JSON values."""
        channel, number = item.url.rsplit("/", 2)[-2:]
        return {
            "channel": channel,
            "id": int(number),
            "date": item.date.isoformat(),
            "content": item.content,
            "outlinks": item.outlinks,
            "preview": item.linkPreview.href if item.linkPreview else None,
            **self.about.get(int(number), {}),
        }


def _mend_time(message: Any) -> bool:
    """Write a message's time in the one form that snscrape reads. Return False if there is no time."""
    for shown in message.xpath(f".//*[contains(@class, 'footer')]//a[contains(@class, '{TIME}')]//time[@datetime]"):
        try:
            moment = datetime.fromisoformat(shown.get("datetime"))
        except ValueError:
            return False
        shown.set("datetime", moment.isoformat(timespec="seconds"))
        return moment.tzinfo is not None
    return False


def _place(message: Any, css_class: str) -> str | None:
    """Return `channel/number` from a link to another message, or None."""
    for link in message.xpath(f".//a[contains(@class, '{css_class}')]/@href"):
        if found := re.fullmatch(r"https://t\.me/(?:s/)?(\w+/\d+)(?:\?.*)?", link):
            return found[1]
    return None


GATE, LOGIN = 432, -100
REDIRECTS = (301, 302, 303, 307, 308)
PINNED = "proweibotop"
"""The beginning of a card's `profile_type_id` if its post is pinned to the top. A user may pin several."""

NEEDED = ("id", "bid", "created_at", "text")
USER = (
    "screen_name",
    "id",
    "verified",
    "description",
    "statuses_count",
    "followers_count",
    "follow_count",
    "avatar_hd",
)
"""The fields without which snscrape reads no post and no user. banwatch reads the user's id alone."""


class Weibo:
    """m.weibo.cn: one user's timeline, which can only be read from its newest post on."""

    module, scraper = "weibo", "WeiboUserScraper"
    origin, page_path = "https://m.weibo.cn", "/api/container/getIndex"

    def __init__(self) -> None:
        self.others: list[int] = []
        self.unreadable: list[dict[str, object]] = []
        self.marks: dict[str, object] = {"preview": True, "history": True, "extra": ""}
        self.pinned: set[str] = set()

    @staticmethod
    def argument(name: str, _before: int | None) -> int:
        """Return the user's number. A timeline has no page that could be requested."""
        return int(name)

    @staticmethod
    def wants_cookie(status: int, location: str, body: bytes) -> bool:
        """Return whether Weibo asks for a login.

        It does so with status 432, a redirect to its passport, `ok: -100`, or a web page in place of JSON.
        """
        if status in REDIRECTS:
            return "passport" in (urlsplit(location).hostname or "") or "/visitor" in location
        if status != HTTPStatus.OK:
            return status == GATE
        return body.lstrip()[:1] == b"<" or _verdict(body) == LOGIN

    def mend(self, _url: str, body: bytes) -> bytes:
        """Return the answer with posts that snscrape can read, and note which are pinned."""
        cards = _cards(told := _json(body))
        if not cards:
            # snscrape compares the bytes of an answer without posts.
            return body
        for card in cards:
            if isinstance(card, dict) and isinstance(card.get("mblog"), dict):
                card["mblog"] = _mend_post(card["mblog"])
                if str(card.get("profile_type_id")).startswith(PINNED):
                    self.pinned.add(str(card["mblog"]["id"]))
        return json.dumps(told).encode()

    def item(self, item: Any) -> dict[str, object]:
        """Return a post as JSON values."""
        return json.loads(item.json()) | {"pinned": str(item.id) in self.pinned}  # type: ignore[no-any-return]


def _mend_post(post: dict[str, Any]) -> dict[str, Any]:
    """Return a post without its pictures and videos, which come in forms that snscrape does not know."""
    kept: dict[str, Any] = dict.fromkeys(NEEDED, "") | post
    kept["bid"] = kept["bid"] or kept["id"]
    kept["text"] = re.sub(r"<br\s*/?>", "\n", str(kept["text"] or ""))
    user, page, quoted = post.get("user"), kept.pop("page_info", None), kept.pop("retweeted_status", None)
    kept["user"] = dict.fromkeys(USER) | user if isinstance(user, dict) else None
    kept.pop("pics", None)
    if isinstance(page, dict) and page.get("type") == "webpage" and page.get("page_url"):
        kept["page_info"] = page
    if isinstance(quoted, dict):
        kept["retweeted_status"] = _mend_post(quoted)
    return kept


def _json(body: bytes) -> object:
    """Return the value of an answer, or None if it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _cards(told: object) -> list[Any]:
    """Return the cards of a timeline, or none if the answer is no timeline."""
    data = told.get("data") if isinstance(told, dict) else None
    cards = data.get("cards") if isinstance(data, dict) else None
    return cards if isinstance(cards, list) else []


def _verdict(body: bytes) -> object:
    """Return the value `ok` of Weibo's answer, or None."""
    told = _json(body)
    return told.get("ok") if isinstance(told, dict) else None


NETWORKS: dict[str, type[Telegram] | type[Weibo]] = {"telegram-channel": Telegram, "weibo-user": Weibo}


class Mirror(HTTPAdapter):
    """Sends requests for the network's address to `base_url`, and stops after the requested number of pages."""

    def __init__(self, network: Telegram | Weibo, base_url: str, pages: int, cookie: str) -> None:
        super().__init__()
        self.network = network
        self.base_url = base_url.rstrip("/")
        self.pages = pages
        self.cookie = cookie
        self.last: requests.Response | None = None
        self.trouble = ""

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        """Send a request to the mirror. To the caller, the answer comes from the network."""
        asked = request.url
        if urlsplit(asked).path.startswith(self.network.page_path):
            if not self.pages:
                raise PagesTaken
            self.pages -= 1
        request.url = self.base_url + asked.removeprefix(self.network.origin)
        if self.cookie:
            request.headers["Cookie"] = self.cookie
        try:
            response = super().send(request, *args, **options | {"stream": True})
            body = response.raw.read(LONGEST_PAGE, decode_content=True)
        except (OSError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
            self.trouble = f"{type(error).__name__}: {error}"
            raise
        finally:
            request.url = asked
            request.headers.pop("Cookie", None)
        self.last = response
        if self.network.wants_cookie(response.status_code, response.headers.get("Location", ""), body):
            raise CookieWanted("it asks for a cookie")
        if response.ok and not response.is_redirect:
            body = self.network.mend(asked, body)
        response.url, response.encoding, response.raw = asked, "utf-8", io.BytesIO(body)
        return response


class Elsewhere(HTTPAdapter):
    """Refuses every request to a host other than the network's own."""

    def send(self, request: Any, *_args: Any, **_options: Any) -> requests.Response:
        """Refuse the request."""
        raise Told(f"it sends whoever asks on to {urlsplit(request.url).hostname}")


def answer(name: str, base_url: str, ask: dict[str, Any]) -> dict[str, object]:
    """Return the contents of one page, or the reason why it cannot be read."""
    network = NETWORKS[name]()
    make = getattr(load(network.module), network.scraper)
    scraper = make(network.argument(ask["name"], ask.get("before")), retries=0)
    mirror = Mirror(network, base_url, ask.get("pages", 1), ask.get("cookie", ""))
    session = scraper._session  # noqa: SLF001 -- snscrape has no other way to another address
    for prefix, adapter in (("https://", Elsewhere()), ("http://", Elsewhere()), (network.origin + "/", mirror)):
        session.mount(prefix, adapter)
    items: list[dict[str, object]] = []
    try:
        items.extend(network.item(item) for item in scraper.get_items())
        more = False
    except PagesTaken:
        more = True
    except Exception as error:  # noqa: BLE001 -- any failure of a foreign scraper is reported, and this program goes on
        return _failed(mirror, error)
    finally:
        session.close()
    marks = network.marks | {"more": more}
    return {"items": items, "others": network.others, "unreadable": network.unreadable, "marks": marks}


def _failed(mirror: Mirror, error: Exception) -> dict[str, object]:
    response = mirror.last
    reason = str(error) if isinstance(error, Told) else f"{type(error).__name__}: {error}"
    return {
        "failed": (mirror.trouble or reason)[:500],
        "status": None if response is None or mirror.trouble else response.status_code,
        "retry_after": None if response is None else response.headers.get("Retry-After"),
        "cookie": isinstance(error, CookieWanted),
    }


def main() -> None:
    """Answer requests until standard input ends, as it does when the parent process ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scraper", choices=sorted(NETWORKS))
    parser.add_argument("base_url")
    parser.add_argument("memory_mb", type=int)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (options.memory_mb << 20, options.memory_mb << 20))
    for line in sys.stdin:
        print(json.dumps(answer(options.scraper, options.base_url, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
