"""The encoding of a message in a Kafka record. A header distinguishes posts from progress."""

from __future__ import annotations

import msgspec

from ingest.contract import CONTRACT_VERSION, NotAPost, Post, Progress, Rejected, RejectionKind, decode_post

HEADER = "banwatch"
"""The name of the header. Its value is the message's type and the version of the contract: `post/1`. There is only one
header, because each header costs the library more than a microsecond a post at both ends."""

LARGEST_RECORD = 2 * 1024 * 1024
"""The largest record in bytes. The longest text takes 1.2 million bytes if every character is escaped in JSON. A
collector of banwatch sends less than a million."""

Headers = list[tuple[str, bytes]]

POST_HEADERS: Headers = [(HEADER, f"post/{CONTRACT_VERSION}".encode())]
PROGRESS_HEADERS: Headers = [(HEADER, f"progress/{CONTRACT_VERSION}".encode())]
REJECTED_HEADERS: Headers = [(HEADER, f"rejected/{CONTRACT_VERSION}".encode())]

_decode_progress = msgspec.json.Decoder(Progress).decode
_decode_rejected = msgspec.json.Decoder(Rejected).decode


class UnreadableRecord(ValueError):
    """The record is neither a post nor progress; the message is the sentence for `Rejected.reason`."""

    def __init__(self, reason: str, kind: RejectionKind = "unreadable") -> None:
        super().__init__(reason)
        self.kind: RejectionKind = kind


def read(headers: Headers, value: bytes | None) -> Post | Progress:
    """Return the message in a record of the posts topic.

    A record without the header comes from another producer: it is a post.

    Raises:
        UnreadableRecord: the record is neither a post nor progress; the message is one sentence.
    """
    kind = b"post" if headers == POST_HEADERS else _kind(dict(headers).get(HEADER))
    if value is None:
        raise UnreadableRecord("The record is empty: a deletion is a post with op `delete`.")
    if len(value) > LARGEST_RECORD:
        raise UnreadableRecord(f"The record has {len(value)} bytes; up to {LARGEST_RECORD} are read.", "too_large")
    try:
        return decode_post(value) if kind == b"post" else _decode_progress(value)
    except NotAPost as error:
        raise UnreadableRecord(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRecord(f"Not progress: {error}.") from error
    except RecursionError as error:
        raise UnreadableRecord("The JSON is nested too deeply.") from error


def read_rejected(value: bytes | None) -> Rejected | None:
    """Return the rejection in a record of the topic of rejections, or None if another program wrote something else."""
    try:
        return None if value is None or len(value) > LARGEST_RECORD else _decode_rejected(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _kind(header: bytes | None) -> bytes:
    if header is None:
        return b"post"
    kind, _, version = header.partition(b"/")
    if not version.isdigit() or len(version) > 9:
        raise UnreadableRecord(f"The header `{HEADER}` is not a type and a version, as in post/1: {header[:40]!r}.")
    if int(version) > CONTRACT_VERSION:
        raise UnreadableRecord(
            f"Written under version {int(version)} of the contract; this program reads up to version "
            f"{CONTRACT_VERSION}: upgrade the readers before the writers."
        )
    if kind not in {b"post", b"progress"}:
        raise UnreadableRecord(f"A message of the type {kind[:40]!r}: only posts and progress are read here.")
    return kind
