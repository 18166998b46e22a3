"""Authors as the store holds them: by name, or by a keyed hash where a key is set."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

DIGITS = 32
"""Of the hash, in hexadecimal: 128 bits."""


@dataclass(frozen=True)
class AuthorNames:
    """`keys` are secrets, the newest first: it makes the names that are written, all are tried for deletions."""

    keys: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def from_setting(cls, keys: str) -> AuthorNames:
        """Of keys separated by commas, the newest first."""
        return cls(tuple(key.strip().encode() for key in keys.split(",") if key.strip()))

    def stored(self, source: str, author: str) -> str:
        """What stands for an author of a source. Nobody stays nobody."""
        return _hashed(self.keys[0], source, author) if self.keys and author else author

    def every(self, source: str, author: str) -> tuple[str, ...]:
        """Every name under which the author may be stored: in clear, as before any key was set, and by each key."""
        return (author, *(_hashed(key, source, author) for key in self.keys))


PLAIN = AuthorNames()


def _hashed(key: bytes, source: str, author: str) -> str:
    """HMAC-SHA256 (RFC 2104), cut to `DIGITS`. The source is part of it: a name on two networks is two names."""
    return hmac.digest(key, f"{source}\0{author}".encode(), "sha256").hex()[:DIGITS]
