"""Who was told of what: the conversations, the deliveries that prove them, and the silences."""

from __future__ import annotations

from datetime import datetime

import msgspec

from processing.contract import Severity, Silence
from processing.queries.reader import Reader


class Conversation(msgspec.Struct, frozen=True):
    """An incident or a trouble of banwatch itself, as one channel knows it.

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


def deliveries(
    reader: Reader, *, conversation: str = "", channel: str = "", failed: bool = False, limit: int
) -> tuple[Delivery, ...]:
    """Return the attempts, the latest first; of one conversation or to one channel where these are given.

    With `failed`, they are those alone that failed.
    """
    rows = reader.query(
        """
        SELECT at, channel, conversation, step, attempt, reason, latency, message_id, detail, key
        FROM deliveries
        WHERE ({conversation:String} = '' OR conversation = {conversation:String})
            AND ({channel:String} = '' OR channel = {channel:String})
            AND (NOT {failed:Bool} OR (attempt > 0 AND reason NOT IN ('sent', 'trying')))
        ORDER BY at DESC, key, attempt DESC
        LIMIT {limit:UInt32}
        """,
        {"conversation": conversation, "channel": channel, "failed": failed, "limit": limit},
    )
    return tuple(Delivery(*row) for row in rows)


class ChannelRecord(msgspec.Struct, frozen=True):
    """What came of telling a channel.

    `sent_at` is the time of the last success, and `tried_at`, `reason` and `detail` are those of the last attempt that
    has ended; None and empty where there was none. `attempts` and `failures` are counted from a time on, and `held` has
    how many notifications were held back since, by reason. `waiting` notifications have not come to an end, and `due`
    is when the first of them is due.
    """

    channel: str
    sent_at: datetime | None = None
    tried_at: datetime | None = None
    reason: str = ""
    detail: str = ""
    attempts: int = 0
    failures: int = 0
    held: tuple[tuple[str, int], ...] = ()
    waiting: int = 0
    due: datetime | None = None

    @property
    def fails(self) -> bool:
        """Whether the last attempt failed."""
        return self.reason not in {"", "sent"}


def channel_records(reader: Reader, since: datetime) -> tuple[ChannelRecord, ...]:
    """Return what came of telling each channel that was to be told, sorted by their names."""
    tried = reader.query(
        """
        SELECT
            channel,
            maxOrNullIf(at, attempt > 0 AND reason = 'sent'),
            maxOrNullIf(at, attempt > 0 AND reason != 'trying'),
            argMaxIf(reason, (at, attempt), attempt > 0 AND reason != 'trying'),
            argMaxIf(detail, (at, attempt), attempt > 0 AND reason != 'trying'),
            countIf(attempt > 0 AND reason != 'trying' AND at >= {since:DateTime64(3, 'UTC')}),
            countIf(attempt > 0 AND reason NOT IN ('trying', 'sent') AND at >= {since:DateTime64(3, 'UTC')})
        FROM deliveries
        WHERE channel != ''
        GROUP BY channel
        """,
        {"since": since},
    )
    held: dict[str, tuple[tuple[str, int], ...]] = {}
    for channel, reason, count in reader.query(
        """
        SELECT channel, reason, count() AS number FROM deliveries
        WHERE channel != '' AND attempt = 0 AND at >= {since:DateTime64(3, 'UTC')}
        GROUP BY channel, reason
        ORDER BY channel, number DESC, reason
        """,
        {"since": since},
    ):
        held[channel] = (*held.get(channel, ()), (reason, count))
    waiting = {
        channel: (number, due)
        for channel, number, due in reader.query(
            """
            SELECT channel, count(), min(due) FROM notifications
            WHERE channel != '' AND step != '' AND key NOT IN
                (SELECT key FROM deliveries WHERE reason IN ('sent', 'refused', 'gave_up', 'over_untold'))
            GROUP BY channel
            """
        )
    }
    found = {row[0]: ChannelRecord(*row) for row in tried}
    return tuple(
        msgspec.structs.replace(
            found.get(channel, ChannelRecord(channel)), held=held.get(channel, ()), waiting=number, due=due
        )
        for channel in sorted({*found, *waiting})
        for number, due in [waiting.get(channel, (0, None))]
    )


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
