"""What a source kept in its cursor, with its types again."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ingest.source import Cursor, Permanent

Kept = TypeVar("Kept")


def saved(cursor: Cursor, kind: type[Kept], source: str) -> Kept:
    """A cursor as what the source made it of; an empty one as its beginning.

    Raises:
        Permanent: it is another source's, or nobody's.
    """
    try:
        return msgspec.convert(cursor, kind)
    except msgspec.ValidationError as error:
        raise Permanent(f"The saved cursor is none of {source} ({error}): remove cursors/{source}.json.") from error
