"""Who was told of what: the conversations, the deliveries that prove them, and the silences."""

from __future__ import annotations

from datetime import datetime

import msgspec

from processing.contract import Severity, Silence
from processing.queries.reader import Reader


class Conversation(msgspec.Struct, frozen=True):
    """An incident, a silent source or a failing channel, as one channel knows it.

    `step` is the last that was to be told, empty if there was none; `reason` is the last decision. `acknowledged_by` is
    empty where nobody has answered.
    """

    conversation: str
    channel: str
    rule: str
    state: str
    step: str
    reason: str
    severity: str
    languages: tuple[str, ...]
    since: datetime
    at: datetime
    acknowledged_by: str
    note: str


class Delivery(msgspec.Struct, frozen=True):
    """An attempt to tell a channel, or with `attempt` 0 the reason for which none was made. `latency` is in seconds."""

    at: datetime
    channel: str
    conversation: str
    step: str
    attempt: int
    reason: str
    latency: float
    message_id: str
    detail: str
    key: str


def conversations(reader: Reader, *, resolved: bool, limit: int, conversation: str = "") -> tuple[Conversation, ...]:
    """Return the conversations, the latest decision first; those that are over only if `resolved`.

    With `conversation`, they are those about this one incident, one for each channel.
    """
    rows = reader.query(
        """
        SELECT conversation, channel, argMax(rule, number), argMax(state, number) AS state,
            argMaxIf(step, number, step != ''), argMax(reason, number), argMax(severity, number),
            argMax(languages, number), min(told.at), max(told.at) AS latest, any(answers.by), any(answers.note)
        FROM notifications AS told
        LEFT JOIN acknowledgements AS answers ON answers.incident = told.conversation
        WHERE {conversation:String} = '' OR conversation = {conversation:String}
        GROUP BY conversation, channel
        HAVING {resolved:Bool} OR state != 'resolved'
        ORDER BY latest DESC, conversation, channel
        LIMIT {limit:UInt32}
        """,
        {"resolved": resolved, "limit": limit, "conversation": conversation},
    )
    return tuple(Conversation(*row) for row in rows)


def deliveries(reader: Reader, *, conversation: str = "", channel: str = "", limit: int) -> tuple[Delivery, ...]:
    """Return the attempts, the latest first; of one conversation or to one channel where these are given."""
    rows = reader.query(
        """
        SELECT at, channel, conversation, step, attempt, reason, latency, message_id, detail, key
        FROM deliveries
        WHERE ({conversation:String} = '' OR conversation = {conversation:String})
            AND ({channel:String} = '' OR channel = {channel:String})
        ORDER BY at DESC, key, attempt DESC
        LIMIT {limit:UInt32}
        """,
        {"conversation": conversation, "channel": channel, "limit": limit},
    )
    return tuple(Delivery(*row) for row in rows)


def silences(reader: Reader, at: datetime) -> tuple[Silence, ...]:
    """Return the silences that have not ended at a moment, the first to end first."""
    rows = reader.query(
        """
        SELECT id, topic, languages, sources, severity, channel, starts_at, ends_at, by, note
        FROM silences
        WHERE ends_at > {at:DateTime('UTC')}
        ORDER BY ends_at, id
        """,
        {"at": at},
    )
    return tuple(
        Silence(
            id=name,
            topic=topic,
            languages=tuple(languages),
            sources=tuple(sources),
            severity=Severity(severity) if severity else None,
            channel=channel,
            starts_at=start,
            ends_at=end,
            by=by,
            note=note,
        )
        for name, topic, languages, sources, severity, channel, start, end, by, note in rows
    )


def answer_to(reader: Reader, incident: str) -> tuple[str, str, str, datetime] | None:
    """Return what people said of an incident last: who, a note, `acknowledge` or `resolve`, when; None if nothing."""
    rows = reader.query(
        "SELECT by, note, action, at FROM acknowledgements WHERE incident = {incident:String}", {"incident": incident}
    )
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None
