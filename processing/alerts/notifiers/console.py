"""The channel that is always there: text on standard output."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TextIO

from pydantic import BaseModel, ConfigDict

from processing.alerts.message import terminal_lines
from processing.alerts.notification import Attempt, Message, Notification, Outcome, Step

ALERTS = frozenset({Step.OPENED, Step.GREW, Step.REPEATED})
"""The steps of a surge that ask somebody to look: their title stands behind the word ALERT."""

LATER = frozenset({Step.GREW, Step.REPEATED, Step.ACKNOWLEDGED, Step.RESOLVED})
"""The steps that stand below the first message of their incident."""


class ConsoleOptions(BaseModel):
    """`[channels.NAME]` with `kind = "console"`: it has no options of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def open_console(name: str, options: ConsoleOptions) -> ConsoleNotifier:  # noqa: ARG001 - as every kind is opened
    """Return the notifier that prints to standard output."""
    return ConsoleNotifier(name, sys.stdout)


@dataclass(frozen=True)
class ConsoleNotifier:
    """Prints messages. What it printed is neither changed nor looked for again."""

    name: str
    stream: TextIO
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Print the message."""
        title, *below = terminal_lines(_shown(notification))
        of_the_world = notification.trouble is None and notification.step in ALERTS
        shown = "\n".join([f"ALERT {title}" if of_the_world else title, *below])
        encoding = self.stream.encoding or "utf-8"
        try:
            print(shown.encode(encoding, "replace").decode(encoding), file=self.stream, flush=True)
        except BrokenPipeError as error:  # nobody reads any more
            return Attempt(Outcome.REFUSED, str(error))
        except OSError as error:
            return Attempt(Outcome.RETRY, str(error))
        return Attempt(Outcome.SENT)


def _shown(notification: Notification) -> Message:
    """Return the message without its SQL, which `banwatch explain --format json` has.

    The verdict and the posts stand above, where the incident was opened: a later step does not repeat them, nor what
    the step before had.
    """
    message = replace(notification.message, sql="")
    if notification.step not in LATER:
        return message
    new = tuple(fact for fact in message.facts if not fact.told)
    return replace(message, verdict="", quotes=(), facts=new)
