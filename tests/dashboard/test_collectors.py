"""The lines of the collectors: their own words are text, whoever wrote them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.i18n import WORDS
from dashboard.parts.collectors import lines
from dashboard.snapshot import Present
from processing.i18n import LANGUAGES
from processing.queries import Coverage, Health
from tests.support.stock import END, START

WALL = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOSTILE = (
    "@one: <script>document.title='x'</script>\x1b[2J\x00 \u202egnp.exe\u2066 [a](javascript:alert(1))\n\n" + "y" * 400
)


def known(*coverage: Coverage, health: tuple[Health, ...] = ()) -> Present:
    return Present(first=START, newest=END, now=END, coverage=coverage, watched_until=END, incidents=(), health=health)


def report(source: str, state: str, detail: str) -> Health:
    return Health(source, state, detail, 1, 1, 0, 0, WALL, None, WALL, 0.0, silent_after=120)  # type: ignore[arg-type]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_collector_s_own_word_is_shown_as_text(interface: str) -> None:
    words = WORDS[interface]
    refusal = "No feed can be read; the last was A: The publisher refuses programs (403)."
    health = (report("telegram", "listening", HOSTILE), report("rss", "reconnecting", refusal))
    shown = lines(known(health=health), words, WALL)
    assert "The publisher refuses programs (403)." in shown
    assert words.collector_away in shown
    assert shown.count(words.covered_nothing) == 2
    assert '<bdi class="bw-detail" dir="ltr" lang="en">@one: &lt;script&gt;document.title' in shown
    details = re.findall('<bdi class="bw-detail".*?</bdi>', shown)
    assert len(details) == 2
    assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", "".join(details))
    assert "<script" not in shown
    assert "href" not in shown


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_dead_feed_is_silent_and_one_that_answers_is_idle(interface: str) -> None:
    words = WORDS[interface]

    def feed(source: str, minutes: int) -> Coverage:
        return Coverage(source, START, END, False, WALL - minutes * MINUTE, idle=True, silent_after=30 * MINUTE)

    shown = lines(known(feed("rss", 31), feed("telegram", 29)), words, WALL)
    of = {name: shown.partition(f">{name}</bdi>")[2].partition("</p>")[0] for name in ("rss", "telegram")}
    assert words.collector_silent.partition("{age}")[0] in of["rss"]
    assert words.collector_idle in of["telegram"]
