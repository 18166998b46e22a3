"""Which channels work, and who is told of one that does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.alerts.health import ChannelHealth, Report, reports
from processing.alerts.notification import Outcome, Step
from tests.conftest import NOON

WORKS, FAILS = ChannelHealth(0), ChannelHealth(2)


@pytest.mark.parametrize(
    ("outcomes", "fails"),
    [
        ([Outcome.RETRY], False),
        ([Outcome.RETRY, Outcome.TIMEOUT], True),
        ([Outcome.AUTH, Outcome.AUTH], True),
        ([Outcome.RETRY, Outcome.REFUSED], False),
        ([Outcome.RETRY, Outcome.RETRY, Outcome.SENT], False),
    ],
)
def test_channel_fails_after_two_failed_attempts_in_a_row(outcomes: list[Outcome], fails: bool) -> None:
    health = ChannelHealth()
    for outcome in outcomes:
        health = health.after(outcome, NOON, timedelta())

    assert health.fails is fails


def test_channel_that_fails_is_reported_once_where_the_rules_say() -> None:
    health = {"slack": FAILS}

    [report] = reports(health, (), ["console", "mail", "slack"], "mail")

    assert report == Report("slack", "mail", Step.CHANNEL_FAILED)
    assert not list(reports(health, [("slack", "mail")], ["console", "mail", "slack"], "mail"))


def test_channel_that_hears_of_failures_is_reported_elsewhere_where_it_fails() -> None:
    [report] = reports({"mail": FAILS}, (), ["console", "mail"], "mail")

    assert report.told_at == "console"


def test_report_waits_while_no_channel_works() -> None:
    assert not list(reports({"mail": FAILS, "console": FAILS}, (), ["console", "mail"], "mail"))


def test_channel_that_works_again_is_told_where_its_failure_was() -> None:
    [report] = reports({"slack": WORKS}, [("slack", "mail")], ["console", "mail", "slack"], "console")

    assert report == Report("slack", "mail", Step.RESOLVED)


def test_channel_that_has_not_been_tried_again_is_not_over() -> None:
    assert not list(reports({"slack": ChannelHealth(1)}, [("slack", "mail")], ["mail", "slack"], "mail"))
