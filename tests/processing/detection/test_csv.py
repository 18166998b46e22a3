"""`banwatch detect` as lines in and lines out."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processing.detection.csv import HEADER, detect_lines, explain_line
from processing.detection.csv_row import bin_width, read_time
from processing.detection.detector import DetectorPolicy

HOURS = DetectorPolicy.for_bins(timedelta(hours=1))
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)


def detect(lines: Sequence[str], policy: DetectorPolicy | None = None) -> tuple[list[str], list[str]]:
    """The rows without the header, and the reasons of the lines left out."""
    reasons: list[str] = []
    written = list(detect_lines(lines, policy, on_rejected=lambda number, reason: reasons.append(reason)))
    assert written[0] == HEADER
    return written[1:], reasons


def hourly(counts: Sequence[object]) -> list[str]:
    first = datetime(2020, 7, 1, tzinfo=UTC)
    return [f"{first + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},{count}\n" for hour, count in enumerate(counts)]


def test_a_surge_is_marked_and_the_input_is_kept_as_written() -> None:
    rows, reasons = detect(["timestamp,count\n", *hourly([10] * 100 + [200, 10])])
    assert reasons == []
    assert rows[0] == "2020-07-01T00:00:00Z,10,0.020,0.000,warming"
    assert rows[50].endswith(",10,10.000,0.000,quiet")
    assert rows[100].startswith("2020-07-05T04:00:00Z,200,10.000,")
    assert rows[100].endswith(",spike")


def test_the_header_is_optional() -> None:
    lines = hourly([5] * 30)
    assert detect(["timestamp,value\n", *lines]) == detect(["\ufeffwhen,posts\n", *lines]) == detect(lines)


def test_an_empty_count_is_unknown() -> None:
    rows, reasons = detect(hourly([10] * 30 + ["", 10]))
    assert rows[30].startswith("2020-07-02T06:00:00Z,,10.000,0.000,unknown")
    assert reasons == []


def test_a_bad_line_gets_a_sentence_and_the_rest_goes_on() -> None:
    lines = hourly([10] * 40)
    lines[20:20] = [
        "yesterday,7\n",
        "2020-07-01T20:30:00Z,many\n",
        "\n",
        "2020-07-01T20:40:00Z\n",
        "x" * 200_000 + "\n",
    ]
    rows, reasons = detect(lines)
    assert rows == detect(hourly([10] * 40))[0]
    assert [reason.split(" was left out: ")[0] for reason in reasons] == ["Line 21", "Line 22", "Line 24", "Line 25"]
    assert all(reason.endswith(".") and len(reason) < 200 for reason in reasons)


@pytest.mark.parametrize("count", ["-1", "1.5", "nan", "inf", "1e400", "9" * 5000, "1_0x"])
def test_what_is_no_number_of_posts_is_refused(count: str) -> None:
    rows, reasons = detect([*hourly([10, 10]), f"2020-07-01T02:00:00Z,{count}\n"])
    assert len(rows) == 2
    assert "is not a whole number of posts" in reasons[0]


def test_lines_that_go_back_or_repeat_are_left_out() -> None:
    lines = hourly([10] * 12)
    rows, reasons = detect([*lines[:6], lines[3], lines[5], "2020-07-01T05:10:00Z,4", *lines[6:]], HOURS)
    assert len(rows) == 12
    assert [reason.split(":")[0] for reason in reasons] == [
        "Line 7 was left out",
        "Line 8 was left out",
        "Line 9 was left out",
    ]


def test_a_gap_is_unknown_inside_and_writes_no_rows() -> None:
    lines = hourly([10] * 300)
    rows, reasons = detect(lines[:200] + lines[250:])
    assert (len(rows), reasons) == (250, [])
    assert rows[200].endswith(",10,10.000,0.000,quiet")


def test_rows_are_written_as_they_are_read() -> None:
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        for line in hourly([10] * 60):
            read += 1
            yield line

    written = detect_lines(lines(), on_rejected=lambda number, reason: None)
    for _ in range(51):  # the header and fifty rows
        next(written)
    assert read == 50


@pytest.mark.parametrize(
    "written",
    [
        "2020-07-10T12:00:00Z",
        "2020-07-10 12:00:00",
        "2020-07-10T17:30:00+05:30",
        "2020-07-10T12:00Z",
        "2020-07-10 12:00:00.000000",
        "1594382400",
        "1594382400.0",
        "1594382400000",
    ],
)
def test_times_are_read_as_people_write_them(written: str) -> None:
    assert read_time(written) == NOON


def test_the_width_is_the_commonest_distance() -> None:
    starts = [NOON + timedelta(minutes=minutes) for minutes in (0, 5, 10, 40, 45)]
    assert bin_width(starts) == timedelta(minutes=5)
    assert bin_width([NOON + timedelta(seconds=61 * number) for number in range(5)]) == timedelta(minutes=1)
    assert bin_width([NOON]) == timedelta(minutes=5)


def test_bins_that_cannot_be_judged_are_named() -> None:
    with pytest.raises(ValueError, match="Bins of 1 day"):
        detect([f"2020-07-{day:02},5" for day in range(1, 9)])


def test_nothing_in_gives_the_header() -> None:
    assert detect([]) == ([], [])


def test_a_real_series_comes_through_row_by_row(real_data: Path) -> None:
    with gzip.open(real_data / "series" / "tweet-volumes" / "Twitter_volume_AAPL.csv.gz", "rt") as file:
        lines = file.readlines()
    rows, reasons = detect(lines)
    assert reasons == []
    assert [row.split(",")[0] for row in rows] == [line.split(",")[0] for line in lines[1:]]
    assert rows[:3000] == detect(lines[:3001])[0]
    assert any(row.endswith(",spike") for row in rows)


def refused(number: int, reason: str) -> None:
    raise AssertionError(reason)


def with_total(counts: Sequence[int], total: Sequence[object]) -> list[str]:
    lines = hourly(counts)
    return [f"{line.rstrip()},{all_posts}\n" for line, all_posts in zip(lines, total, strict=True)]


def test_a_share_is_judged_by_the_third_column() -> None:
    counts, total = [20] * 200 + [80], [400] * 200 + [1600]
    lines = with_total(counts, total)
    by_posts = list(detect_lines(lines, on_rejected=refused))
    by_share = list(detect_lines(lines, on_rejected=refused, share=True))
    assert by_posts[-1].endswith(",spike")
    assert by_share[-1].endswith(",80,78.462,0.000,quiet")


def test_a_share_without_totals_is_refused_row_by_row() -> None:
    reasons: list[str] = []
    lines = hourly([20] * 30)
    rows = list(detect_lines(lines, HOURS, on_rejected=lambda number, reason: reasons.append(reason), share=True))
    assert rows == [HEADER]
    assert reasons[0] == "Line 1 was left out: there is no total: expected `timestamp,count,total`."


def test_a_total_below_the_count_is_refused_and_an_empty_one_unknown() -> None:
    reasons: list[str] = []
    lines = with_total([20] * 30, ["", "5", *[400] * 28])
    rows = list(detect_lines(lines, on_rejected=lambda number, reason: reasons.append(reason), share=True))
    assert len(rows) == 1 + 29
    assert reasons == ["Line 2 was left out: the total 5 is less than the count 20."]


@pytest.mark.parametrize("hour", [0, 3, 30, 100, 150, 199])
def test_an_explanation_ends_at_the_score_of_its_row(hour: int) -> None:
    counts: list[object] = [10 + number % 5 for number in range(200)]
    counts[100], counts[150] = "", 300
    lines = hourly(counts)
    row = list(detect_lines(lines, on_rejected=refused))[1 + hour].split(",")
    at = read_time(row[0]) + timedelta(minutes=59)
    derivation = explain_line(lines, at, on_rejected=refused)
    said = list(derivation.lines())
    assert said[0].endswith(f"{row[4]}, score {row[3]}")
    assert said[1].startswith(f"expected {row[2]}: ")
    if derivation.excesses and derivation.scored.score:
        bin_alone, long = (min(each.level for each in derivation.excesses[two : two + 2]) for two in (0, 2))
        assert min(0.3 * bin_alone + 0.7 * long, 3 * bin_alone) == pytest.approx(derivation.scored.score)


@pytest.mark.parametrize(
    ("hour", "sentence"),
    [
        (0, "too little of the series is known yet"),
        (60, "no rise"),
        (100, "the count is unknown"),
        (150, "the two windows' levels are weighed"),
        (151, "the bin itself is ordinary"),
    ],
)
def test_an_explanation_names_the_rule(hour: int, sentence: str) -> None:
    counts: list[object] = [10] * 200
    counts[100], counts[150], counts[151] = "", 300, 16
    text = "\n".join(
        explain_line(
            hourly(counts), read_time(f"2020-07-0{1 + hour // 24}T{hour % 24:02}:30"), on_rejected=refused
        ).lines()
    )
    assert sentence in text


def test_a_moment_without_a_row_cannot_be_explained() -> None:
    with pytest.raises(ValueError, match="No row holds 2020-08-01 00:00 UTC"):
        explain_line(hourly([10] * 30), datetime(2020, 8, 1, tzinfo=UTC), on_rejected=refused)


@pytest.mark.parametrize("written", ["0", "000000000", "1970-01-01", "0001-01-01T00:00"])
def test_a_row_of_a_clock_that_was_never_set_is_a_row_and_what_follows_it_goes_on(written: str) -> None:
    """Of the half century between, no bin is kept or stepped through."""
    counts = [10 + n % 3 for n in range(60)]
    tracemalloc.start()
    try:
        rows, reasons = detect([f"{written},5\n", *hourly(counts)])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reasons == []
    assert rows[0].startswith(f"{written},5,")
    assert len(rows) == 61
    assert most < 10e6
