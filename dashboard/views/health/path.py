"""The stages of a post's path: up to when each has come, and how far it is behind the one before it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.status import collectors, missing
from dashboard.views.health.standing import Stage, StageName, StageState, Standing, failing, stages

SIGNS = {StageState.WELL: "●", StageState.BEHIND: "◔", StageState.WRONG: "✕", StageState.UNKNOWN: "?"}


def show(of: Standing, words: Words, wall: datetime) -> None:
    """Draw a tile for each stage."""
    st.header(words.health_page.stages, anchor=False)
    st.caption(words.health_page.stages_note)
    st.html(element("ol", *(_tile(stage, of, words, wall) for stage in stages(of, wall)), css="bw-stages"))


def _tile(stage: Stage, of: Standing, words: Words, wall: datetime) -> Markup:
    return element(
        "li",
        element("div", getattr(words.health_page, stage.name.value), css="bw-stage-name"),
        element("div", _until(stage, words), css="bw-stage-until"),
        element("div", SIGNS[stage.state], " ", label(stage, of, words, wall), css="bw-stage-state"),
        *_waiting(stage, of, words),
        css=f"bw-stage bw-stage-{stage.state.value}",
    )


def label(stage: Stage, of: Standing, words: Words, wall: datetime) -> str:
    """Return the state of a stage in words."""
    page = words.health_page
    if stage.state is StageState.UNKNOWN:
        return page.never_told if stage.name is StageName.TOLD else page.state_unknown
    if stage.state is StageState.WELL:
        return page.state_well
    if stage.state is StageState.BEHIND:
        return page.state_late if stage.behind is None else page.state_behind.format(age=words.duration(stage.behind))
    if stage.name is StageName.READ:
        return page.state_missing(len(missing(collectors(of.coverage, of.health, wall))))
    if stage.name is StageName.SCORED and stage.behind is not None:
        return page.state_silent.format(age=words.duration(stage.behind))
    return page.state_failing(len(failing(of.attempts)))


def _until(stage: Stage, words: Words) -> str:
    if stage.until is None:
        return words.health_page.no_time
    if stage.name is StageName.TOLD:
        return filled(words.health_page.last_sent, moment=moment(stage.until, words))
    return moment(stage.until, words)


def _waiting(stage: Stage, of: Standing, words: Words) -> tuple[Markup, ...]:
    if stage.name is not StageName.TOLD:
        return ()
    page, waiting = words.health_page, len(of.waiting)
    return (element("div", page.waiting(waiting) if waiting else page.nothing_waiting, css="bw-stage-note"),)
