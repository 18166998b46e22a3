"""What is stored of a rejected record: who rejected it and why, and no word of its text.

A reason may quote the text of a post, and a place may name its author. A deletion would find neither here. Quotations
are therefore left out of the reason, and the place becomes a part of a hash. The store's own sentences are left out,
because they can show a row without quotation marks; so are those of a record that does not say who rejected it. The
topic `posts.rejected` has all of it until it expires.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from ingest.contract import Rejected
from processing.store.client import Store

LONGEST_REASON = 200
QUOTED = re.compile("[\"'\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}].*", re.DOTALL)
"""The first quotation mark and all that follows. Where a quotation ends is not certain, because the quoted text may
hold quotation marks itself."""

COLUMNS = ("stage", "source", "kind", "reason", "id", "at")


def write_rejections(store: Store, rejections: Sequence[Rejected]) -> None:
    """Write rejected records, each with its `seen_at`. A record that is written again replaces its row."""
    now = datetime.now(UTC)
    rows = {_id(each): each for each in rejections}
    data = [
        (
            each.stage or "collector",
            each.source[:64],
            each.kind,
            reason_of(each),
            name,
            min(each.seen_at or now, now),
        )
        for name, each in rows.items()
    ]
    if data:
        store.insert("rejected_versions", COLUMNS, list(zip(*data, strict=True)))


def reason_of(rejected: Rejected) -> str:
    """Return the reason without what it quotes."""
    if rejected.stage in {"store", None}:
        return ""
    said = QUOTED.sub("\N{HORIZONTAL ELLIPSIS}", " ".join(rejected.reason.split()))
    return said[:LONGEST_REASON]


def _id(rejected: Rejected) -> int:
    record = (rejected.stage or "", rejected.source, rejected.where, rejected.kind, rejected.reason, rejected.raw)
    content = "\0".join(record).encode(errors="replace")
    return int.from_bytes(blake2b(content, digest_size=8).digest())
