"""A channel behind Apprise, which sends to a server on this machine."""

from __future__ import annotations

import sys

import pytest
from pydantic import SecretStr

from processing.alerts.message import build
from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers.apprise import (
    AppriseAddressUnknown,
    AppriseOptions,
    ApprisePackageMissing,
    open_apprise,
)
from tests.conftest import NOON
from tests.processing.alerts.test_message import IN_ENGLISH
from tests.support.alerted import news
from tests.support.serving import Asked, Says, Served, served

OPENED = Notification(
    key="k", conversation="c", channel="pager", step=Step.OPENED, at=NOON, message=build(news(), IN_ENGLISH)
)


def address(server: Served, token: str = "s3cr3t-token", more: str = "") -> AppriseOptions:
    return AppriseOptions(url=SecretStr(f"{server.url.replace('http:', 'json:')}/{token}{more}"))


def test_a_step_is_one_message() -> None:
    with served(lambda asked: Says()) as server:
        assert open_apprise("pager", address(server)).notify(OPENED) == Attempt(Outcome.SENT)
    assert server.paths() == ["/s3cr3t-token"]


@pytest.mark.parametrize("more", ["", "?retry=3&wait=0.1"])
def test_a_failure_is_tried_once_and_said_without_the_address(more: str) -> None:
    with served(lambda asked: Says(status=500)) as server:
        channel = open_apprise("pager", address(server, more=more))
        attempt = channel.notify(OPENED)
    assert attempt.outcome is Outcome.RETRY
    assert attempt.detail
    assert len(server.asked) == 1
    assert "s3cr3t" not in attempt.detail + repr(channel)


def test_a_server_that_is_away_is_tried_again() -> None:
    def nothing(asked: Asked) -> None:
        return None

    with served(nothing) as server:
        options = address(server)
    assert open_apprise("pager", options).notify(OPENED).outcome is Outcome.RETRY


def test_an_address_that_nobody_knows_is_refused_without_showing_it() -> None:
    with pytest.raises(AppriseAddressUnknown, match="channel pager") as raised:
        open_apprise("pager", AppriseOptions(url=SecretStr("nosuch://s3cr3t")))
    assert "s3cr3t" not in str(raised.value)


def test_without_the_extra_a_sentence_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ApprisePackageMissing, match=r"pip install 'banwatch\[apprise\]'"):
        open_apprise("pager", AppriseOptions(url=SecretStr("json://localhost")))
