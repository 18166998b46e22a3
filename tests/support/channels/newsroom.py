"""A newsroom with three channels, which remember when they were told first of each topic: Slack, a webhook and mail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.channels.receiver import Received, Receiver, Reply, receiving
from tests.support.channels.servers import CHANNEL, TOKEN, SlackServer, WebhookServer
from tests.support.mail_server import Inbox, mail_server

RULES = """
[channels.slack]
kind = "slack"
channel = "{channel}"
url = "{slack}/api"

[channels.hook]
kind = "webhook"

[channels.mail]
kind = "mail"
host = "localhost"
port = {mail}
security = "none"
sender = "banwatch@example.org"
to = ["desk@example.org"]

[[rules]]
name = "every surge"
severity = "major"
channels = [{channels}]
"""
CHANNELS = ("slack", "hook", "mail")
Answer = Callable[[Received], Reply]


@dataclass
class FirstTold:
    """When each channel was told first of a topic, by the clock of `time.monotonic`."""

    subjects: Iterable[str]
    """Words that stand in every message about a topic, and in no other."""
    at: dict[tuple[str, str], float] = field(default_factory=dict)
    """By channel and subject."""

    def note(self, channel: str, message: str) -> None:
        for subject in self.subjects:
            if subject in message:
                self.at.setdefault((channel, subject), time.monotonic())

    def everywhere(self, subject: str) -> bool:
        return all((channel, subject) in self.at for channel in CHANNELS)


@dataclass
class NotingInbox(Inbox):
    """An inbox that notes what it takes."""

    told: FirstTold = field(default_factory=lambda: FirstTold(()))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.told.note("mail", str(self.mails[-1]["subject"]))
        return answer


@dataclass(frozen=True)
class Newsroom:
    """The channels as they run."""

    slack: Receiver
    hook: Receiver
    mail_port: int

    def settings(self, rules: Path, channels: Iterable[str] = CHANNELS) -> dict[str, str]:
        """Write the rules, and return the environment of a banwatch that tells these channels."""
        names = ", ".join(f'"{name}"' for name in channels)
        rules.write_text(RULES.format(channel=CHANNEL, slack=self.slack.url, mail=self.mail_port, channels=names))
        secrets = {"slack": {"token": TOKEN}, "hook": {"url": f"{self.hook.url}/{TOKEN}"}}
        return {"BANWATCH_ALERTS_FILE": str(rules), "BANWATCH_ALERT_SECRETS": json.dumps(secrets)}


@contextmanager
def newsroom(told: FirstTold) -> Iterator[Newsroom]:
    """Serve the three channels until the block ends."""

    def noting(channel: str, answer: Answer) -> Answer:
        def respond(asked: Received) -> Reply:
            reply = answer(asked)
            told.note(channel, asked.body.decode(errors="replace"))
            return reply

        return respond

    slack = SlackServer()
    with (
        receiving(noting("slack", slack)) as at_slack,
        receiving(noting("hook", WebhookServer())) as at_hook,
        mail_server(NotingInbox(told=told), None) as mail_port,
    ):
        slack.upload_url = f"{at_slack.url}/upload/chart"
        yield Newsroom(at_slack, at_hook, mail_port)
