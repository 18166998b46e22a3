"""The known failures. Each class names the remedy: another attempt, another request, or a person."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

UNUSABLE_PROXY = (
    "The proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names cannot be used: its address has to begin with http:// "
    "or https://."
)
"""What is said in place of a library's text, which may hold the password of the proxy."""


class Failure(Exception):
    """A failure that the user of banwatch can repair.

    A command ends with the failure's sentence, not with a traceback.
    """

    exit_status: ClassVar[int] = 1
    """The exit status of the command."""

    @property
    def sentence(self) -> str:
        """The sentence for a person: the fault, its place, and the remedy."""
        return str(self)


class Unavailable(Failure):
    """Kafka or ClickHouse does not answer. The work can start again once it does."""


class Misconfigured(Failure):
    """A setting or a file is wrong, and a person has to change it. The message names the setting and a right value."""

    exit_status = 2


class Transient(Failure):
    """A network failed for a time: the same request may succeed later.

    `retry_after` is the pause that the network asked for, or None.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Transient):
    """The network received too many requests (HTTP 429) and asks for a pause from all requests."""


class Permanent(Failure):
    """A network answered, and repeating the request would give the same answer: the requested data are unavailable."""
