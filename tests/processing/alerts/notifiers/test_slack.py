"""Slack: one message edited in place, a thread of real steps, nothing twice, and the chart behind the text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processing.alerts.notification import Notification, Outcome, Step
from tests.support.channels.kinds import slack
from tests.support.channels.messages import AT, INCIDENT_ID, KEY, PNG, a_message, a_notification
from tests.support.channels.receiver import Fault, Receiver, Reply, receiving
from tests.support.channels.servers import CHANNEL, SlackServer

REAL_STEPS = [Step.GREW, Step.REPEATED, Step.ACKNOWLEDGED, Step.RESOLVED]


def a_step(step: Step, root: str, number: int = 2, **fields: object) -> Notification:
    key = f"{INCIDENT_ID}:desk:{number}"
    return a_notification(step, key=key, root=root, message=a_message(f"It {step.value}"), **fields)


def test_the_first_step_is_posted_with_its_key_as_metadata() -> None:
    held = SlackServer()
    with receiving(held) as server:
        attempt = slack(server.url).notify(a_notification())

    (message,) = held.messages
    assert attempt.message_id == message["ts"]
    assert message["channel"] == CHANNEL
    assert message["metadata"]["event_payload"] == {"key": KEY, "conversation": INCIDENT_ID, "step": "opened"}


@pytest.mark.parametrize("step", REAL_STEPS)
def test_a_real_step_edits_the_root_and_replies_in_its_thread(step: Step) -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        root = channel.notify(a_notification()).message_id
        attempt = channel.notify(a_step(step, root))

    first, reply = held.messages
    assert attempt.outcome is Outcome.SENT
    assert first["blocks"][0]["elements"][0]["elements"][0]["text"] == f"It {step.value}"
    assert first["metadata"]["event_payload"]["key"] == KEY
    assert (reply["thread_ts"], reply["ts"]) == (root, attempt.message_id)


def test_without_a_thread_a_step_only_edits() -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url, thread=False)
        root = channel.notify(a_notification()).message_id

        assert channel.notify(a_step(Step.RESOLVED, root)).message_id == root

    assert len(held.messages) == 1


def test_a_root_that_was_deleted_is_posted_anew() -> None:
    held = SlackServer()
    with receiving(held) as server:
        attempt = slack(server.url).notify(a_step(Step.GREW, "1690000000.000001"))

    (message,) = held.messages
    assert attempt.message_id == message["ts"]
    assert "thread_ts" not in message


def test_in_doubt_the_key_is_searched_on_every_page() -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        arrived = channel.notify(a_notification())
        for number in range(5):
            channel.notify(a_notification(key=f"another:{number}"))

        again = channel.notify(a_notification(in_doubt=True))

        assert (again.outcome, again.message_id) == (Outcome.SENT, arrived.message_id)
        assert len(held.messages) == 6
        asked = [each for each in server.received if each.path == "/api/conversations.history"]
        assert len(asked) == 3
        assert float(asked[0].form["oldest"]) == AT.timestamp() - 3600


def test_in_doubt_what_has_not_arrived_is_posted() -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        channel.notify(a_notification(key="another:1"))

        assert channel.notify(a_notification(in_doubt=True)).outcome is Outcome.SENT

    assert len(held.messages) == 2


def test_a_reply_that_was_cut_off_is_not_doubled() -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        root = channel.notify(a_notification()).message_id
        step = a_step(Step.RESOLVED, root)
        server.faults.extend([_pass(held, server), Fault.CUT])
        assert channel.notify(step).outcome is Outcome.TIMEOUT

        again = channel.notify(replace(step, in_doubt=True))

    assert (again.outcome, again.message_id) == (Outcome.SENT, held.messages[1]["ts"])
    assert len(held.messages) == 2


def _pass(held: SlackServer, server: Receiver) -> Reply:
    """The answer to an edit, which meets no fault."""
    return Reply(200, b'{"ok":true}')


def test_a_reply_waits_for_the_edit() -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        root = channel.notify(a_notification()).message_id
        held.errors["chat.update"] = "ratelimited"

        assert channel.notify(a_step(Step.GREW, root)).outcome is Outcome.RATE_LIMITED

    assert len(held.messages) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("invalid_auth", Outcome.AUTH),
        ("token_revoked", Outcome.AUTH),
        ("missing_scope", Outcome.AUTH),
        ("not_in_channel", Outcome.AUTH),
        ("channel_not_found", Outcome.AUTH),
        ("ratelimited", Outcome.RATE_LIMITED),
        ("internal_error", Outcome.TIMEOUT),
        ("fatal_error", Outcome.TIMEOUT),
        ("service_unavailable", Outcome.RETRY),
        ("an_error_of_tomorrow", Outcome.RETRY),
        ("is_archived", Outcome.AUTH),
        ("restricted_action", Outcome.AUTH),
        ("no_text", Outcome.REFUSED),
    ],
)
def test_an_error_is_an_outcome_though_the_status_is_200(error: str, outcome: Outcome) -> None:
    held = SlackServer(errors={"chat.postMessage": error})
    with receiving(held) as server:
        attempt = slack(server.url).notify(a_notification())

    assert attempt.outcome is outcome
    assert error in attempt.detail
    assert held.messages == []


@pytest.mark.parametrize("error", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
def test_blocks_that_slack_refuses_are_left_out(error: str) -> None:
    held = SlackServer(errors={"chat.postMessage": error})
    with receiving(held) as server:
        assert slack(server.url).notify(a_notification()).outcome is Outcome.SENT

    (message,) = held.messages
    assert "blocks" not in message
    assert message["text"]
    assert message["metadata"]["event_payload"]["key"] == KEY


@pytest.mark.parametrize("error", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
def test_an_edit_whose_blocks_slack_refuses_is_text_in_place_of_the_blocks(error: str) -> None:
    held = SlackServer()
    with receiving(held) as server:
        channel = slack(server.url)
        root = channel.notify(a_notification()).message_id
        held.errors["chat.update"] = error

        assert channel.notify(a_step(Step.GREW, root)).outcome is Outcome.SENT

    edited, reply = held.messages
    assert (edited["blocks"], edited["text"].splitlines()[0]) == ([], f"It {Step.GREW.value}")
    assert reply["thread_ts"] == root


def test_without_the_scope_to_look_it_is_posted_again() -> None:
    held = SlackServer(errors={"conversations.history": "missing_scope"})
    with receiving(held) as server:
        assert slack(server.url).notify(a_notification(in_doubt=True)).outcome is Outcome.SENT

    assert len(held.messages) == 1


def test_the_chart_goes_into_the_thread_behind_the_text() -> None:
    held = SlackServer()
    with receiving(held) as server:
        held.upload_url = f"{server.url}/upload/chart"
        attempt = slack(server.url).notify(a_notification(message=a_message(chart=PNG)))

        assert server.paths()[0] == "/api/chat.postMessage"
    assert (attempt.outcome, attempt.detail) == (Outcome.SENT, "with chart")
    assert held.uploaded == [PNG]
    (file,) = held.files
    assert (file["channel_id"], file["thread_ts"]) == (CHANNEL, attempt.message_id)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
def test_a_chart_that_is_not_taken_is_not_in_the_way(method: str) -> None:
    held = SlackServer(errors={method: "missing_scope"})
    with receiving(held) as server:
        held.upload_url = f"{server.url}/upload/chart"
        attempt = slack(server.url).notify(a_notification(message=a_message(chart=PNG)))

    assert attempt.outcome is Outcome.SENT
    assert attempt.message_id
    assert "chart was not taken" in attempt.detail


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_chart_is_not_sent_to_an_address_that_is_not_slacks(scheme: str) -> None:
    held = SlackServer()
    with receiving(lambda _: Reply()) as elsewhere, receiving(held) as server:
        held.upload_url = elsewhere.url.replace("http", scheme)
        attempt = slack(server.url).notify(a_notification(message=a_message(chart=PNG)))

        assert elsewhere.received == []
    assert attempt.outcome is Outcome.SENT
    assert "not one of Slack's" in attempt.detail
