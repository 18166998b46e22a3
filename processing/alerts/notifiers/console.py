"""The channel that is always there: text on standard output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO

from pydantic import BaseModel, ConfigDict

from processing.alerts.decision import Decision
from processing.alerts.deliver import DeliveryOutcome, Sent
from processing.alerts.message import details, headline
from processing.contract import Incident


class ConsoleOptions(BaseModel):
    """A console needs no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Console:
    """Prints an incident; `width` is the detector's bin."""

    stream: TextIO
    width: timedelta
    name: str = "console"

    def notify(self, incident: Incident, decision: Decision) -> Sent:
        """Print it, or say why not."""
        again = " AGAIN, far higher" if decision is Decision.GREW else ""
        lines = (f"ALERT{again} {headline(incident)}", *(f"  {line}" for line in details(incident, self.width)))
        try:
            print("\n".join(lines), file=self.stream, flush=True)
        except BrokenPipeError as error:  # nobody reads any more
            return Sent(DeliveryOutcome.FAILED, str(error))
        except OSError as error:
            return Sent(DeliveryOutcome.RETRY, str(error))
        return Sent(DeliveryOutcome.SENT, "")
