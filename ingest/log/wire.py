"""How a message lies in a record: the headers that tell posts from progress, and reading one back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingest.contract import CONTRACT_VERSION, NotAPost, Post, Progress, decode_post

TYPE_HEADER = "banwatch-type"
VERSION_HEADER = "banwatch-version"

Headers = Sequence[tuple[str, bytes]]

_VERSION = (VERSION_HEADER, str(CONTRACT_VERSION).encode())
POST_HEADERS = [(TYPE_HEADER, b"post"), _VERSION]
PROGRESS_HEADERS = [(TYPE_HEADER, b"progress"), _VERSION]
REJECTED_HEADERS = [(TYPE_HEADER, b"rejected"), _VERSION]

_decode_progress = msgspec.json.Decoder(Progress).decode


class Unreadable(ValueError):
    """The record is neither a post nor progress; the message is the sentence for `Rejected.reason`."""


def read(headers: Headers, value: bytes | None) -> Post | Progress:
    """Read a record of the posts topic. One without our headers comes from a foreign producer: it is a post.

    Raises:
        Unreadable: with one sentence.
    """
    kind = b"post" if headers == POST_HEADERS or not headers else _kind(dict(headers))
    if value is None:
        raise Unreadable("The record is empty: a deletion is a post with op `delete`.")
    try:
        return decode_post(value) if kind == b"post" else _decode_progress(value)
    except NotAPost as error:
        raise Unreadable(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"Not progress: {error}.") from error
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deeply.") from error


def _kind(headers: dict[str, bytes]) -> bytes:
    version = headers.get(VERSION_HEADER, b"1")
    if not version.isdigit() or len(version) > 9:
        raise Unreadable(f"The header {VERSION_HEADER} is not a number: {version[:40]!r}.")
    if int(version) > CONTRACT_VERSION:
        raise Unreadable(
            f"Written under version {int(version)} of the contract; this program reads up to version "
            f"{CONTRACT_VERSION}: upgrade the readers before the writers."
        )
    kind = headers.get(TYPE_HEADER, b"post")
    if kind not in {b"post", b"progress"}:
        raise Unreadable(f"Unknown message type in the header {TYPE_HEADER}: {kind[:40]!r}.")
    return kind
