"""The resource that a store lacks when it refuses a request: room on its disk, or memory."""

from __future__ import annotations

import re
from enum import StrEnum


class Lack(StrEnum):
    """A lacking resource. The lack ends when a person makes room."""

    DISK = "disk"
    MEMORY = "memory"


_BY_CODE = {243: Lack.DISK, 241: Lack.MEMORY, 173: Lack.MEMORY}
_BY_WORDS = (
    (re.compile(r"No space left on device|Disk quota exceeded|not enough space"), Lack.DISK),
    (re.compile(r"std::bad_alloc|Cannot allocate memory"), Lack.MEMORY),
)


def lack_of(code: int | None, said: str) -> Lack | None:
    """Return the resource that an error says is lacking, or None.

    The engine gives several codes for a full disk, each with the operating system's message.
    """
    if code in _BY_CODE:
        return _BY_CODE[code]
    own_words = said.partition(" In scope ")[0]  # the rest quotes the query, which may contain any text
    return next((lack for words, lack in _BY_WORDS if words.search(own_words)), None)
