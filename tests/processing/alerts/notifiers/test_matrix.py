"""Matrix: transactions by the key, one event replaced, and a thread of real steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from processing.alerts.notification import Outcome, Step
from tests.support.channels.kinds import matrix
from tests.support.channels.messages import KEY, PNG, a_message, a_notification
from tests.support.channels.receiver import Fault, receiving, says
from tests.support.channels.servers import MatrixServer


def test_the_transaction_is_the_key() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        attempt = matrix(server.url).notify(a_notification())

    (path,) = held.events
    assert path.endswith(f"/send/m.room.message/{KEY}")
    assert attempt.message_id == "$event1"


def test_a_step_replaces_the_root_and_is_told_in_its_thread() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        room = matrix(server.url)
        root = room.notify(a_notification()).message_id
        attempt = room.notify(a_notification(Step.GREW, key="k:2", root=root, message=a_message("It grew")))

    _, edit, reply = held.contents()
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": root}
    assert edit["m.new_content"]["body"].startswith("It grew")
    assert edit["body"].startswith("* It grew")
    assert reply["m.relates_to"]["rel_type"] == "m.thread"
    assert reply["m.relates_to"]["event_id"] == reply["m.relates_to"]["m.in_reply_to"]["event_id"] == root
    assert reply["m.mentions"] == {}
    assert attempt.message_id == "$event3"


def test_a_step_that_was_cut_off_is_not_doubled() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        room = matrix(server.url)
        root = room.notify(a_notification()).message_id
        step = a_notification(Step.GREW, key="k:2", root=root)
        for _ in range(2):
            server.faults.append(Fault.CUT)
            assert room.notify(step).outcome is Outcome.TIMEOUT
        assert room.notify(replace(step, in_doubt=True)).outcome is Outcome.SENT

    assert len(held.events) == 3


def test_without_a_thread_a_step_only_edits() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        room = matrix(server.url, thread=False)
        root = room.notify(a_notification()).message_id

        assert room.notify(a_notification(Step.RESOLVED, key="k:2", root=root)).message_id == root

    assert len(held.events) == 2


def test_an_arabic_message_runs_from_right_to_left() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        matrix(server.url).notify(a_notification(message=a_message("حظر تيك توك", language="ar")))

    assert held.contents()[0]["formatted_body"].startswith('<div dir="rtl">')


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (403, "M_FORBIDDEN", Outcome.AUTH),
        (401, "M_UNKNOWN_TOKEN", Outcome.AUTH),
        (413, "M_TOO_LARGE", Outcome.REFUSED),
        (500, "M_UNKNOWN", Outcome.RETRY),
    ],
)
def test_an_error_is_an_outcome(status: int, code: str, outcome: Outcome) -> None:
    with receiving(MatrixServer()) as server:
        server.faults.append(says({"errcode": code, "error": "why"}, status))
        attempt = matrix(server.url).notify(a_notification())

    assert (attempt.outcome, attempt.detail) == (outcome, f"{status}: {code} why")


def test_the_pause_stands_in_the_body() -> None:
    with receiving(MatrixServer()) as server:
        server.faults.append(says({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}, 429))
        attempt = matrix(server.url).notify(a_notification())

    assert (attempt.outcome, attempt.retry_after) == (Outcome.RATE_LIMITED, timedelta(milliseconds=2500))


def test_the_chart_stands_in_the_thread() -> None:
    held = MatrixServer()
    with receiving(held) as server:
        attempt = matrix(server.url).notify(a_notification(message=a_message(chart=PNG)))

    assert held.media == [PNG]
    image = held.contents()[1]
    assert (image["msgtype"], image["url"]) == ("m.image", "mxc://here.example/chart")
    assert image["m.relates_to"]["event_id"] == attempt.message_id
