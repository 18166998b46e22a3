"""docs/spikes.md: its example is what the code computes."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path

import pytest

from processing.detection.previous.csv import detect_lines, explain_line
from processing.detection.previous.return_level import Fit, calibrated, level, score, weigh
from processing.explanation.sentences import rarity
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "spikes.md").read_text("utf-8")
EXAMPLE = TEXT[TEXT.index("## An example") : TEXT.index("## How good it is")]
BIN = datetime(2020, 8, 11, 20, 25, tzinfo=UTC)
BLOCKS = 56


def row(name: str) -> list[float]:
    found = re.search(rf"^\| {name} \|(.*)\|$", EXAMPLE, re.MULTILINE)
    assert found is not None
    return [float(cell) for cell in found[1].split("|")]


def bold() -> list[float]:
    return [float(number) for number in re.findall(r"\*\*([\d.]+)\*\*", EXAMPLE)]


def test_the_classes_of_a_score_are_those_that_people_are_told() -> None:
    table = TEXT[TEXT.index("| score | so large a rise comes |") : TEXT.index("**Severity**")]
    told = re.findall(r"^\| (?:from ([\d.]+)|below) \| ([a-z ]+) \|$", table, re.MULTILINE)
    assert [(float(least or 0), words) for least, words in told] == [
        (least, rarity(least)) for least in (3.0, 2.0, 1.5, 0.0)
    ]
    assert rarity(57.5) == rarity(3.0)
    assert [rarity(score) for score in (2.999, 1.999, 1.499)] == [rarity(score) for score in (2.0, 1.5, 0.0)]


def test_the_expectation_is_the_trimmed_mean_of_the_days() -> None:
    days = sorted(row("posts a bin"))
    assert sum(days[1:-1]) / 5 == pytest.approx(bold()[0], abs=0.001)


def test_the_excesses_their_levels_and_the_score() -> None:
    expected, count, printed = bold()
    windows = {"bin": (count, expected), "half hour": (317.0, 128.846)}
    assert "holds 317 where 128.846 were" in EXAMPLE
    reduced: list[float] = []
    for window, (posts, mean) in windows.items():
        rows = [row(f"{window}, {scale}") for scale in "ar"]
        values = (2 * (sqrt(posts + 0.375) - sqrt(mean + 0.375)), posts - mean)
        fits = [Fit(*weigh(each[1], each[2], BLOCKS)) for each in rows]
        found = calibrated(fits[0], fits[1], mean)
        both = []
        for number, each in enumerate(rows):
            mode, scale = found[2 * number : 2 * number + 2]
            both.append((values[number] - mode) / scale)
            here = [values[number], mode, scale, level(both[-1])]
            assert here == pytest.approx([each[0], *each[3:]], abs=0.002)
        reduced += both
    bin_alone, bin_raw, long, long_raw = reduced
    assert score((bin_alone, bin_raw, long, long_raw)) == pytest.approx(printed, abs=0.001)


def test_the_series_itself_gives_the_example(real_data: Path) -> None:
    first = datetime(2020, 5, 24, 21, 5, tzinfo=UTC)
    counts: dict[datetime, list[int]] = {}
    with gzip.open(real_data / "series" / "hashtags-2020-per-minute.tsv.gz", "rt") as file:
        for line in list(file)[1:]:
            minute, *posts = line.rstrip("\n").split("\t")
            start = first + (datetime.fromisoformat(minute) - first) // timedelta(minutes=5) * timedelta(minutes=5)
            if start >= first and posts[3]:
                counts.setdefault(start, []).append(int(posts[3]))
    lines = [f"{start.isoformat()},{sum(each) if len(each) == 5 else ''}" for start, each in counts.items()]
    derivation = explain_line(lines, BIN, on_rejected=lambda number, reason: None)
    text = "\n".join(derivation.lines())
    assert "126 posts, spike, score 2.271" in text
    assert [mean for _, mean in derivation.past] == pytest.approx(row("posts a bin"), abs=0.001)
    [printed] = [
        line
        for line in detect_lines(lines, on_rejected=lambda number, reason: None)
        if line.startswith(BIN.isoformat())
    ]
    assert printed.endswith(",126,20.908,2.271,spike")
