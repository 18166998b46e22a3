"""Mail to a server on this machine, with everything that can go wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from processing.alerts.message import build
from processing.alerts.news import DigestNews, IncidentNews
from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers import smtp
from processing.alerts.notifiers.mail import Mail, MailOptions, open_mail
from tests.conftest import NOON
from tests.processing.alerts.test_message import ALL, IN_ARABIC, IN_ENGLISH, SILENT
from tests.support.alerted import INCIDENT, PICTURE, RESOLVED, a_post, news
from tests.support.channels.messages import a_message
from tests.support.mail_server import PASSWORD, Authority, Inbox, authority, mail_options, mail_server

DESK, NIGHT = "desk@example.org", "night@example.org"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


def notification(told: IncidentNews | None = None, **fields: object) -> Notification:
    told = told or news()
    given: dict[str, object] = {
        "key": f"{INCIDENT.id}/newsroom/{told.step}",
        "conversation": INCIDENT.id,
        "channel": "newsroom",
        "step": told.step,
        "at": NOON,
        "message": build(told, IN_ENGLISH),
        "incident": INCIDENT,
    } | fields
    return Notification(**given)  # type: ignore[arg-type]


def opened(options: MailOptions) -> Mail:
    return open_mail("newsroom", options, lambda: NOON)


def tried(inbox: Inbox, signed: Authority, *notifications: Notification, **fields: object) -> list[Attempt]:
    with mail_server(inbox, signed) as port:
        mail = opened(mail_options(port, signed.file, **fields))
        return [mail.notify(each) for each in notifications or (notification(),)]


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))  # type: ignore[arg-type]
    assert found is not None
    return str(found.get_content())


def subject(mail: EmailMessage) -> str:
    """The subject. Where it begins on a line of its own, the library keeps the space before it."""
    return str(mail["Subject"]).strip()


def test_a_mail_arrives_encrypted_as_text_and_as_html(signed: Authority) -> None:
    inbox = Inbox()
    [attempt] = tried(inbox, signed, to=(DESK, NIGHT))
    assert attempt.outcome is Outcome.SENT
    assert inbox.encrypted == [True]
    assert inbox.envelopes[0].rcpt_tos == [DESK, NIGHT]
    [mail] = inbox.mails
    assert subject(mail) == "EXTREME: TikTok bans at 36 times normal, since Fri 10 Jul 2020 12:00 UTC"
    assert (mail["From"], mail["To"]) == ("banwatch@example.org", f"{DESK}, {NIGHT}")
    assert mail["List-Id"] == "<newsroom.banwatch.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 10 Jul 2020 12:00:00 +0000"
    assert part(mail, "plain").startswith("EXTREME: TikTok bans at 36 times normal")
    assert "First post, Fri 12:01 UTC, by sara: \u2068أمازون تطلب حذف TikTok\u2069" in part(mail, "plain")
    assert '<a dir="ltr" href="https://example.org/1">' in part(mail, "html")


def test_implicit_tls_is_tls_from_the_first_byte(signed: Authority) -> None:
    inbox = Inbox()
    with mail_server(inbox, signed, implicit=True) as port:
        sent = opened(mail_options(port, signed.file, security="tls")).notify(notification())
    assert (sent.outcome, len(inbox.mails)) == (Outcome.SENT, 1)


def test_a_server_on_this_machine_may_do_without_encryption_and_login() -> None:
    inbox = Inbox()
    with mail_server(inbox, None) as port:
        options = mail_options(port, None, security="none", user="", password="")
        assert opened(options).notify(notification()).outcome is Outcome.SENT
    assert inbox.encrypted == [False]


def test_an_arabic_mail_runs_from_right_to_left(signed: Authority) -> None:
    inbox = Inbox()
    tried(inbox, signed, notification(message=build(news(), replace(IN_ARABIC, charts=False))))
    [mail] = inbox.mails
    assert subject(mail) == (
        "موجة بالغة الشدة: حظر تيك توك، 36 مرة من المعتاد، منذ الجمعة 10 يوليو 2020، 12:00 بالتوقيت العالمي"
    )
    html = part(mail, "html")
    assert '<html lang="ar" dir="rtl">' in html
    assert '<body dir="rtl"' in html
    assert "\u2068work phones\u2069، \u2068delete\u2069" in html
    assert '<p dir="ltr" style="font-family: monospace">\u206611:40 ▂▁▂▂▃▅█▄ 12:20\u2069</p>' in html
    assert max(map(len, inbox.envelopes[0].content.splitlines())) <= 998  # type: ignore[union-attr]
    assert inbox.envelopes[0].content.isascii()  # type: ignore[union-attr]


def test_a_conversation_is_one_thread(signed: Authority) -> None:
    inbox = Inbox()
    [first] = tried(inbox, signed)
    root, _, about = first.message_id.partition(" ")
    tried(inbox, signed, notification(RESOLVED, root=first.message_id))
    begun, ended = inbox.mails
    assert begun["Message-ID"] == root
    assert begun["In-Reply-To"] is None
    assert (ended["In-Reply-To"], ended["References"], subject(ended)) == (root, root, f"Re: {about}")
    assert part(ended, "plain").startswith("RESOLVED, EXTREME: ")


def test_a_mail_that_is_sent_again_has_the_same_name(signed: Authority) -> None:
    inbox = Inbox()
    tried(inbox, signed, notification(), notification(in_doubt=True))
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 1
    other = Inbox()
    tried(other, signed, notification(key="another"))
    assert other.mails[0]["Message-ID"] != inbox.mails[0]["Message-ID"]


def test_a_chart_lies_in_the_mail_and_takes_nothing_from_the_text(signed: Authority) -> None:
    message = replace(build(news(), IN_ENGLISH), chart=b"\x89PNG")
    inbox = Inbox()
    tried(inbox, signed, notification(message=message))
    [mail] = inbox.mails
    [image] = [each for each in mail.walk() if each.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content()) == ("<timeline>", b"\x89PNG")
    assert '<img src="cid:timeline"' in part(mail, "html")
    assert "▂▁▂▂▃▅█▄" in part(mail, "plain")


def test_a_digest_is_one_mail_with_all_its_parts(signed: Authority) -> None:
    digest = build(DigestNews(at=NOON, parts=(news(), SILENT)), IN_ENGLISH)
    inbox = Inbox()
    tried(inbox, signed, notification(message=digest, incident=None))
    assert part(inbox.mails[0], "html").count("<h3") == 2
    assert "banwatch itself: WARNING. Nothing has come from the collector bluesky" in part(inbox.mails[0], "plain")


@pytest.mark.parametrize("hostile", ["</p><script>x</script>", '" onmouseover="x', "a\r\nBcc: x@evil.example\r\n\r\nx"])
def test_a_post_adds_no_header_and_no_element(signed: Authority, hostile: str) -> None:
    picture = replace(PICTURE, first=a_post(text=hostile, author=hostile, url=f"https://example.org/{hostile}"))
    names = {"ban": hostile}
    inbox = Inbox()
    tried(inbox, signed, notification(message=build(news(picture=picture), replace(IN_ENGLISH, topics=names))))
    [mail] = inbox.mails
    assert mail["Bcc"] is None
    assert inbox.envelopes[0].rcpt_tos == [DESK]
    html = part(mail, "html")
    assert "<script" not in html
    assert ' onmouseover="' not in html


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("421 4.3.0 closing", Outcome.RETRY),
        ("450 4.2.1 greylisted", Outcome.RETRY),
        ("550 5.1.1 no such user", Outcome.REFUSED),
        ("530 5.7.0 log in first", Outcome.AUTH),
    ],
)
def test_the_code_of_the_server_says_what_becomes_of_the_mail(signed: Authority, answer: str, outcome: Outcome) -> None:
    [at_the_end] = tried(Inbox(says={"DATA": answer}), signed)
    assert (at_the_end.outcome, at_the_end.detail, at_the_end.message_id) == (outcome, answer, "")
    if outcome is not Outcome.AUTH:
        [of_everyone] = tried(Inbox(says={DESK: answer}), signed)
        assert (of_everyone.outcome, of_everyone.detail) == (outcome, f"{DESK}: {answer}")


def test_a_refused_recipient_does_not_stop_the_others(signed: Authority) -> None:
    inbox = Inbox(says={NIGHT: "550 5.1.1 no such user"})
    [attempt] = tried(inbox, signed, to=(NIGHT, DESK))
    assert attempt.outcome is Outcome.SENT
    assert attempt.detail == f"{NIGHT}: 550 5.1.1 no such user"
    assert inbox.envelopes[0].rcpt_tos == [DESK]


def test_a_recipient_for_later_is_tried_again_without_those_who_have_the_mail(signed: Authority) -> None:
    inbox = Inbox(says={NIGHT: "450 4.2.1 greylisted"})
    with mail_server(inbox, signed) as port:
        mail = opened(mail_options(port, signed.file, to=(NIGHT, DESK)))
        later = mail.notify(notification())
        inbox.says = {}
        sent = mail.notify(notification())
    assert (later.outcome, sent.outcome) == (Outcome.RETRY, Outcome.SENT)
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [[DESK], [NIGHT]]


def test_a_cut_after_the_body_leaves_it_in_doubt(signed: Authority) -> None:
    [attempt] = tried(Inbox(cuts=True), signed)
    assert attempt.outcome is Outcome.TIMEOUT
    assert "may have arrived" in attempt.detail


def test_a_wrong_password_is_said_and_not_shown(signed: Authority) -> None:
    [attempt] = tried(Inbox(), signed, password="not the word")  # type: ignore[arg-type]
    assert attempt.outcome is Outcome.AUTH
    assert "not the word" not in attempt.detail


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.7.30 basic authentication is not supported", Outcome.AUTH),
        ("554 5.7.0 this account is blocked", Outcome.AUTH),
        ("454 4.7.0 for now there is no login", Outcome.RETRY),
    ],
)
def test_a_login_that_is_refused_is_not_the_fault_of_the_mail(signed: Authority, answer: str, outcome: Outcome) -> None:
    with mail_server(Inbox(), signed, login=answer) as port:
        attempt = opened(mail_options(port, signed.file)).notify(notification())
    assert (attempt.outcome, attempt.detail) == (outcome, answer)


def test_nothing_is_sent_without_the_encryption_that_was_asked_for() -> None:
    inbox = Inbox()
    with mail_server(inbox, None) as port:
        attempt = opened(mail_options(port, None)).notify(notification())
    assert attempt.outcome is Outcome.RETRY
    assert "does not offer what is needed: STARTTLS" in attempt.detail
    assert inbox.envelopes == []


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example"])
def test_nothing_is_sent_to_a_server_with_a_wrong_certificate(signed: Authority, tmp_path: Path, name: str) -> None:
    other = authority(tmp_path, name)
    trusts = other.file if name != "localhost" else signed.file
    inbox = Inbox()
    with mail_server(inbox, other) as port:
        attempt = opened(mail_options(port, trusts)).notify(notification())
    assert attempt.outcome is Outcome.RETRY
    assert attempt.detail.startswith("The certificate of localhost is wrong: ")
    assert inbox.envelopes == []


@contextmanager
def mute() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    with mute() as port:
        attempt = opened(mail_options(port, None, host="127.0.0.1")).notify(notification())
    assert attempt.outcome is Outcome.RETRY
    assert "timed out" in attempt.detail


def test_a_server_has_more_time_for_the_answer_to_the_mail(signed: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 5.0)
    monkeypatch.setattr(smtp, "WHOLE_TIMEOUT", 5.0)
    [attempt] = tried(Inbox(thinks_for=5.5), signed)
    assert attempt.outcome is Outcome.SENT


def test_a_server_that_takes_the_mail_and_says_nothing_is_left(
    signed: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TAKEN_WITHIN", 0.2)
    [attempt] = tried(Inbox(thinks_for=2), signed)
    assert attempt.outcome is Outcome.TIMEOUT
    assert "may have arrived" in attempt.detail


def test_a_line_that_begins_with_a_dot_arrives_whole(signed: Authority) -> None:
    quoted = a_message(facts=(), sql="SELECT\n.\n..end")
    inbox = Inbox()
    tried(inbox, signed, notification(message=quoted))
    text = part(inbox.mails[0], "plain").splitlines()
    assert [line.strip() for line in text][-3:] == ["SELECT", ".", "..end"]


@contextmanager
def dripping(begin: bytes, endless: bytes) -> Iterator[int]:
    """A server whose answer never ends."""
    ended = threading.Event()

    def answer() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(begin)
                while not ended.wait(0.01):
                    connection.sendall(endless)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("begin", "endless"), [(b"", b"220-and\r\n"), (b"220 here\r\n", b"250-and\r\n")], ids=["greeting", "answer"]
)
def test_a_server_that_never_comes_to_an_end_is_left(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, endless: bytes
) -> None:
    monkeypatch.setattr(smtp, "WHOLE_TIMEOUT", 0.3)
    with dripping(begin, endless) as port:
        attempt = opened(mail_options(port, None, host="127.0.0.1")).notify(notification())
    assert attempt.outcome is Outcome.RETRY


def test_a_server_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    attempt = opened(mail_options(port, None, host="127.0.0.1")).notify(notification())
    assert attempt.outcome is Outcome.RETRY


@pytest.mark.parametrize(
    "address", ["desk@x.org\r\nBcc: y@z.org", "a b@x.org", "<x@y.z>", "x", "x@y, z@y", "é\x00@x", "é@x.org"]
)
def test_an_address_holds_nothing_but_an_address(address: str) -> None:
    with pytest.raises(ValidationError):
        mail_options(25, None, to=(address,))


def test_a_password_goes_nowhere_in_clear() -> None:
    with pytest.raises(ValidationError, match="not sent without encryption") as raised:
        mail_options(25, None, security="none")
    assert PASSWORD not in str(raised.value)
    with pytest.raises(ValidationError, match="needs both a user and a password"):
        mail_options(25, None, user="")
    assert PASSWORD not in repr(mail_options(25, None))


@pytest.mark.parametrize("login", [{"user": "müller"}, {"password": SecretStr("pässe")}])
def test_a_login_that_the_library_cannot_send_is_refused_with_its_reason(login: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="have to be ASCII") as raised:
        mail_options(587, None, **login)
    assert "pässe" not in str(raised.value)


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_of_news_is_a_mail(signed: Authority, kind: str) -> None:
    inbox = Inbox()
    [attempt] = tried(inbox, signed, notification(message=build(ALL[kind], IN_ARABIC), step=Step.TEST))
    assert (attempt.outcome, len(inbox.mails)) == (Outcome.SENT, 1)


def test_many_channels_send_at_once(signed: Authority) -> None:
    inbox = Inbox()
    with mail_server(inbox, signed) as port:
        options = mail_options(port, signed.file)
        sends = [threading.Thread(target=opened(options).notify, args=(notification(key=str(n)),)) for n in range(4)]
        for each in sends:
            each.start()
        for each in sends:
            each.join()
    assert len(inbox.mails) == 4


@pytest.mark.parametrize(("password", "outcome"), [(PASSWORD, Outcome.SENT), ("of another", Outcome.AUTH)])
def test_a_login_is_tried_without_a_mail(signed: Authority, password: str, outcome: Outcome) -> None:
    inbox = Inbox()
    with mail_server(inbox, signed) as port:
        options = mail_options(port, signed.file, password=SecretStr(password))
        answer = opened(options).authenticate()
    assert (answer.outcome, inbox.envelopes) == (outcome, [])
    assert password not in answer.detail
