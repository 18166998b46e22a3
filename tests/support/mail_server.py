"""A mail server on this machine, with TLS and a login, that says what a test tells it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from processing.alerts.notifiers.mail import MailOptions

USER, PASSWORD = "watch", "pass word"


@dataclass
class Inbox:
    """Says 250 to everything but what `says` has an answer for: by recipient, or `DATA`. Cuts instead if `cuts`.

    It answers to a mail after `thinks_for` seconds.
    """

    says: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False
    thinks_for: float = 0
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.says.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        if self.cuts and server.transport is not None:
            server.transport.abort()
        await asyncio.sleep(self.thinks_for)
        return self.says.get("DATA", "250 OK")

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        contents = (envelope.content for envelope in self.envelopes)
        read = (email.message_from_bytes(each, policy=email.policy.default) for each in contents if each is not None)
        return [mail for mail in read if isinstance(mail, EmailMessage)]


@dataclass(frozen=True)
class Authority:
    """Who has signed the server's certificate; `file` is for those who trust it."""

    context: ssl.SSLContext
    file: Path


def authority(folder: Path, name: str = "localhost") -> Authority:
    """An authority of its own, and a certificate of it for a name."""
    signs, file = trustme.CA(), folder / f"{name}.pem"
    signs.cert_pem.write_to_path(str(file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    signs.issue_cert(name).configure_cert(context)
    return Authority(context, file)


def _login(refusal: str | None) -> Callable[..., AuthResult]:
    def logged_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        given = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=given and refusal is None, handled=False, message=refusal)

    return logged_in


class AtAnyPort(Controller):
    """Listens at a port that the system gives; the library would look for it at port 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(
    inbox: Inbox, signed: Authority | None, *, implicit: bool = False, login: str | None = None
) -> Iterator[int]:
    """Serve until the block ends, at the port that is yielded. Without a certificate, nothing is encrypted.

    `login` is the answer to every login, where none is taken.
    """
    context = signed.context if signed else None
    encrypted = {"ssl_context": context} if implicit else {"tls_context": context}
    with_login = {"authenticator": _login(login), "auth_require_tls": not implicit}
    server = AtAnyPort(inbox, hostname="127.0.0.1", port=0, timeout=30, **encrypted, **with_login)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def mail_options(port: int, trusts: Path | None, **fields: object) -> MailOptions:
    """The options of a channel at this server with whatever the test needs different."""
    given: dict[str, object] = {
        "host": "localhost",
        "port": port,
        "certificates": trusts,
        "user": USER,
        "password": SecretStr(PASSWORD),
        "sender": "banwatch@example.org",
        "to": ("desk@example.org",),
    } | fields
    return MailOptions(**given)  # type: ignore[arg-type]
