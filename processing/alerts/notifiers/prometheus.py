"""An alert as Prometheus knows it, for Alertmanager and for what takes Alertmanager's webhook.

The labels are the identity of an alert: two that differ in one label are two alerts. They therefore hold nothing that
changes while a conversation goes on; the figures are annotations. Annotations hold no post, and no mark of any markup,
because templates that nobody here knows put them into chats.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from processing.alerts.notification import Message, Notification, Step
from processing.alerts.notifiers.text import inert, one_line
from processing.plain_text import is_safe_link

_NAMES = {
    Step.DIGEST: "BanwatchDigest",
    Step.TEST: "BanwatchTest",
}


def labels_of(notification: Notification, more: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of an alert. `more` are the operator's own, which do not replace these."""
    single = notification.step in {Step.DIGEST, Step.TEST}
    conversation = notification.key if single else notification.conversation
    incident = notification.incident
    trouble = notification.trouble
    about = {"topic": incident.topic} if incident is not None else {}
    if trouble is not None:
        about = {"area": trouble.area.value, "subject": one_line(trouble.subject)}
    name = _NAMES.get(notification.step, "BanwatchIncident" if trouble is None else "BanwatchTrouble")
    return {**more, "alertname": name, "conversation": conversation, **about}


def annotations_of(notification: Notification) -> dict[str, str]:
    """Return the annotations of an alert: the message, its facts, and the figures of the incident."""
    message, incident = notification.message, notification.incident
    facts = "\n".join(f"{inert(one_line(fact.label))}: {inert(one_line(fact.value))}" for fact in message.facts[:12])
    texts = {
        "summary": inert(one_line(message.title)) or notification.conversation,
        "description": "\n".join(filter(None, (inert(one_line(message.verdict)), facts))),
        "step": notification.step.value,
    }
    if notification.unknown:
        texts["end"] = "unknown"
    if incident is not None:
        texts |= {
            "severity": incident.severity.value,
            "posts": str(incident.observed),
            "expected": f"{incident.expected:.1f}",
            "ratio": f"{incident.ratio:.1f}",
            "languages": ", ".join(incident.languages),
        }
    if notification.trouble is not None:
        texts |= {"severity": notification.trouble.severity.value, "trouble": notification.trouble.name.value}
    return {name: text for name, text in texts.items() if text}


def start_of(notification: Notification) -> datetime:
    """Return when what the alert is about began."""
    if notification.trouble is not None:
        return notification.trouble.since
    return notification.incident.start if notification.incident is not None else notification.at


def page_of(message: Message) -> str:
    """Return the address of the page that the message links, or nothing."""
    return message.page.url if message.page is not None and is_safe_link(message.page.url) else ""


def rfc3339(moment: datetime) -> str:
    """Return a time as Prometheus writes it."""
    return moment.isoformat().replace("+00:00", "Z")
