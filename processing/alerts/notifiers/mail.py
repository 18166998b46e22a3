"""E-mail by SMTP: text and HTML in one message, and one thread for each conversation.

The Message-ID is made of the notification's key, so that a mail which is sent twice can be told. A mail answers the
first of its conversation, under the subject of the first: mail programs thread by both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.mail_message import mail_message, message_id, subject_of
from processing.alerts.notifiers.smtp import Server, Verdict, deliver, try_login

PORTS = {"starttls": 587, "tls": 465, "none": 25}
MOST_REMEMBERED = 100

Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$")]
"""An address without quotes (RFC 5322, `dot-atom`). Python's library for mail servers speaks ASCII alone."""


class MailOptions(BaseModel):
    """`[channels.NAME]` with `kind = "mail"`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(description="mail server", pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    port: int | None = Field(None, description="port; 587, 465 or 25 by `security` if unset", ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls`, `tls` from the first byte, or `none` for a server on this machine"
    )
    certificates: Path | None = Field(None, description="file of authorities to trust; those of the system if unset")
    user: str = Field("", description="name to log in with; no login if empty")
    password: SecretStr = Field(SecretStr(""), description="password of this user")
    sender: Address = Field(description="address that the mails are from")
    to: tuple[Address, ...] = Field(description="addresses that receive the mails", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> MailOptions:
        if self.security == "none" and self.user:
            raise ValueError("A password is not sent without encryption: set security to starttls or tls.")
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("A login needs both a user and a password. The password stands in BANWATCH_ALERT_SECRETS.")
        if not (self.user + self.password.get_secret_value()).isascii():
            raise ValueError("The user and the password of a mail server have to be ASCII.")
        return self


def open_mail(name: str, options: MailOptions, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Mail:
    """Return the notifier of a channel of mail. `clock` gives the date of a mail."""
    return Mail(name, options, clock)


@dataclass
class Mail:
    """Several recipients of one mail.

    A server may take the mail for some recipients and ask to try again for others. `_taken` has who must not receive it
    again. It is forgotten with the process; then these receive the mail twice, under one Message-ID.
    """

    name: str
    options: MailOptions
    clock: Callable[[], datetime]
    resend_every: timedelta | None = None
    _taken: dict[str, frozenset[str]] = field(default_factory=dict)

    def notify(self, notification: Notification) -> Attempt:
        """Send the mail to everyone who has not received it."""
        taken = self._taken.get(notification.key, frozenset())
        mail = mail_message(notification, self.name, self.options.sender, self.options.to, self.clock())
        verdict = deliver(self._server, mail, [each for each in self.options.to if each not in taken])
        taken |= frozenset(verdict.taken)
        self._remember(notification.key, taken if verdict.again else frozenset())
        outcome = verdict.outcome
        if outcome is Outcome.REFUSED and taken:
            outcome = Outcome.SENT
        sent = f"{message_id(notification.key, self.options.sender)} {subject_of(notification)}"
        return Attempt(outcome, self._without_secrets(verdict), sent if outcome is Outcome.SENT else "")

    def authenticate(self) -> Attempt:
        """Connect, encrypt and log in, as for a mail."""
        verdict = try_login(self._server)
        return Attempt(verdict.outcome, self._without_secrets(verdict))

    @property
    def _server(self) -> Server:
        options = self.options
        port = options.port or PORTS[options.security]
        password = options.password.get_secret_value()
        return Server(options.host, port, options.security, options.certificates, options.user, password)

    def _remember(self, key: str, taken: frozenset[str]) -> None:
        self._taken.pop(key, None)
        if taken:
            self._taken[key] = taken
        while len(self._taken) > MOST_REMEMBERED:
            del self._taken[next(iter(self._taken))]

    def _without_secrets(self, verdict: Verdict) -> str:
        password = self.options.password.get_secret_value()
        return re.sub(re.escape(password), "***", verdict.detail) if password else verdict.detail
