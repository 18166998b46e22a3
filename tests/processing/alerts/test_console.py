"""The channel that prints."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from processing.alerts.message import build
from processing.alerts.news import Told
from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers.console import ConsoleNotifier, ConsoleOptions, open_console
from processing.contract import Severity
from tests.conftest import NOON
from tests.processing.alerts.test_message import ALL, IN_ARABIC, IN_ENGLISH
from tests.support.alerted import GREW, INCIDENT


def told(kind: str, step: Step, *, arabic: bool = False) -> Notification:
    message = build(ALL[kind], IN_ARABIC if arabic else IN_ENGLISH)
    return Notification(key="k", conversation="c", channel="console", step=step, at=NOON, message=message)


def printed(notification: Notification) -> str:
    stream = io.StringIO()
    assert ConsoleNotifier("console", stream).notify(notification) == Attempt(Outcome.SENT)
    return stream.getvalue()


def test_an_alert_begins_with_the_word_and_what_is_over_does_not() -> None:
    opened = printed(told("opened", Step.OPENED))
    assert opened.startswith(
        "ALERT EXTREME: TikTok bans at 36 times normal, since Fri 10 Jul 2020 12:00 UTC\n  Organic: "
    )
    assert opened.endswith("\n")
    assert printed(told("grew", Step.GREW)).startswith("ALERT GREW, EXTREME: ")
    assert printed(told("resolved", Step.RESOLVED)).startswith("RESOLVED, EXTREME: ")


@pytest.mark.parametrize("kind", ["grew", "repeated", "acknowledged", "resolved"])
def test_a_later_step_repeats_neither_the_verdict_nor_the_posts(kind: str) -> None:
    opened, later = printed(told("opened", Step.OPENED)), printed(told(kind, Step(kind)))
    for once in ("  Organic: ", "  First post, ", "  Most shared, "):
        assert once in opened
        assert once not in later
    assert "SELECT" not in opened + later


def test_what_grew_repeats_no_terms_and_no_topics_that_were_told() -> None:
    told_before = replace(
        GREW, told=Told(severity=Severity.MAJOR, languages=("en",), peak=207.0, pulse=NOON, terms=INCIDENT.terms[:2])
    )
    message = build(told_before, IN_ENGLISH)
    later = printed(
        Notification(key="k", conversation="c", channel="console", step=Step.GREW, at=NOON, message=message)
    )
    assert "Terms in English" not in later
    assert "Terms in Arabic" in later
    assert "Topics" in later


@pytest.mark.parametrize("arabic", [False, True])
def test_a_terminal_is_given_nothing_that_it_would_obey(arabic: bool) -> None:
    said = printed(told("opened", Step.OPENED, arabic=arabic))
    assert "أمازون تطلب حذف TikTok" in said
    assert not {*said} & {*map(chr, range(0x2066, 0x206A)), *map(chr, range(0x202A, 0x202F)), "\x1b", "\r"}


def test_a_stream_without_the_letters_is_given_marks() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "ascii")
    assert ConsoleNotifier("console", stream).notify(told("opened", Step.OPENED)).outcome is Outcome.SENT
    assert b"Terms in Arabic: ??????" in written.getvalue()


def test_it_prints_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    open_console("screen", ConsoleOptions()).notify(told("test", Step.TEST))
    assert capsys.readouterr().out.startswith("TEST: banwatch reaches the channel newsroom")


class Stream(io.StringIO):
    """Standard output as it is found when something is wrong with it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(OSError("no space left on device"), Outcome.RETRY), (BrokenPipeError("nobody reads"), Outcome.REFUSED)],
)
def test_it_says_whether_it_is_worth_another_try(error: OSError, outcome: Outcome) -> None:
    attempt = ConsoleNotifier("console", Stream(error)).notify(told("opened", Step.OPENED))
    assert attempt == Attempt(outcome, str(error))
