"""The stored form of authors: their names, or keyed hashes if a key is set."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

DIGITS = 32
"""The length of a stored hash in hexadecimal digits: 128 bits."""


@dataclass(frozen=True)
class AuthorNames:
    """The stored names of authors. `keys` are secrets, the newest first.

    The newest key makes the names that are written. All keys are tried for deletions.
    """

    keys: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def from_setting(cls, keys: str) -> AuthorNames:
        """Return the names for keys that are separated by commas, the newest first."""
        return cls(tuple(key.strip().encode() for key in keys.split(",") if key.strip()))

    def stored(self, source: str, author: str) -> str:
        """Return the stored name of an author of a source. An empty author stays empty."""
        return _hashed(self.keys[0], source, author) if self.keys and author else author

    def every(self, source: str, author: str) -> tuple[str, ...]:
        """Return every name under which the author may be stored: the plain name, and one hash for each key."""
        return (author, *(_hashed(key, source, author) for key in self.keys))


PLAIN = AuthorNames()


def _hashed(key: bytes, source: str, author: str) -> str:
    """Return an HMAC-SHA256 (RFC 2104), cut to `DIGITS`.

    It includes the source, so a name on two networks gives two hashes.
    """
    return hmac.digest(key, f"{source}\0{author}".encode(), "sha256").hex()[:DIGITS]
