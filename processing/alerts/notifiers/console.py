"""The channel that is always there: text on standard output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO

from processing.alerts.deliver import DeliveryOutcome, Sent
from processing.alerts.message import details, headline
from processing.contract import Incident


@dataclass(frozen=True)
class Console:
    """Prints an incident; `width` is the detector's bin."""

    stream: TextIO
    width: timedelta
    name: str = "console"

    def notify(self, incident: Incident) -> Sent:
        """Print it, or say why not."""
        lines = (f"ALERT {headline(incident)}", *(f"  {line}" for line in details(incident, self.width)))
        try:
            print("\n".join(lines), file=self.stream, flush=True)
        except OSError as error:
            return Sent(DeliveryOutcome.FAILED, str(error))
        return Sent(DeliveryOutcome.SENT, "")
