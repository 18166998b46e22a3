"""What goes wrong and is understood. Each class says what helps: trying again, another request, or a person."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class Failure(Exception):
    """A failure that whoever runs banwatch can mend: a command ends with its sentence, not with a traceback."""

    exit_status: ClassVar[int] = 1
    """What the command ends with."""

    @property
    def sentence(self) -> str:
        """What was wrong, where, and what to do."""
        return str(self)


class Unavailable(Failure):
    """Kafka or ClickHouse does not answer: the work can be begun again once it does."""


class Misconfigured(Failure):
    """A setting or a file is wrong: a person has to change it. The message says which, and to what."""

    exit_status = 2


class Transient(Failure):
    """A network failed in a way that passes: the same request may succeed later.

    `retry_after` is how long the network asked to be left alone, None where it did not say.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Transient):
    """The network was asked too often (HTTP 429): it wants to be left alone, whatever it would be asked for."""


class Permanent(Failure):
    """A network answered, and the same request made again brings the same: what was asked for cannot be had."""
