"""The charts of a comparison, with what they show in words and as a table, and the way to the posts of a bar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import streamlit as st
from markupsafe import Markup

from dashboard import addresses
from dashboard.charts import colours, specification
from dashboard.context import Context
from dashboard.filters import Filters
from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.views.explore import chart, names
from dashboard.views.explore.comparison import Bar, Compare, Comparison
from dashboard.views.explore.controls import Layout, Look
from processing.contract import EVERYTHING

SKELETON = chart.HEIGHT


def show(of: Comparison, look: Look, context: Context) -> None:
    """Draw everything below the controls."""
    words, view = context.words, context.filters
    heading = getattr(words.explore_page, f"heading_{of.by.value}")
    heading = heading.format(subject=names.subject(view, of.by, words))
    st.header(heading, anchor=False)
    if all(of.total(line) is None for line in of.lines):
        st.info(words.nothing_in_range, icon=":material/search_off:")
        return
    said = names.sentence(of, words, share=look.share)
    start, end = words.moment(of.window.start, zoned=False), words.moment(of.window.end)
    about = words.explore_page.alt.format(heading=heading, start=start, end=end)
    draw = _together if look.layout is Layout.TOGETHER else _alone
    picked = draw(of, look, words, f"{about}. {said}", _key(view, look))
    _picked(picked, of, look, view, words)
    st.html(element("p", said, css="bw-sentence"))
    st.caption(" ".join(_explained(of, look, words)))
    _totals(of, view, words)
    with st.expander(words.explore_page.table, icon=":material/table:"):
        st.dataframe(names.table(of, words, share=look.share), hide_index=True, key="compared")
    _download(of, words)


def _key(view: Filters, look: Look) -> str:
    """Return what a selection belongs to: it ends when the reader chooses something else, and outlasts a refresh."""
    return f"{look.by} {look.layout} {look.share} {look.lines} {view}"


def _together(of: Comparison, look: Look, words: Words, description: str, key: str) -> Bar | None:
    palette = colours(of.lines)
    keys = (_name(line, number, palette[line], of, words) for number, line in enumerate(of.lines))
    st.html(element("div", *keys, css="bw-legend"))
    drawn = chart.together(of, words, share=look.share, log=look.log, description=description)
    return _bar(_selectable(drawn, key), of)


def _alone(of: Comparison, look: Look, words: Words, description: str, key: str) -> Bar | None:
    values = [value for bars in of.bars.values() for bar in bars if (value := bar.value(share=look.share)) is not None]
    top = max(values, default=0) if look.layout is Layout.SHARED else None
    palette, found = colours(of.lines), []
    columns = st.columns(2)
    for number, line in enumerate(of.lines):
        with columns[number % 2]:
            st.html(_name(line, number, palette[line], of, words))
            drawn = chart.alone(
                of, line, words, share=look.share, log=look.log, top=top or None,
                description=f"{names.line_name(line, of, words)}. {description}",
            )  # fmt: skip
            found.append(_bar(_selectable(drawn, f"{key} {line}"), of))
    return next((bar for bar in found if bar is not None), None)


def _name(line: str, number: int, colour: str, of: Comparison, words: Words) -> Markup:
    sign = element("span", chart.SIGNS[number % len(chart.SIGNS)], style=f"color:{colour}")
    return element("span", sign, element("bdi", names.line_name(line, of, words)), css="bw-key")


def _selectable(drawn: Any, key: str) -> Any:
    return st.vega_lite_chart(
        spec=specification(drawn), width="stretch", key=key, on_select="rerun", selection_mode=chart.PICKED
    )


def _bar(selected: Any, of: Comparison) -> Bar | None:
    """Return the bar that the reader has selected on a chart. The browser says which; only a bar of ours is one."""
    found = selected["selection"].get(chart.PICKED, ())
    return of.find(str(found[-1].get("key", ""))) if found else None


def _picked(bar: Bar | None, of: Comparison, look: Look, view: Filters, words: Words) -> None:
    page = words.explore_page
    if bar is None:
        st.caption(page.pick)
        return
    value = bar.value(share=look.share)
    shown = words.percent(value, tenths=True) if look.share and value is not None else words.number(bar.posts or 0)
    told = filled(
        page.picked,
        line=element("bdi", names.line_name(bar.line, of, words)),
        start=moment(bar.start, words),
        end=moment(bar.start + of.window.width, words),
        value=page.not_known if value is None else shown,
    )
    ways = (" ", _way(posts_of(of, bar, view, words), words)) if bar.posts else ()
    st.html(element("p", told, *ways, css="bw-picked", role="status"))


def _way(address: str, words: Words) -> Markup:
    return element("a", words.explore_page.open_posts, href=address, target="_self")


def posts_of(of: Comparison, bar: Bar, view: Filters, words: Words) -> str:
    """Return the address of exactly the posts that a bar counts."""
    return addresses.of_posts(words, bar.start, bar.start + of.window.width, **series_of(of, bar.line, view))


def series_of(of: Comparison, line: str, view: Filters) -> dict[str, str]:
    """Return topic, language and network of a line."""
    topic = line if of.by is Compare.TOPIC else view.topic
    language = line if of.by is Compare.LANGUAGE else view.language
    return {"topic": topic, "language": language, "source": line if of.by is Compare.SOURCE else EVERYTHING}


def _explained(of: Comparison, look: Look, words: Words) -> Iterator[str]:
    page = words.explore_page
    notes = {Compare.TOPIC: page.topics_overlap, Compare.LANGUAGE: page.languages_note, Compare.TIME: page.before_note}
    if look.layout is not Layout.TOGETHER:
        yield page.one_scale if look.layout is Layout.SHARED else page.own_scales
    if look.share:
        yield page.share_of_all if of.by in {Compare.TOPIC, Compare.TIME} else page.share_of_topic
    if of.by in notes:
        yield notes[of.by]
    if of.more:
        yield page.more(of.more)
    if any(bar.posts is None for bars in of.bars.values() for bar in bars):
        yield page.gaps
    yield page.deleted_note


def _totals(of: Comparison, view: Filters, words: Words) -> None:
    """Draw the posts of each line over the whole time, with the way to them. No pointer is needed for it."""
    page = words.explore_page
    st.markdown(f"**{page.totals}**")
    tables.show((page.line, page.total, page.part, ""), _total_rows(of, view, words), css="bw-names")


def _total_rows(of: Comparison, view: Filters, words: Words) -> Iterable[tuple[str, str, str, str]]:
    unknown = element("span", words.explore_page.not_known, css="bw-unknown")
    for line in of.lines:
        total, share, bars = of.total(line), of.share(line), of.bars[line]
        address = addresses.of_posts(
            words, bars[0].start, bars[-1].start + of.window.width, **series_of(of, line, view)
        )
        yield (
            element("bdi", names.line_name(line, of, words)),
            unknown if total is None else words.number(total),
            unknown if share is None else words.percent(share, tenths=True),
            _way(address, words) if total else "",
        )


def _download(of: Comparison, words: Words) -> None:
    st.download_button(
        words.explore_page.download,
        names.as_csv(of),
        file_name=f"banwatch-{of.by}-{of.window.start:%Y%m%dT%H%M}Z.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
