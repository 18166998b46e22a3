"""`banwatch detect` as lines in and lines out."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processing.csv_detection.filter import HEADER, Reading, detect_lines, explain_line
from processing.csv_detection.row import bin_width, read_time
from processing.detection.policy import DetectorPolicy

HOURS = DetectorPolicy.for_bins(timedelta(hours=1))
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)


def detect(lines: Sequence[str], policy: DetectorPolicy | None = None) -> tuple[list[str], list[str]]:
    """The rows without the header, and the reasons of the lines left out."""
    reasons: list[str] = []
    written = list(detect_lines([lines], Reading(policy=policy), lambda number, reason: reasons.append(reason)))
    assert written[0] == HEADER
    return written[1:], reasons


def hourly(counts: Sequence[object]) -> list[str]:
    first = datetime(2020, 7, 1, tzinfo=UTC)
    return [f"{first + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},{count}\n" for hour, count in enumerate(counts)]


def test_a_surge_is_marked_and_the_input_is_kept_as_written() -> None:
    rows, reasons = detect(["timestamp,count\n", *hourly([10] * 100 + [200, 10])])
    assert reasons == []
    assert rows[0] == "2020-07-01T00:00:00Z,10,0.020,0.000,warming,"
    assert rows[50].endswith(",10,10.000,0.000,quiet,")
    assert rows[100].startswith("2020-07-05T04:00:00Z,200,10.000,")
    assert rows[100].endswith(",spike,3 h")


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
    assert rows[200].endswith(",10,10.000,0.000,quiet,")


@pytest.mark.parametrize("at_once", [1, 7, 60])
def test_a_batch_is_answered_when_it_is_read_and_batches_change_nothing(at_once: int) -> None:
    lines, read = hourly([10] * 50 + [300, 250] + [10] * 8), 0

    def batches() -> Iterator[list[str]]:
        nonlocal read
        for first in range(0, len(lines), at_once):
            read = min(first + at_once, len(lines))
            yield lines[first : first + at_once]

    written = detect_lines(batches(), Reading(policy=HOURS), refused)
    rows = []
    for number, row in enumerate(written):
        rows.append(row)
        assert number <= read < number + at_once + 1
    assert rows[1:] == detect(lines, HOURS)[0]


def test_the_width_is_taken_from_all_rows() -> None:
    """A stream that is sparse at first: its bins are not half hours."""
    sparse, dense = hourly([1])[0:1], []
    start = datetime(2020, 7, 1, 5, tzinfo=UTC)
    sparse += [f"{start + timedelta(minutes=30 * number):%Y-%m-%dT%H:%M:%SZ},1" for number in range(12)]
    later = start + timedelta(hours=12)
    dense = [f"{later + timedelta(minutes=5 * number):%Y-%m-%dT%H:%M:%SZ},2" for number in range(100)]
    assert len(detect([*sparse, *dense])[0]) == 113


def test_absent_rows_are_unknown_or_zero_as_the_reader_says() -> None:
    lines = hourly([10] * 300)
    posts = [line for number, line in enumerate(lines) if not 200 <= number < 212]
    zeros = hourly([10] * 200 + [0] * 12 + [10] * 88)
    as_zero = list(detect_lines([posts], Reading(absent_is_zero=True), refused))[1:]
    assert as_zero == [row for row in detect(zeros)[0] if ",0," not in row]
    rare = [hourly([1] * 300)[number] for number in range(0, 264, 24)] + ["2020-07-12T05:00:00Z,40"]
    reading = Reading(policy=HOURS, absent_is_zero=True)
    assert list(detect_lines([rare], reading, refused))[-1].endswith(",spike,3 h")
    assert not detect(rare, HOURS)[0][-1].endswith(",spike,3 h")


def test_no_score_is_written_as_a_negative_zero() -> None:
    chance = random.Random(1)
    rows, _ = detect(hourly([chance.randint(0, 30) for _ in range(1000)]))
    assert not [row for row in rows if "-0.000" in row]


@pytest.mark.parametrize("written", ["9999-12-31T23:00:00Z", "253402297200000"])
def test_the_last_year_of_the_calendar_is_refused_with_a_sentence(written: str) -> None:
    rows, reasons = detect([*hourly([10] * 8), f"{written},5"])
    assert len(rows) == 8
    assert reasons == [
        f"Line 9 was left out: the timestamp '{written}' lies in the year 9999, behind which no bin can end."
    ]


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
    assert any(row.endswith(",spike,30 min") for row in rows)


def refused(number: int, reason: str) -> None:
    raise AssertionError(reason)


def with_total(counts: Sequence[int], total: Sequence[object]) -> list[str]:
    lines = hourly(counts)
    return [f"{line.rstrip()},{all_posts}\n" for line, all_posts in zip(lines, total, strict=True)]


def test_a_share_is_judged_by_the_third_column() -> None:
    counts, total = [20] * 200 + [80], [400] * 200 + [1600]
    lines = with_total(counts, total)
    by_posts = list(detect_lines([lines], Reading(), refused))
    by_share = list(detect_lines([lines], Reading(share=True), refused))
    assert by_posts[-1].endswith(",spike,3 h")
    assert by_share[-1].endswith(",80,78.462,0.000,quiet,")


def test_a_share_without_totals_is_refused_row_by_row() -> None:
    reasons: list[str] = []
    lines = hourly([20] * 30)
    reading = Reading(policy=HOURS, share=True)
    rows = list(detect_lines([lines], reading, lambda number, reason: reasons.append(reason)))
    assert rows == [HEADER]
    assert reasons[0] == "Line 1 was left out: there is no total: expected `timestamp,count,total`."


def test_a_total_below_the_count_is_refused_and_an_empty_one_unknown() -> None:
    reasons: list[str] = []
    lines = with_total([20] * 30, ["", "5", *[400] * 28])
    rows = list(detect_lines([lines], Reading(share=True), lambda number, reason: reasons.append(reason)))
    assert len(rows) == 1 + 29
    assert reasons == ["Line 2 was left out: the total 5 is less than the count 20."]


@pytest.mark.parametrize("hour", [0, 3, 30, 100, 150, 199])
def test_an_explanation_ends_at_the_score_of_its_row(hour: int) -> None:
    counts: list[object] = [10 + number % 5 for number in range(200)]
    counts[100], counts[150] = "", 300
    lines = hourly(counts)
    row = list(detect_lines([lines], Reading(), refused))[1 + hour]
    found = explain_line([lines], read_time(row.split(",")[0]) + timedelta(minutes=59), Reading(), refused)
    fast, score = found.scales[0], float(row.split(",")[3])
    assert found.line == row
    assert fast.expected == pytest.approx(float(row.split(",")[2]), abs=0.001)
    if fast.why:
        assert score == 0.0
    else:
        bin_alone, long = (min(each.level for each in fast.excesses[two : two + 2]) for two in (0, 2))
        assert 0.25 * bin_alone + 0.75 * long == pytest.approx(score, abs=0.001)
        assert any(line.endswith(f"= {score:.3f}") for line in found.lines())


@pytest.mark.parametrize(
    ("hour", "sentence"),
    [
        (0, "too little of the series is known yet"),
        (7, "the mean of the last day or hour"),
        (60, "no rise"),
        (100, "the count is unknown"),
        (130, "too few posts"),
        (150, "score 0.25 x"),
    ],
)
def test_an_explanation_names_the_rule(hour: int, sentence: str) -> None:
    counts: list[object] = [10] * 200
    counts[100], counts[130], counts[150] = "", 12, 300
    at = read_time(f"2020-07-0{1 + hour // 24}T{hour % 24:02}:30")
    assert sentence in "\n".join(explain_line([hourly(counts)], at, Reading(), refused).lines())


def test_a_moment_without_a_row_cannot_be_explained() -> None:
    with pytest.raises(ValueError, match="No row holds 2020-08-01 00:00 UTC"):
        explain_line([hourly([10] * 30)], datetime(2020, 8, 1, tzinfo=UTC), Reading(), refused)


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
