"""What people answer to an alert: somebody has it in hand, it is over, or nobody wants to hear of such for a while.

The watch reads these answers with its next look. Each write may be repeated: the result is the same.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

import msgspec

from processing.contract import Silence
from processing.store.client import Store
from processing.store.versions import moment_of, take_version

LONGEST_SILENCE = timedelta(days=366)


class Answer(StrEnum):
    """What a person says of an incident."""

    ACKNOWLEDGE = "acknowledge"
    """Somebody has it in hand: nobody is told again until it clears or rises further."""
    RESOLVE = "resolve"
    """It is over for everybody who was told of it."""


def answer(store: Store, incidents: Collection[str], what: Answer, by: str, note: str) -> None:
    """Write what a person says of some incidents, in place of what was said before."""
    number, at = len(incidents), moment_of(take_version(store))
    store.insert(
        "acknowledgement_versions",
        ["incident", "by", "note", "action", "at"],
        [list(incidents), [by] * number, [note] * number, [what.value] * number, [at] * number],
    )


def write_silence(store: Store, silence: Silence) -> None:
    """Write a silence, in place of the one with its id."""
    fields = msgspec.structs.asdict(silence) | {
        "languages": list(silence.languages),
        "sources": list(silence.sources),
        "severity": "" if silence.severity is None else silence.severity.value,
        "at": moment_of(take_version(store)),
    }
    store.insert("silence_versions", list(fields), [[value] for value in fields.values()])
