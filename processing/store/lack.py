"""What a store lacks that refuses for want of something: room on its disk, or memory."""

from __future__ import annotations

import re
from enum import StrEnum


class Lack(StrEnum):
    """It passes when somebody makes room."""

    DISK = "disk"
    MEMORY = "memory"


_BY_CODE = {243: Lack.DISK, 241: Lack.MEMORY, 173: Lack.MEMORY}
_BY_WORDS = (
    (re.compile(r"No space left on device|Disk quota exceeded|not enough space"), Lack.DISK),
    (re.compile(r"std::bad_alloc|Cannot allocate memory"), Lack.MEMORY),
)


def lack_of(code: int | None, said: str) -> Lack | None:
    """What an error is about. The engine gives a disk that is full several codes, and the system's words with them."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    own_words = said.partition(" In scope ")[0]  # behind them the engine quotes the query, which may say anything
    return next((lack for words, lack in _BY_WORDS if words.search(own_words)), None)
