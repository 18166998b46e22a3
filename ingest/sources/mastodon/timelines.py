"""The feeds that the settings describe: which timelines of which instances. This module is pure."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Literal
from unicodedata import category, normalize
from urllib.parse import quote, urlsplit

from ingest.errors import Misconfigured

Public = Literal["none", "all", "local", "remote"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One timeline of one instance: a hashtag's or the public one."""

    base_url: str
    tag: str = ""
    local: bool = False
    remote: bool = False
    token: str | None = field(default=None, repr=False)
    streamed: bool = False

    @property
    def host(self) -> str:
        """The instance's host name."""
        return urlsplit(self.base_url).netloc

    @property
    def key(self) -> str:
        """The timeline's name in a cursor."""
        which = ":local" if self.local else ":remote" if self.remote else ""
        return f"{self.host} #{self.tag}" if self.tag else f"{self.host} public{which}"

    @property
    def part(self) -> str:
        """The timeline's name for a person."""
        which = "local " if self.local else "remote " if self.remote else ""
        return f"#{self.tag} on {self.host}" if self.tag else f"the {which}public timeline of {self.host}"

    @property
    def timeline(self) -> str:
        """The path of the timeline's pages: https://docs.joinmastodon.org/methods/timelines/."""
        return f"/api/v1/timelines/tag/{quote(self.tag)}" if self.tag else "/api/v1/timelines/public"

    @property
    def stream(self) -> str:
        """The path of the timeline's stream: https://docs.joinmastodon.org/methods/streaming/."""
        if self.tag:
            return f"/api/v1/streaming/hashtag?tag={quote(self.tag)}"
        which = "/local" if self.local else "/remote" if self.remote else ""
        return f"/api/v1/streaming/public{which}"

    @property
    def bounds(self) -> dict[str, str]:
        """The parameters that select local or remote statuses."""
        return {name: "true" for name, wanted in (("local", self.local), ("remote", self.remote)) if wanted}


def instance_url(given: str) -> str:
    """Return an instance's address, given its name or address.

    Raises:
        Misconfigured: the text is neither a name nor an address.
    """
    with suppress(ValueError):
        parts = urlsplit(given if "://" in given else f"https://{given}")
        named = re.fullmatch(r"[\w.\-\[\]:]+", parts.netloc) and not parts.path.strip("/")
        if named and parts.scheme in {"http", "https"}:
            return f"{parts.scheme}://{parts.netloc}"
    raise Misconfigured(f"{given!r} is no Mastodon instance: give its name, such as mastodon.example, or its address.")


def tokens_of(given: str, hosts: tuple[str, ...]) -> dict[str, str]:
    """Return the token of each instance, from words `host=token`.

    A word without a host is the token of a single instance.

    Raises:
        Misconfigured: a word is malformed; the message never holds a token.
    """
    tokens: dict[str, str] = {}
    for word in given.replace(",", " ").split():
        host, equals, token = word.partition("=")
        if equals and host in hosts and token:
            tokens[host] = token
        elif len(hosts) == 1 and host not in tokens and "." not in host:
            tokens[hosts[0]] = word
        else:
            raise Misconfigured(
                "A word of BANWATCH_MASTODON_TOKENS is not `host=token` with one of the instances: "
                f"they are {', '.join(hosts)}."
            )
    for host, token in tokens.items():
        if not (token.isascii() and token.isprintable()):
            raise Misconfigured(f"The token for {host} in BANWATCH_MASTODON_TOKENS has letters no token has.")
    return tokens


def feeds_of(
    instances: tuple[str, ...], hashtags: tuple[str, ...], public: Public, tokens: str, *, stream: bool
) -> tuple[Timeline, ...]:
    """Return the timelines of every hashtag, and the public timeline, on every instance.

    If `stream` is true, timelines with a token are streamed, except for hashtags that no stream brings.

    Raises:
        Misconfigured: a setting is wrong; the message names the setting and the fault.
    """
    if not instances:
        raise Misconfigured("mastodon reads nothing without instances: set BANWATCH_MASTODON_INSTANCES to their names.")
    urls = tuple(dict.fromkeys(map(instance_url, instances)))
    tags = tuple(dict.fromkeys(map(_tag, hashtags)))
    if not tags and public == "none":
        raise Misconfigured(
            "mastodon reads nothing without a timeline: set BANWATCH_MASTODON_HASHTAGS or BANWATCH_MASTODON_PUBLIC, "
            "or write `hashtags` in the taxonomy, under [sources.mastodon]."
        )
    known = tokens_of(tokens, tuple(urlsplit(url).netloc for url in urls))
    feeds: list[Timeline] = []
    for url in urls:
        token = known.get(urlsplit(url).netloc)
        if token is not None:
            _require_privacy(url)
        alike = Timeline(url, token=token, streamed=stream and token is not None)
        feeds += [replace(alike, tag=tag, streamed=alike.streamed and _can_be_streamed(tag)) for tag in tags]
        if public != "none":
            feeds.append(replace(alike, local=public == "local", remote=public == "remote"))
    return tuple(feeds)


def _require_privacy(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise Misconfigured(
            f"A token would go to {url} for everybody to read: give the address with https:// in "
            "BANWATCH_MASTODON_INSTANCES, or no token for it in BANWATCH_MASTODON_TOKENS."
        )


def _is_here(host: str) -> bool:
    """Return whether a host is this machine or an address of a private network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost"


def _tag(given: str) -> str:
    # An instance normalizes a name further, but it would not find one that is casefolded: `straße` is not `strasse`.
    tag = given.removeprefix("#").lower()
    # Not \w, because it excludes vowel signs and joiners, which many scripts need.
    if not re.fullmatch(r"""[^\s#/?&=%+.,;:!'"()<>\\@]+""", tag) or tag.isdecimal():
        raise Misconfigured(f"{given!r} is no hashtag: it has letters, digits and underscores, and not only digits.")
    return tag


def _can_be_streamed(tag: str) -> bool:
    """Return whether an instance streams the statuses of a hashtag.

    Statuses are published under a name that keeps vowel signs and tone marks, but the stream's server drops such signs
    and the middle dot of katakana from the name that it is asked for, so it waits for another hashtag: see
    `normalizeHashtag` in `streaming/utils.js` in Mastodon.
    """
    return not any(category(letter).startswith("M") or letter == "\u30fb" for letter in normalize("NFKC", tag))
