"""The mail of a notification: headers, text, HTML and the chart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from processing.alerts.message import text_lines
from processing.alerts.notification import Message, Notification
from processing.alerts.notifiers.mail_html import CHART, mail_html
from processing.alerts.notifiers.text import unlinked
from processing.plain_text import STEERING, plain

LONGEST_SUBJECT = 150
POLICY = SMTP.clone(cte_type="7bit")
"""A server need not take bytes beyond ASCII."""


def mail_message(
    notification: Notification, channel: str, sender: str, to: Sequence[str], date: datetime
) -> EmailMessage:
    """Return the mail. A program that answers by itself is asked not to."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"Re: {subject_of(notification)}" if notification.root else subject_of(notification)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id(notification.key, sender)
    if notification.root:
        mail["In-Reply-To"] = mail["References"] = _root(notification)[0]
    mail["List-Id"] = f"<{re.sub('[^a-z0-9-]', '-', channel.lower())}.banwatch.{_domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    _write(mail, notification)
    return mail


def _write(mail: EmailMessage, notification: Notification) -> None:
    message = _unlinked(notification.message)
    mail.set_content("\n".join(text_lines(message)))
    mail.add_alternative(mail_html(message), subtype="html")
    if message.chart is not None:
        html = mail.get_payload(1)
        html.add_related(message.chart, "image", "png", cid=f"<{CHART}>", disposition="inline")  # type: ignore[union-attr]


def _unlinked(message: Message) -> Message:
    """Return a message in whose texts a mail program finds no address. Links, and the statement, stay as they are."""
    return replace(
        message,
        title=unlinked(message.title),
        verdict=unlinked(message.verdict),
        facts=tuple(replace(fact, value=unlinked(fact.value)) for fact in message.facts),
        quotes=tuple(
            replace(quote, text=unlinked(quote.text), author=unlinked(quote.author)) for quote in message.quotes
        ),
        notes=tuple(map(unlinked, message.notes)),
        parts=tuple(map(_unlinked, message.parts)),
    )


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of a notification. It is the same for every attempt."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}.banwatch@{_domain(sender)}>"


def subject_of(notification: Notification) -> str:
    """Return the subject of the conversation: the title of its first mail."""
    own = plain(STEERING.sub("", notification.message.title), LONGEST_SUBJECT)
    return _root(notification)[1] or own


def _root(notification: Notification) -> tuple[str, str]:
    """Return Message-ID and subject of the first mail, of which the channel's id of a mail consists."""
    name, _, subject = notification.root.partition(" ")
    return name, plain(subject, LONGEST_SUBJECT)


def _domain(sender: str) -> str:
    return Address(addr_spec=sender).domain
