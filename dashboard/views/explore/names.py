"""The names of the lines of a comparison, and its figures in words and as tables."""

from __future__ import annotations

import csv
from datetime import UTC
from io import StringIO

import pandas as pd

from dashboard.filters import Filters
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.views.explore.comparison import BEFORE, NOW, Compare, Comparison
from processing.plain_text import displayable

LONGEST_NAME = 80


def name_of(line: str, by: Compare, words: Words) -> str:
    """Return the name of a line of a comparison of topics, languages or networks."""
    if by is Compare.TOPIC:
        return topic_name(words, line)
    return language_name(words, line) if by is Compare.LANGUAGE else displayable(line, LONGEST_NAME)


def line_name(line: str, of: Comparison, words: Words) -> str:
    """Return the name of a line. A time is named by its begin and its end."""
    if of.by is not Compare.TIME:
        return name_of(line, of.by, words)
    back = of.window.end - of.window.start if line == BEFORE else of.window.width * 0
    page = words.explore_page
    start, end = words.moment(of.window.start - back, zoned=False), words.moment(of.window.end - back)
    return (page.this_time if line == NOW else page.time_before).format(start=start, end=end)


def subject(view: Filters, by: Compare, words: Words) -> str:
    """Return what the posts of a comparison have in common."""
    topic, language = topic_name(words, view.topic), language_name(words, view.language)
    if by is Compare.TOPIC:
        return language
    return topic if by is Compare.LANGUAGE else f"{topic} · {language}"


def sentence(of: Comparison, words: Words, *, share: bool) -> str:
    """Return what the chart shows, as one sentence."""
    page = words.explore_page
    totals = {line: total for line in of.lines if (total := of.total(line)) is not None}
    if not totals:
        return words.nothing_in_range
    if of.by is Compare.TIME:
        return _of_times(of, words, totals, share=share)
    ranked = sorted(totals, key=lambda line: -totals[line])
    told = words.separator.join(
        f"{line_name(line, of, words)} {_value(of, line, words, share=share)}" for line in ranked
    )
    highest = max(
        ((value, bar) for line in ranked for bar in of.bars[line] if (value := bar.value(share=share)) is not None),
        key=lambda each: each[0],
        default=None,
    )
    if highest is None:
        return page.ranked.format(lines=told)
    value, bar = highest
    shown = words.percent(value, tenths=True) if share else words.number(value)
    return page.ranked_highest.format(
        lines=told,
        value=shown,
        line=line_name(bar.line, of, words),
        width=words.duration(of.window.width),
        start=words.moment(bar.start),
    )


def _of_times(of: Comparison, words: Words, totals: dict[str, int], *, share: bool) -> str:
    page = words.explore_page
    if NOW not in totals or BEFORE not in totals:
        return (page.before_unknown if NOW in totals else page.now_unknown).format(
            value=_value(of, NOW if NOW in totals else BEFORE, words, share=share)
        )
    now, before = _value(of, NOW, words, share=share), _value(of, BEFORE, words, share=share)
    unknown = sum(bar.posts is None for line in of.lines for bar in of.bars[line])
    ratio = totals[NOW] / totals[BEFORE] if totals[BEFORE] and not unknown and not share else None
    if ratio is None:
        said = page.times.format(now=now, before=before)
    else:
        said = page.times_ratio.format(now=now, before=before, ratio=words.decimal(ratio))
    return f"{said} {page.partly_unknown}" if unknown else said


def _value(of: Comparison, line: str, words: Words, *, share: bool) -> str:
    if not share:
        return words.number(of.total(line) or 0)
    part = of.share(line)
    return words.explore_page.not_known if part is None else words.percent(part, tenths=True)


def table(of: Comparison, words: Words, *, share: bool) -> pd.DataFrame:
    """Return a row for each bin, the newest first, and a column for each line. What is not known has no value."""
    starts = list(of.window.bins())
    zone = words.offset(starts[0]) if starts else ""
    times = [start.astimezone(words.zone) for start in reversed(starts)]
    columns = {
        line_name(line, of, words): [bar.value(share=share) for bar in reversed(of.bars[line])] for line in of.lines
    }
    return pd.DataFrame({words.time_axis.format(zone=zone): times, **columns})


def as_csv(of: Comparison) -> str:
    """Return a row for each bar, by ids and in UTC. What is not known is empty, and zero is 0."""
    written = StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow([of.by.value, "start", "end", "posts", "of_posts"])
    for line in of.lines:
        for bar in of.bars[line]:
            end = bar.start + of.window.width
            times = (f"{each.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for each in (bar.start, end))
            rows.writerow([line, *times, "" if bar.posts is None else bar.posts, bar.whole])
    return written.getvalue()
