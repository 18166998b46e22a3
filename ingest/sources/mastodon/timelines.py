"""Which feeds of which instances are read, out of the settings: pure."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Literal
from urllib.parse import quote, urlsplit

from ingest.errors import Misconfigured

Public = Literal["none", "all", "local", "remote"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One hashtag's timeline of one instance, or its public one."""

    base_url: str
    tag: str = ""
    local: bool = False
    remote: bool = False
    token: str | None = field(default=None, repr=False)
    streamed: bool = False

    @property
    def host(self) -> str:
        """The instance's name."""
        return urlsplit(self.base_url).netloc

    @property
    def key(self) -> str:
        """Names it in a cursor."""
        which = ":local" if self.local else ":remote" if self.remote else ""
        return f"{self.host} #{self.tag}" if self.tag else f"{self.host} public{which}"

    @property
    def part(self) -> str:
        """Names it for a person."""
        which = "local " if self.local else "remote " if self.remote else ""
        return f"#{self.tag} on {self.host}" if self.tag else f"the {which}public timeline of {self.host}"

    @property
    def timeline(self) -> str:
        """Where its pages are asked for: https://docs.joinmastodon.org/methods/timelines/."""
        return f"/api/v1/timelines/tag/{quote(self.tag)}" if self.tag else "/api/v1/timelines/public"

    @property
    def stream(self) -> str:
        """Where its events are asked for: https://docs.joinmastodon.org/methods/streaming/."""
        if self.tag:
            return f"/api/v1/streaming/hashtag?tag={quote(self.tag)}"
        which = "/local" if self.local else "/remote" if self.remote else ""
        return f"/api/v1/streaming/public{which}"

    @property
    def bounds(self) -> dict[str, str]:
        """What of the timeline is asked for."""
        return {name: "true" for name, wanted in (("local", self.local), ("remote", self.remote)) if wanted}


def instance_url(given: str) -> str:
    """An instance's address out of its name or address.

    Raises:
        Misconfigured: it is none.
    """
    with suppress(ValueError):
        parts = urlsplit(given if "://" in given else f"https://{given}")
        named = re.fullmatch(r"[\w.\-\[\]:]+", parts.netloc) and not parts.path.strip("/")
        if named and parts.scheme in {"http", "https"}:
            return f"{parts.scheme}://{parts.netloc}"
    raise Misconfigured(f"{given!r} is no Mastodon instance: give its name, such as mastodon.example, or its address.")


def tokens_of(given: str, hosts: tuple[str, ...]) -> dict[str, str]:
    """Tokens by instance out of `host=token` words; a token alone is for an instance alone.

    Raises:
        Misconfigured: a word is neither; the message never holds a token.
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
    """Every hashtag and the public timeline, on every instance; streamed, if `stream`, where there is a token.

    Raises:
        Misconfigured: naming the setting and what is wrong with it.
    """
    if not instances:
        raise Misconfigured("mastodon reads nothing without instances: set BANWATCH_MASTODON_INSTANCES to their names.")
    urls = tuple(dict.fromkeys(map(instance_url, instances)))
    tags = tuple(dict.fromkeys(map(_tag, hashtags)))
    if not tags and public == "none":
        raise Misconfigured(
            "mastodon reads nothing without a timeline: set BANWATCH_MASTODON_HASHTAGS or BANWATCH_MASTODON_PUBLIC."
        )
    known = tokens_of(tokens, tuple(urlsplit(url).netloc for url in urls))
    feeds: list[Timeline] = []
    for url in urls:
        token = known.get(urlsplit(url).netloc)
        if token is not None:
            _require_privacy(url)
        alike = Timeline(url, token=token, streamed=stream and token is not None)
        feeds += [replace(alike, tag=tag) for tag in tags]
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
    """Whether a host is this machine, or an address of a private network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost"


def _tag(given: str) -> str:
    tag = given.removeprefix("#").casefold()
    # Not \w: vowel signs and joiners are none, and many scripts cannot be written without them.
    if not re.fullmatch(r"""[^\s#/?&=%+.,;:!'"()<>\\@]+""", tag) or tag.isdecimal():
        raise Misconfigured(f"{given!r} is no hashtag: it has letters, digits and underscores, and not only digits.")
    return tag
