"""One conversation with a mail server: connect, encrypt, log in, hand over one mail."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from processing.alerts.notification import Outcome
from processing.alerts.notifiers.deadline import Handle, Limit
from processing.plain_text import plain

TIMEOUT = 20.0
"""Seconds for each answer of the server."""
WHOLE_TIMEOUT = 120.0
"""Seconds for all answers together, however slowly they drip in, but for the one below."""
TAKEN_WITHIN = 300.0
"""Seconds for the answer to the whole mail, which a server may look through before it answers (RFC 5321, 4.5.3.2.6)."""

_OK = 250
_GO_ON = 354
_NOT_LOGGED_IN = frozenset({530, 534, 535, 538})
"""Codes that ask for another login (RFC 4954)."""


@dataclass(frozen=True)
class Server:
    """Where the mail is handed over, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    certificates: Path | None = None
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the server said. `taken` are the recipients whose mail it has; `again`: others may be tried again."""

    outcome: Outcome
    detail: str = ""
    taken: tuple[str, ...] = ()
    again: bool = False


class _Answered(Exception):
    """The server has answered with a code that ends the conversation."""

    def __init__(self, code: int, text: bytes | str) -> None:
        super().__init__(_said(code, text))
        self.code = code


class _InDoubt(Exception):
    """The whole mail has been sent, and no answer has come."""


def deliver(server: Server, mail: EmailMessage, recipients: Sequence[str]) -> Verdict:
    """Hand the mail over for these recipients, once. No failure of the network or the server raises."""
    return _conversed(server, lambda connection: _hand_over(connection, mail, recipients))


def try_login(server: Server) -> Verdict:
    """Connect, encrypt and log in, and hand nothing over. No failure of the network or the server raises."""

    def ask(connection: _Connection) -> Verdict:
        _expect(*connection.smtp.noop())
        return Verdict(Outcome.SENT)

    return _conversed(server, ask)


@dataclass
class _Connection:
    """A connection whose time is limited."""

    smtp: smtplib.SMTP
    limit: Limit

    def allow(self, answer: float, whole: float) -> None:
        """Give the server so many seconds from now on for each answer, and for all together."""
        if self.smtp.sock is not None:
            self.smtp.sock.settimeout(answer)
        self.limit.begin(whole)


def _conversed(server: Server, converse: Callable[[_Connection], Verdict]) -> Verdict:
    try:
        with _connected(server) as connection:
            return converse(connection)
    except _Answered as answered:
        return _failed(answered.code, str(answered))
    except smtplib.SMTPAuthenticationError as error:
        # Whatever the code of a refusal is, the server speaks of the login here, and not of the mail.
        verdict = _failed(error.smtp_code, _said(error.smtp_code, error.smtp_error))
        return verdict if verdict.outcome is Outcome.RETRY else replace(verdict, outcome=Outcome.AUTH, again=True)
    except smtplib.SMTPResponseException as error:
        return _failed(error.smtp_code, _said(error.smtp_code, error.smtp_error))
    except smtplib.SMTPNotSupportedError as error:
        # Somebody between us and the server may hide what it offers: the next try may get through.
        return Verdict(Outcome.RETRY, f"{server.host} does not offer what is needed: {plain(str(error))}", again=True)
    except ssl.SSLCertVerificationError as error:
        return Verdict(Outcome.RETRY, f"The certificate of {server.host} is wrong: {error.verify_message}", again=True)
    except _InDoubt as doubt:
        return Verdict(Outcome.TIMEOUT, str(doubt), again=True)
    except (OSError, smtplib.SMTPException) as error:
        return Verdict(Outcome.RETRY, f"{server.host}: {plain(str(error))}", again=True)


@contextmanager
def _connected(server: Server) -> Iterator[_Connection]:
    context, limit = ssl.create_default_context(cafile=server.certificates), Limit()
    limit.begin(WHOLE_TIMEOUT)
    try:
        with closing(_greeted(server, context, limit.handle)) as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
            yield _Connection(smtp, limit)
            with suppress(OSError, smtplib.SMTPException):  # the mail is handed over, whatever becomes of the farewell
                smtp.quit()
    finally:
        limit.end()


def _greeted(server: Server, context: ssl.SSLContext, handle: Handle) -> smtplib.SMTP:
    """Connect, encrypt if the server begins with TLS, and read its greeting. The connection is held from its start."""

    class Plain(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
            handle.hold(connected)
            return connected

    class Encrypted(smtplib.SMTP_SSL, Plain):
        """The library encrypts what `Plain` has connected."""

    if server.security == "tls":
        return Encrypted(server.host, server.port, timeout=TIMEOUT, context=context)
    return Plain(server.host, server.port, timeout=TIMEOUT)


def _hand_over(connection: _Connection, mail: EmailMessage, recipients: Sequence[str]) -> Verdict:
    """Offer the mail to every recipient, and hand it over if one of them is taken."""
    smtp = connection.smtp
    _expect(*smtp.mail(str(mail["From"])))
    answers = {each: smtp.rcpt(each) for each in recipients}
    refused = {each: (code, text) for each, (code, text) in answers.items() if code not in {_OK, 251}}
    taken = tuple(each for each in recipients if each not in refused)
    if taken:
        _hand_over_body(connection, mail)
    return _verdict(taken, refused)


def _hand_over_body(connection: _Connection, mail: EmailMessage) -> None:
    """Send the text, and wait for the answer to it longer than for any other. `SMTP.data` cannot tell the two apart."""
    smtp = connection.smtp
    code, text = smtp.docmd("DATA")
    if code != _GO_ON:
        raise _Answered(code, text)
    try:
        smtp.send(smtplib.quotedata(mail.as_string()).removesuffix("\r\n") + "\r\n.\r\n")
        connection.allow(TAKEN_WITHIN, TAKEN_WITHIN)
        code, text = smtp.getreply()
    except smtplib.SMTPServerDisconnected as error:
        raise _InDoubt("The connection ended before the server had answered: the mail may have arrived.") from error
    connection.allow(TIMEOUT, WHOLE_TIMEOUT)
    _expect(code, text)


def _verdict(taken: tuple[str, ...], refused: Mapping[str, tuple[int, bytes]]) -> Verdict:
    """Decide over all recipients: one that may be tried again outweighs one that is refused for good."""
    again = any(code < 500 for code, _ in refused.values())
    detail = "; ".join(f"{each}: {_said(code, text)}" for each, (code, text) in refused.items())
    if again:
        return Verdict(Outcome.RETRY, detail, taken, again=True)
    return Verdict(Outcome.SENT if taken else Outcome.REFUSED, detail, taken)


def _expect(code: int, text: bytes) -> None:
    if code != _OK:
        raise _Answered(code, text)


def _failed(code: int, said: str) -> Verdict:
    if code in _NOT_LOGGED_IN:
        return Verdict(Outcome.AUTH, said, again=True)
    again = code < 500
    return Verdict(Outcome.RETRY if again else Outcome.REFUSED, said, again=again)


def _said(code: int, text: bytes | str) -> str:
    return plain(f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}")
