"""Reads of what people are still to be told, and of what came of telling them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.queries.reader import Reader
from processing.store.client import Row


@dataclass(frozen=True)
class StoredNotification:
    """A decided notification with its attempts so far.

    `outcomes` and `ends` are the reasons and the times of the attempts, oldest first. `message` and `pause` are those
    of the last attempt. `reason` is that of the decision, and `incident` or `trouble` what it is about as it was then,
    as JSON.
    """

    key: str
    conversation: str
    channel: str
    number: int
    step: str
    growth: tuple[str, ...]
    at: datetime
    due: datetime
    bundle: str
    message: str
    outcomes: tuple[str, ...]
    ends: tuple[datetime, ...]
    pause: timedelta
    reason: str = ""
    incident: str = ""
    trouble: str = ""


_WITH_ATTEMPTS = """
    SELECT
        key, conversation, channel, number, step, growth, notifications.at, due, bundle,
        tried.message, tried.outcomes, tried.ends, tried.pause, notifications.reason, notifications.incident,
        notifications.trouble
    FROM notifications
    LEFT JOIN
    (
        SELECT
            key,
            argMax(message, attempt) AS message,
            arrayMap(each -> each.2, arraySort(groupArray((attempt, reason, at)))) AS outcomes,
            arrayMap(each -> each.3, arraySort(groupArray((attempt, reason, at)))) AS ends,
            argMax(pause, attempt) AS pause
        FROM deliveries
        WHERE attempt > 0 AND key IN ({keys})
        GROUP BY key
    ) AS tried USING key
    WHERE key IN ({keys})
    ORDER BY notifications.at, conversation, number
"""

_UNDELIVERED = """
    SELECT key FROM notifications
    WHERE step != '' AND key NOT IN
        (SELECT key FROM deliveries WHERE reason IN ('sent', 'refused', 'gave_up', 'over_untold'))
"""

_GOING_ON = """
    SELECT argMax(key, number) FROM notifications
    WHERE channel = {channel:String} AND step NOT IN ('', 'test') AND key IN
        (SELECT key FROM deliveries WHERE channel = {channel:String} AND attempt > 0 AND reason = 'sent')
    GROUP BY conversation
    HAVING argMax(step, number) != 'resolved'
"""


def _stored(row: Row) -> StoredNotification:
    key, conversation, channel, number, step, growth, at, due, bundle, message, outcomes, ends, pause, *decided = row
    return StoredNotification(
        key,
        conversation,
        channel,
        number,
        step,
        tuple(growth),
        at,
        due,
        bundle,
        message,
        tuple(outcomes),
        tuple(ends),
        timedelta(seconds=pause),
        *decided,
    )


def undelivered(reader: Reader) -> tuple[StoredNotification, ...]:
    """Return the notifications that have not come to an end, due or not, in the order of the decisions."""
    return tuple(map(_stored, reader.query(_WITH_ATTEMPTS.replace("{keys}", _UNDELIVERED))))


def queue_mark(reader: Reader) -> tuple[object, ...]:
    """Return what changes with every notification that is written, for who may read their versions.

    It is much cheaper than `undelivered`, because no versions are merged.
    """
    [mark] = reader.query("SELECT count(), groupBitXor(cityHash64(key, at)) FROM notification_versions")
    return mark


def going_on(reader: Reader, channel: str) -> tuple[StoredNotification, ...]:
    """Return the last notification that a channel took of each incident or trouble which is not over for it."""
    return tuple(map(_stored, reader.query(_WITH_ATTEMPTS.replace("{keys}", _GOING_ON), {"channel": channel})))


@dataclass(frozen=True)
class ChannelAttempt:
    """One attempt at a channel: what came of it, when it ended, and the pause behind it."""

    channel: str
    outcome: str
    at: datetime
    pause: timedelta
    detail: str


def last_attempts(reader: Reader, most: int = 20) -> tuple[ChannelAttempt, ...]:
    """Return the last attempts at each channel that have an outcome, newest first. An attempt of a digest is one."""
    rows = reader.query(
        """
        SELECT channel, any(reason), max(at) AS ended, any(pause), any(detail)
        FROM deliveries
        WHERE attempt > 0 AND reason != 'trying'
        GROUP BY channel, message, attempt
        ORDER BY ended DESC
        LIMIT {most:UInt32} BY channel
        """,
        {"most": most},
    )
    return tuple(
        ChannelAttempt(channel, outcome, at, timedelta(seconds=pause), detail)
        for channel, outcome, at, pause, detail in rows
    )


def root_message(reader: Reader, conversation: str, channel: str) -> str:
    """Return the channel's id of the first message that it took of a conversation alone; empty where there is none.

    A digest is nobody's first message: what follows on one of its parts must not change it.
    """
    rows = reader.query(
        """
        SELECT message_id FROM deliveries
        WHERE startsWith(key, {keys:String}) AND conversation = {conversation:String} AND channel = {channel:String}
            AND reason = 'sent' AND message = key AND message_id != ''
        ORDER BY toUInt32OrZero(splitByChar('/', key)[-1]), at
        LIMIT 1
        """,
        {"keys": f"{conversation}/{channel}/", "conversation": conversation, "channel": channel},
    )
    return str(rows[0][0]) if rows else ""


@dataclass(frozen=True)
class KnownBefore:
    """An incident as a channel knew it from the notification of `at` on; `severity` is empty where it knew nothing.

    `incident` is the incident as it was then, as JSON.
    """

    severity: str
    languages: tuple[str, ...]
    peak: float
    pulse: datetime
    at: datetime
    incident: str


def known_before(reader: Reader, conversation: str, channel: str, number: int) -> KnownBefore | None:
    """Return what a channel was told of a conversation last, before the decision `number`."""
    rows = reader.query(
        """
        SELECT severity, languages, peak, pulse, at, incident FROM notifications
        WHERE conversation = {conversation:String} AND channel = {channel:String} AND number < {number:UInt32}
            AND step != ''
        ORDER BY number DESC
        LIMIT 1
        """,
        {"conversation": conversation, "channel": channel, "number": number},
    )
    if not rows:
        return None
    severity, languages, *others = rows[0]
    return KnownBefore(severity, tuple(languages), *others)


def is_open(reader: Reader, conversation: str, channel: str, number: int) -> bool:
    """Return whether a channel may know of a conversation that goes on, from what came before the decision `number`."""
    [(step,)] = reader.query(
        """
        SELECT argMax(step, number) FROM notifications
        WHERE conversation = {conversation:String} AND channel = {channel:String} AND number < {number:UInt32}
            AND key IN
            (
                SELECT key FROM deliveries
                WHERE channel = {channel:String} AND attempt > 0 AND reason IN ('sent', 'timeout', 'trying')
            )
        """,
        {"conversation": conversation, "channel": channel, "number": number},
    )
    return step not in {"", "resolved"}


def held_because(reader: Reader, key: str) -> str:
    """Return why a notification was not sent at once; empty where it was."""
    rows = reader.query("SELECT reason FROM deliveries WHERE key = {key:String} AND attempt = 0", {"key": key})
    return str(rows[0][0]) if rows else ""
