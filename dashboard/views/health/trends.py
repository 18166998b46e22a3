"""Whether banwatch or the networks' lists of trends were first, network by network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.parts import tables
from processing.plain_text import displayable
from processing.queries import TrendLead

LOOKED_BACK = timedelta(days=30)
LONGEST_NAME = 80


@dataclass(frozen=True)
class Firsts:
    """One network: its trends about a watch list, and of how many incidents banwatch or the network was first.

    `unknown` are the incidents among its trends of which nobody knows it. `lead` is the median over the others, below
    0 where the network was mostly first; None if there are none.
    """

    network: str
    trends: int
    ours: int
    theirs: int
    unknown: int
    lead: timedelta | None


def firsts(trends: Mapping[str, int], leads: Iterable[TrendLead]) -> tuple[Firsts, ...]:
    """Return each network whose trends are recorded. `trends` has how many of them are about a watch list."""
    found = tuple(leads)
    return tuple(
        _firsts(network, count, [each for each in found if each.network == network])
        for network, count in sorted(trends.items())
    )


def _firsts(network: str, trends: int, leads: list[TrendLead]) -> Firsts:
    known = [each.lead for each in leads if each.was_first is not None and each.lead is not None]
    ours = sum(each.was_first is True for each in leads)
    lead = timedelta(seconds=median(each.total_seconds() for each in known)) if known else None
    return Firsts(network, trends, ours, len(known) - ours, len(leads) - len(known), lead)


def show(found: tuple[Firsts, ...] | str, words: Words) -> None:
    """Draw the section. `found` is a sentence where the store gives no answer."""
    page = words.health_page
    st.header(page.firsts, anchor=False)
    if isinstance(found, str):
        st.caption(found)
    elif not found:
        st.caption(page.firsts_not_set_up)
    else:
        head = (
            page.source,
            page.firsts_trends,
            page.firsts_ours,
            page.firsts_theirs,
            page.firsts_unknown,
            page.firsts_lead,
        )
        tables.show(head, (_row(each, words) for each in found), css="bw-names")
        st.caption(page.firsts_note.format(duration=words.duration(LOOKED_BACK)))


def _row(each: Firsts, words: Words) -> tuple[str, ...]:
    page = words.health_page
    if each.lead is None:
        lead: str = element("span", page.not_known, css="bw-unknown")
    else:
        lead = (page.firsts_behind if each.lead < timedelta() else page.firsts_ahead).format(
            age=words.duration(abs(each.lead))
        )
    name = element("bdi", displayable(each.network.capitalize(), LONGEST_NAME))
    return name, *(words.number(count) for count in (each.trends, each.ours, each.theirs, each.unknown)), lead
