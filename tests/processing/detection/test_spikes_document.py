"""docs/spikes.md: its example is what the code computes."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from processing.csv_detection.filter import Reading, detect_lines, explain_line
from processing.detection.detector import levels, score_of
from processing.detection.return_level import Fit, calibrated, excesses
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
    rows = np.array([row(f"{window}, {scale}") for window in windows for scale in "ar"])
    spread = (rows[:, 2] - rows[:, 1]) / 1.8839
    fit = Fit((rows[:, 1] - 0.3665 * spread)[:, None], spread[:, None], np.array([BLOCKS]))
    of_bin = np.array(list(windows.values())).T[:, :, None]
    mode, scale = calibrated(fit, of_bin[1])
    found = np.hstack([excesses(*of_bin), mode, scale, levels(fit, of_bin)])
    assert found == pytest.approx(rows[:, [0, 3, 4, 5]], abs=0.002)
    assert score_of(levels(fit, of_bin))[0] == pytest.approx(printed, abs=0.001)


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
    found = explain_line([lines], BIN, Reading(), refused)
    assert [mean for _, mean in found.scales[0].past] == pytest.approx(row("posts a bin"), abs=0.001)
    [printed] = [line for line in detect_lines([lines], Reading(), refused) if line.startswith(BIN.isoformat())]
    assert printed == found.line
    assert printed.endswith(",126,20.908,2.173,spike,30 min")


def refused(number: int, reason: str) -> None:
    raise AssertionError(reason)
