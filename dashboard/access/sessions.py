"""Sessions of those who have logged in: a signed cookie, which ends by itself or by logging out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from dashboard.viewer import Role

MOST_ENDED = 10_000
"""Sessions of one role that are remembered as logged out, at most."""


class Session(msgspec.Struct, frozen=True):
    """Somebody who has logged in, until `expires`, in seconds since 1970."""

    id: str
    name: str
    role: Role
    expires: int


@dataclass
class Sessions:
    """Issues and reads sessions.

    The first of the `keys` signs. `rules` stands for the settings that let people in: where they change, all sessions
    end. A session that was logged out is remembered until it would have ended by itself. Each role has its own memory:
    who logs out again and again makes the server forget nobody of more rights.
    """

    keys: Sequence[SecretStr]
    rules: str
    lasting: timedelta
    clock: Callable[[], datetime]
    _ended: dict[Role, dict[str, int]] = field(default_factory=lambda: {role: {} for role in Role})

    def __post_init__(self) -> None:
        self._signer = URLSafeSerializer(
            [key.get_secret_value() for key in reversed(self.keys)],  # the library signs with the last
            salt=f"session {hashlib.sha256(self.rules.encode()).hexdigest()}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def issue(self, name: str, role: Role) -> str:
        """Return the cookie of a new session."""
        session = Session(secrets.token_hex(16), name, role, int((self.clock() + self.lasting).timestamp()))
        return str(self._signer.dumps(msgspec.to_builtins(session)))

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None if it is not ours, has expired or was logged out."""
        if not cookie:
            return None
        try:
            session = msgspec.convert(self._signer.loads(cookie), Session)
        except (BadData, msgspec.ValidationError):
            return None
        return session if self.lasts(session) else None

    def lasts(self, session: Session) -> bool:
        """Return whether a session has neither expired nor been logged out."""
        return session.expires > self.clock().timestamp() and session.id not in self._ended[session.role]

    def end(self, session: Session) -> None:
        """Log a session out."""
        now = self.clock().timestamp()
        ended = {each: expires for each, expires in self._ended[session.role].items() if expires > now}
        if len(ended) >= MOST_ENDED:
            ended.pop(next(iter(ended)))
        self._ended[session.role] = ended | {session.id: session.expires}
