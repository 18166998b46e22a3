"""A channel behind Apprise, which sends to a server on this machine."""

from __future__ import annotations

import json
import sys

import pytest
from pydantic import SecretStr

from processing.alerts.message import build
from processing.alerts.notification import Attempt, Fact, Notification, Outcome, Step
from processing.alerts.notifiers.apprise import (
    AppriseAddressUnknown,
    AppriseOptions,
    ApprisePackageMissing,
    open_apprise,
)
from tests.conftest import NOON
from tests.processing.alerts.test_message import IN_ENGLISH
from tests.support.alerted import news
from tests.support.channels.messages import ACKNOWLEDGE, LINKS, PAGE, a_message, a_notification
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


@pytest.mark.parametrize(("more", "longest"), [("", 4000), ("?overflow=upstream", 20_000)])
def test_what_is_longer_than_a_service_takes_is_cut_below_the_links_unless_the_address_says_otherwise(
    more: str, longest: int
) -> None:
    facts = tuple(Fact(f"Terms {number}", "word " * 100) for number in range(12))
    with served(lambda asked: Says(b"ok")) as server:
        url = f"{server.url.replace('http:', 'mmost:')}/{'t0ken' * 5}{more}"
        channel = open_apprise("pager", AppriseOptions(url=SecretStr(url)))
        assert channel.notify(a_notification(message=a_message(facts=facts))).outcome is Outcome.SENT

    text = json.loads(server.asked[0].body)["text"]
    assert 3900 < len(text) <= longest
    assert (len(text) <= 4000) is (longest == 4000)
    assert {PAGE, ACKNOWLEDGE} <= set(text.split())
    assert "SELECT" not in text


def test_addresses_are_whole_where_a_service_takes_markdown_alone() -> None:
    with served(lambda asked: Says(b"ok")) as server:
        url = f"{server.url.replace('http://', 'rocket://t0ken/t0ken@')}/%23desk"
        channel = open_apprise("pager", AppriseOptions(url=SecretStr(url)))
        assert channel.notify(a_notification()).outcome is Outcome.SENT

    assert set(json.loads(server.asked[0].body)["text"].split()) >= LINKS


@pytest.mark.parametrize("more", ["", "?retry=3&wait=0.1"])
def test_a_failure_is_tried_once_and_said_without_the_address(more: str) -> None:
    with served(lambda asked: Says(status=500)) as server:
        channel = open_apprise("pager", address(server, more=more))
        attempt = channel.notify(OPENED)
    assert attempt.outcome is Outcome.RETRY
    assert attempt.detail
    assert len(server.asked) == 1
    assert "s3cr3t" not in attempt.detail + repr(channel)


def test_a_redirect_is_not_followed_and_is_no_success() -> None:
    with served(lambda asked: Says(b"a page")) as elsewhere:
        moved = Says(status=301, headers={"Location": f"{elsewhere.url}/page"})
        with served(lambda asked: moved) as server:
            attempt = open_apprise("pager", address(server)).notify(OPENED)
    assert attempt.outcome is Outcome.RETRY
    assert elsewhere.asked == []


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
