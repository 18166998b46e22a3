"""The timeline as a PNG."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC
from io import BytesIO

import pytest
from PIL import Image

from processing.alerts.message import build
from processing.alerts.message.chart import BAR, timeline
from tests.processing.alerts.test_message import IN_ENGLISH
from tests.support.alerted import PICTURE, news


def heights(drawn: bytes) -> list[int]:
    """How many pixels of a column have the colour of the bars, for the middle of each of the eight bars."""
    image = Image.open(BytesIO(drawn)).convert("RGB")
    colour = tuple(bytes.fromhex(BAR[1:]))
    return [
        sum(image.getpixel((56 + round((number + 0.5) * 71.5), y)) == colour for y in range(image.height))
        for number in range(8)
    ]


def test_the_bars_are_as_high_as_the_counts() -> None:
    drawn = timeline(PICTURE, UTC)
    assert drawn is not None
    for height, count in zip(heights(drawn), PICTURE.counts, strict=True):
        assert height == pytest.approx(count / 212 * 160, abs=2)


def test_a_timeline_of_nothing_and_of_a_month_is_drawn() -> None:
    for counts in ((), (0,), (0,) * 8, tuple(range(9_000))):
        drawn = timeline(replace(PICTURE, counts=counts), UTC)
        assert drawn is not None
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) < 20_000


def test_a_message_without_the_extra_has_all_but_the_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = build(news(), IN_ENGLISH)
    assert drawn.chart is not None
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert build(news(), IN_ENGLISH) == replace(drawn, chart=None)
    assert build(news(), replace(IN_ENGLISH, charts=False)) == replace(drawn, chart=None)
