"""What people have said of incidents: acknowledgements and silences, read again only when one has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from processing import queries
from processing.contract import Silence
from processing.queries import Reader
from processing.queries.notifications import PersonsAnswer, answers, answers_mark

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Answers:
    """The last answer about each incident, and every silence, as they were when `mark` was read."""

    mark: tuple[object, ...] = ()
    given: Mapping[str, PersonsAnswer] | None = None
    silences: tuple[Silence, ...] = ()

    def refreshed(self, reader: Reader) -> Answers:
        """Return the answers as they are now. The mark is read first, so that a later answer is not overlooked."""
        mark = answers_mark(reader)
        if mark == self.mark:
            return self
        return Answers(mark, {each.incident: each for each in answers(reader)}, queries.silences(reader, LONG_AGO))

    def about(self, incident: str) -> PersonsAnswer | None:
        """Return what was said last of an incident."""
        return (self.given or {}).get(incident)
