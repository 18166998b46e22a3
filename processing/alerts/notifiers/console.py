"""The channel that is always there: text on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO

from pydantic import BaseModel, ConfigDict

from processing.alerts.notification import Attempt, Message, Notification, Outcome


class ConsoleOptions(BaseModel):
    """A console needs no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Console:
    """Prints what is told."""

    stream: TextIO
    name: str = "console"
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Print it, or say why not."""
        try:
            print("\n".join(_lines(notification.message)), file=self.stream, flush=True)
        except BrokenPipeError as error:  # nobody reads any more
            return Attempt(Outcome.REFUSED, str(error))
        except OSError as error:
            return Attempt(Outcome.RETRY, str(error))
        return Attempt(Outcome.SENT)


def _lines(message: Message) -> Iterator[str]:
    yield f"ALERT {message.title}"
    facts = (f"{fact.label}: {fact.value}" for fact in message.facts)
    for line in (message.verdict, *facts, message.sparkline, *message.notes):
        if line:
            yield f"  {line}"
    for part in message.parts:
        yield from _lines(part)
