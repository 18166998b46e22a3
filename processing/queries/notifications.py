"""What a watch has decided on telling people, and what people have answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from processing.queries.reader import Reader


class StoredConversation(msgspec.Struct, frozen=True):
    """The last row of a conversation in `notifications`, which holds all of its state."""

    conversation: str
    channel: str
    number: int
    rule: str
    state: str
    reason: str
    severity: str
    languages: tuple[str, ...]
    peak: float
    pulse: datetime
    last_pulse: datetime
    told_at: datetime | None
    acknowledgement: datetime | None
    acknowledged: bool
    due: datetime
    trouble: str = ""


_LAST_ROWS = """
    SELECT * FROM
    (
        SELECT
            conversation, channel, number, rule, state, reason, severity, languages, peak, pulse, last_pulse, told_at,
            acknowledgement, acknowledged, due, trouble
        FROM notifications
        ORDER BY number DESC
        LIMIT 1 BY conversation, channel
    )
"""


def open_conversations(reader: Reader) -> tuple[StoredConversation, ...]:
    """Return the conversations about each incident that is not over at every channel."""
    rows = reader.query(
        f"""
        {_LAST_ROWS} WHERE conversation NOT LIKE '%:%'
            AND conversation IN (SELECT conversation FROM ({_LAST_ROWS}) WHERE state != 'resolved')
        """  # noqa: S608 - only text of ours
    )
    return tuple(StoredConversation(*row) for row in rows)


def trouble_conversations(reader: Reader) -> tuple[StoredConversation, ...]:
    """Return all conversations about troubles of banwatch itself, also those that are over."""
    rows = reader.query(_LAST_ROWS + " WHERE conversation LIKE '%:%'")
    return tuple(StoredConversation(*row) for row in rows)


def troubles_told(reader: Reader) -> frozenset[str]:
    """Return what the conversations are about that tell people of a trouble which is not over."""
    rows = reader.query(
        """
        SELECT DISTINCT conversation FROM
        (
            SELECT conversation, channel, argMax(state, number) AS last FROM notifications
            WHERE conversation LIKE '%:%'
            GROUP BY conversation, channel
        )
        WHERE last = 'firing'
        """
    )
    return frozenset(name for (name,) in rows)


def conversations_about(reader: Reader, names: Collection[str]) -> tuple[StoredConversation, ...]:
    """Return all conversations about some incidents, also those that are over."""
    rows = reader.query(_LAST_ROWS + " WHERE conversation IN {names:Array(String)}", {"names": sorted(names)})
    return tuple(StoredConversation(*row) for row in rows)


class PersonsAnswer(msgspec.Struct, frozen=True):
    """What a person said last of an incident: `acknowledge` or `resolve`."""

    incident: str
    action: str
    at: datetime


def answers(reader: Reader) -> tuple[PersonsAnswer, ...]:
    """Return what people said last of every incident of which anybody said anything."""
    return tuple(PersonsAnswer(*row) for row in reader.query("SELECT incident, action, at FROM acknowledgements"))


def answers_mark(reader: Reader) -> tuple[object, ...]:
    """Return what changes with every acknowledgement and every silence."""
    [row] = reader.query(
        """
        SELECT
            (SELECT groupBitXor(cityHash64(*)) FROM acknowledgements),
            (SELECT groupBitXor(cityHash64(*)) FROM silences)
        """
    )
    return row


def messages_due(reader: Reader, channel: str, start: datetime, end: datetime) -> int:
    """Return the number of messages that a channel was to have behind `start` and up to `end`; a digest is one."""
    [(number,)] = reader.query(
        """
        SELECT uniqExact(if(bundle = '', key, bundle)) FROM notifications
        WHERE channel = {channel:String} AND step != ''
            AND due > {start:DateTime64(3, 'UTC')} AND due <= {end:DateTime64(3, 'UTC')}
        """,
        {"channel": channel, "start": start, "end": end},
    )
    return int(number)
