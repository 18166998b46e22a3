"""The bodies of a webhook: banwatch's own, and Alertmanager's webhook of version 4.

The own body is `{type, timestamp, data}`, as Standard Webhooks recommends, and smaller than 20 kB: what is long goes
first. Its texts are data as they came; a receiver escapes them for what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from processing.alerts.notification import Link, Message, Notification, Step
from processing.alerts.notifiers.http import json_bytes
from processing.alerts.notifiers.prometheus import annotations_of, labels_of, page_of, rfc3339, start_of
from processing.alerts.notifiers.text import LONGEST_TEXT, one_line
from processing.plain_text import is_safe_link
from processing.troubles import Trouble

MOST_BYTES = 20_000

TYPES = {
    Step.DIGEST: "digest",
    Step.TEST: "test",
}
"""The type of each step that is not one of an incident or a trouble."""

NEVER = "0001-01-01T00:00:00Z"
"""The end of an alert that goes on, as Go writes a time that is not set."""


def standard_body(notification: Notification) -> bytes:
    """Return banwatch's own body, the richest that is smaller than `MOST_BYTES`."""
    bodies = (json_bytes(_event(notification, data)) for data in _data(notification))
    return next(body for body in bodies if len(body) < MOST_BYTES)


def _event(notification: Notification, data: Mapping[str, Any]) -> dict[str, Any]:
    about = "incident" if notification.trouble is None else "trouble"
    kind = TYPES.get(notification.step, f"{about}.{notification.step}")
    return {"type": kind, "timestamp": rfc3339(notification.at), "data": data}


def _data(notification: Notification) -> Iterator[dict[str, Any]]:
    """Yield the data of a notification, each time with less."""
    message = notification.message
    base = {
        "key": one_line(notification.key, 500),
        "conversation": one_line(notification.conversation, 500),
        "step": notification.step.value,
        "growth": [growth.value for growth in notification.growth],
        "end_unknown": notification.unknown,
    } | _trouble(notification.trouble)
    incident = None if notification.incident is None else msgspec.to_builtins(notification.incident)
    yield base | {"incident": incident, "message": _message(message)}
    yield base | {"incident": incident, "message": _message(message) | {"sql": "", "parts": _titles(message)}}
    yield base | {"incident": _brief(incident), "message": _message(message) | {"sql": "", "parts": [], "quotes": []}}
    yield base | {
        "incident": _brief(incident),
        "message": {"title": one_line(message.title), "page": _link(message.page)},
    }


def _trouble(trouble: Trouble | None) -> dict[str, Any]:
    """Return the trouble in a field of its own; what strangers wrote is one bounded line."""
    if trouble is None:
        return {}
    texts = {"subject": one_line(trouble.subject, 200), "detail": one_line(trouble.detail, 500)}
    return {"trouble": msgspec.to_builtins(trouble) | texts}


def _brief(incident: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an incident without its lists."""
    if incident is None:
        return None
    return {name: value for name, value in incident.items() if not isinstance(value, list | tuple)}


def _titles(message: Message) -> list[dict[str, str]]:
    return [{"title": one_line(part.title, 200)} for part in message.parts[:50]]


def _message(message: Message) -> dict[str, Any]:
    return {
        "language": message.language,
        "title": one_line(message.title),
        "verdict": one_line(message.verdict),
        "facts": [{"label": one_line(each.label), "value": one_line(each.value)} for each in message.facts],
        "sparkline": one_line(message.sparkline),
        "quotes": [
            {
                "label": one_line(each.label),
                "text": one_line(each.text),
                "author": one_line(each.author),
                "url": each.url if is_safe_link(each.url) else "",
                "at": rfc3339(each.at),
            }
            for each in message.quotes
        ],
        "notes": [one_line(note) for note in message.notes],
        "page": _link(message.page),
        "acknowledge": _link(message.acknowledge),
        "sql": message.sql[: 10 * LONGEST_TEXT],
        "parts": [_message(part) for part in message.parts],
    }


def _link(link: Link | None) -> dict[str, str] | None:
    return {"label": one_line(link.label), "url": link.url} if link is not None and is_safe_link(link.url) else None


def alertmanager_body(notification: Notification, receiver: str) -> bytes:
    """Return the body of Alertmanager's webhook, version 4, with one alert: see `notify/webhook` there."""
    labels, annotations = labels_of(notification, {}), annotations_of(notification)
    ends = notification.step is Step.RESOLVED
    status = "resolved" if ends else "firing"
    ended = notification.incident.end if notification.incident is not None else None
    page = page_of(notification.message)
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(start_of(notification)),
        "endsAt": rfc3339(ended or notification.at) if ends else NEVER,
        "generatorURL": page,
        "fingerprint": sha256(repr(sorted(labels.items())).encode()).hexdigest()[:16],
    }
    return json_bytes(
        {
            "version": "4",
            "groupKey": f'{{}}:{{conversation="{labels["conversation"]}"}}',
            "truncatedAlerts": 0,
            "receiver": receiver,
            "status": status,
            "alerts": [alert],
            "groupLabels": {"conversation": labels["conversation"]},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": page,
        }
    )
