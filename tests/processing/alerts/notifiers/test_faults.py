"""What comes of an attempt at each kind of channel when the channel, or the network before it, fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from processing.alerts.notification import Outcome
from tests.support.channels.kinds import CHANNEL_KINDS, ChannelKind, running
from tests.support.channels.messages import PNG, a_message, a_notification
from tests.support.channels.receiver import Fault, Received, Reply, receiving
from tests.support.channels.servers import TOKEN, messages_held

each_kind = pytest.mark.parametrize("kind", CHANNEL_KINDS, ids=lambda kind: kind.name)


@each_kind
def test_a_message_arrives_once_with_the_channels_id(kind: ChannelKind) -> None:
    with running(kind) as (held, notifier, _):
        attempt = notifier.notify(a_notification())

        assert (attempt.outcome, messages_held(held)) == (Outcome.SENT, 1)
        assert attempt.message_id


@each_kind
def test_a_channel_that_was_asked_too_often_names_its_pause(kind: ChannelKind) -> None:
    with running(kind) as (held, notifier, server):
        server.faults.append(Reply(429, b"", {"Retry-After": "7"}))

        attempt = notifier.notify(a_notification())

        assert (attempt.outcome, attempt.retry_after) == (Outcome.RATE_LIMITED, timedelta(seconds=7))
        assert messages_held(held) == 0


@each_kind
def test_a_pause_may_be_a_date(kind: ChannelKind) -> None:
    with running(kind) as (_, notifier, server):
        until = datetime.now(UTC) + timedelta(hours=3)
        server.faults.append(Reply(429, b"", {"Retry-After": format_datetime(until, usegmt=True)}))

        attempt = notifier.notify(a_notification())

        assert attempt.outcome is Outcome.RATE_LIMITED
        assert attempt.retry_after is not None
        assert timedelta(hours=2) < attempt.retry_after <= timedelta(hours=3)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
        (502, Outcome.TIMEOUT),
        (504, Outcome.TIMEOUT),
        (401, Outcome.AUTH),
        (403, Outcome.AUTH),
        (400, Outcome.REFUSED),
        (410, Outcome.REFUSED),
        (413, Outcome.REFUSED),
    ],
)
@each_kind
def test_a_status_is_an_outcome(kind: ChannelKind, status: int, outcome: Outcome) -> None:
    with running(kind) as (_, notifier, server):
        server.faults.append(Reply(status, b"<html>what stands before the channel"))

        assert notifier.notify(a_notification()).outcome is outcome


@each_kind
def test_a_wrong_token_is_one(kind: ChannelKind) -> None:
    with running(kind, token="another") as (held, notifier, _):
        assert notifier.notify(a_notification()).outcome is Outcome.AUTH
        assert messages_held(held) == 0


@each_kind
def test_a_redirect_is_not_followed(kind: ChannelKind) -> None:
    with receiving(lambda _: Reply(200, b"{}")) as elsewhere, running(kind) as (_, notifier, server):
        for status in (301, 302, 303, 307, 308):
            server.faults.append(Reply(status, b"", {"Location": f"{elsewhere.url}/x"}))
            assert notifier.notify(a_notification()).outcome is Outcome.REFUSED

        assert elsewhere.received == []


@each_kind
def test_a_channel_that_cannot_be_reached_is_tried_again(kind: ChannelKind) -> None:
    with receiving(lambda _: Reply()) as gone:
        notifier = kind.opened(gone.url)

    attempt = notifier.notify(a_notification())

    assert attempt.outcome is Outcome.RETRY
    assert "cannot be reached" in attempt.detail


@each_kind
def test_what_is_cut_off_behind_the_body_is_not_doubled_where_the_channel_can_tell(kind: ChannelKind) -> None:
    with running(kind) as (held, notifier, server):
        server.faults.append(Fault.CUT)
        assert notifier.notify(a_notification()).outcome is Outcome.TIMEOUT
        assert messages_held(held) == 1

        again = notifier.notify(a_notification(in_doubt=True))

        assert again.outcome is Outcome.SENT
        assert messages_held(held) == (1 if kind.tells else 2)


@each_kind
def test_an_answer_that_is_not_of_the_channel_is_no_proof(kind: ChannelKind) -> None:
    with running(kind) as (_, notifier, server):
        for body in (b"<html>hello</html>", b"[]", b"null", b'"ok"', b"{}", b"[" * 100_000, b"\xff\xfe"):
            server.faults.append(Reply(200, body))

            outcome = notifier.notify(a_notification()).outcome

            assert outcome is (Outcome.TIMEOUT if kind.reads else Outcome.SENT)


@each_kind
def test_a_huge_answer_is_not_read_to_its_end(kind: ChannelKind) -> None:
    with running(kind) as (_, notifier, server):
        server.faults.append(Reply(200, b"x" * 64 * 1024 * 1024))
        assert notifier.notify(a_notification()).outcome is (Outcome.TIMEOUT if kind.reads else Outcome.SENT)

        server.faults.append(Reply(400, b"y" * 64 * 1024 * 1024))
        attempt = notifier.notify(a_notification())
        assert attempt.outcome is Outcome.REFUSED
        assert len(attempt.detail) <= 300


@each_kind
def test_no_secret_is_in_a_detail_or_a_log(kind: ChannelKind, caplog: pytest.LogCaptureFixture) -> None:
    """Though the channel answers with all that it was sent."""

    def echo(asked: Received) -> Reply:
        said = f"{asked.path} {dict(asked.headers)} {asked.body!r}"
        fields = f'{{"ok":false,"error":"{TOKEN}","description":"{TOKEN}","errcode":"{TOKEN}","message":"{TOKEN}"}}'
        return Reply(400, fields.encode() if kind.reads else said.encode())

    caplog.set_level(logging.DEBUG)
    with receiving(echo) as server:
        notifier = kind.opened(server.url)
        details = [notifier.notify(a_notification(message=a_message(chart=PNG))).detail]
    details.append(notifier.notify(a_notification()).detail)

    assert all(details)
    assert TOKEN not in " ".join(details)
    assert caplog.records
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(notifier)


@each_kind
def test_a_step_that_has_no_root_is_told_anew(kind: ChannelKind) -> None:
    with running(kind) as (held, notifier, _):
        notification = replace(
            a_notification(), incident=None, conversation="source:bluesky", key="source:bluesky:desk:1"
        )

        assert notifier.notify(notification).outcome is Outcome.SENT
        assert messages_held(held) == 1
