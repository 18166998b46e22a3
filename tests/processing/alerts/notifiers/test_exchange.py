"""The one request: its time limit as a whole, and what it tells of a failure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.alerts.notification import Outcome
from processing.alerts.notifiers.http import MOST_BYTES, Failed, Request, exchange, json_bytes
from tests.support.channels.receiver import Fault, Reply, receiving
from tests.support.waiting import eventually

SHORT = timedelta(seconds=1)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP])
def test_no_answer_in_time_may_have_arrived(fault: Fault) -> None:
    with receiving(lambda _: Reply()) as server:
        server.faults.append(fault)

        with pytest.raises(Failed) as failed:
            exchange(Request(url=server.url, content=b"x"), within=SHORT)

        assert failed.value.attempt.outcome is Outcome.TIMEOUT
        assert "within" in failed.value.attempt.detail
        eventually(lambda: len(server.received) == 1)


@pytest.mark.parametrize("proxy", ["socks://user:s3cret@here:9", "socks5://user:s3cret@here:9", "http://s3cret@[::1"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(Failed) as failed:
        exchange(Request(url="http://192.0.2.1"), within=SHORT)

    assert failed.value.attempt.outcome is Outcome.RETRY
    assert "ALL_PROXY" in failed.value.attempt.detail
    assert "s3cret" not in failed.value.attempt.detail


def test_a_body_that_never_ends_is_shut_off() -> None:
    with receiving(lambda _: Reply(200, b"short", {"Transfer-Encoding": "chunked"})) as server:
        with pytest.raises(Failed) as failed:
            exchange(Request(url=server.url), within=SHORT)

        assert failed.value.attempt.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize("url", ["no address", "ftp://here.example/secret", "http://", "http://a:b/x"])
def test_what_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(Failed) as failed:
        exchange(Request(url=url))

    assert failed.value.attempt.outcome is Outcome.REFUSED
    assert "secret" not in failed.value.attempt.detail


def test_half_a_character_becomes_a_question_mark() -> None:
    assert json_bytes({"text": "\ud83d x"}) == b'{"text":"? x"}'


def test_an_answer_without_an_end_is_left_at_the_bound() -> None:
    with receiving(lambda _: Reply()) as server:
        server.faults.append(Fault.ENDLESS)

        answer = exchange(Request(url=server.url))

        assert (answer.status, len(answer.body)) == (200, MOST_BYTES)
