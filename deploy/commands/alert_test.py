"""`banwatch alerts test`: whether a channel can be told, tried once with a message that says it is a test."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal, cast

import typer

from deploy.commands.options import settings
from deploy.processes.alerting import utc_now
from deploy.terminal.progress import printable
from ingest.errors import Failure
from processing.alerts.message import Wording, build
from processing.alerts.news import ChannelTest
from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers import open_notifier
from processing.alerts.rules import Channel
from processing.alerts.rules_file import load_rules
from processing.tagging.topics import load_taxonomy


class ChannelNotTold(Failure):
    """The channel has not taken the test message; the message is what it answered."""


def test(channel: Annotated[str, typer.Argument(help="Its name in the rules file.")]) -> None:
    """Send one message that says it is a test to a channel of the rules file."""
    own = settings()
    topics = [topic.id for topic in load_taxonomy(*own.topics_files).topics]
    book = load_rules(own.alerts_file, own.alerts.alert_secrets, topics)
    if channel not in book.channels:
        raise typer.BadParameter(f"{channel!r} is no channel of {own.alerts_file}: {', '.join(sorted(book.channels))}.")
    said = _try(book.channels[channel], Wording(width=own.processing.bin_width, zone=book.zone))
    answered = f" It answered: {said.detail}" if said.detail else ""
    if said.outcome is not Outcome.SENT:
        raise ChannelNotTold(f"{channel} was not told ({said.outcome}).{answered}")
    print(printable(f"{channel} was told.{answered}"))


def _try(channel: Channel, wording: Wording) -> Attempt:
    now = utc_now()
    key = f"test:{channel.name}:{secrets.token_hex(8)}"
    in_its_language = Wording(
        width=wording.width, language=cast('Literal["en", "ar"]', channel.language), zone=wording.zone
    )
    message = build(ChannelTest(at=now, channel=channel.name), in_its_language)
    return open_notifier(channel).notify(
        Notification(key=key, conversation=key, channel=channel.name, step=Step.TEST, at=now, message=message)
    )
