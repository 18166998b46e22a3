"""The sentences of the page "Now"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NowWords:
    """The sentences of the page."""

    title: str = "Now"

    surging_as_of: str = "Catching up. Surging as of {moment}: {topic}"
    calm_as_of: str = "Catching up. No surge as of {moment}"
    behind_detail: str = (
        "Posts are counted up to {counted}. Surges are looked for up to {scored}, which is {behind} before "
        "that. What stands here about surges holds for the earlier time."
    )
    not_yet_detail: str = "Posts are counted up to {counted}, and surges follow once the watch has looked at them."
    unknown_since: str = "Known up to {moment}: {state}"
    was_surging: str = "a surge was going on ({topic})."
    was_calm: str = "no surge was going on."

    hour_to: str = "Posts in the hour to {moment}"

    incidents: str = "Surges and other rises"
    going_on: str = (
        "{topic}: since {start}, for {duration} so far, up to {ratio}×\u00a0normal, in {languages}; {made_by}."
    )
    over: str = "{topic}: {start} to {end}, up to {ratio}×\u00a0normal, in {languages}; {made_by}."
    open_as_of: str = "going on at {moment}, not known since:"
    one_language: str = "no single language"
    and_more: str = "{shown} and {count} more"
    by_people: str = "many people speak"
    by_few: str = "few accounts speak, so nobody is told"
    by_collecting: str = "our own collecting makes it, so nobody is told"
    by_history: str = "posts fetched after the fact make it, so nobody is told"
    why: str = "Why"
    why_label: str = "Why: {topic}, {start}"

    share: str = "Share of all posts"
    share_help: str = (
        "Posts on the topic as a share of all posts that were collected, on any subject. A source that delivers only "
        "posts on the topic raises the share."
    )
    log: str = "Logarithmic"
    log_help: str = "A logarithmic axis shows the small values beside a surge that dwarfs them."
    share_axis: str = "Share of all posts, per {width}"
    usual_note: str = (
        "Grey band: what is usual, by the same hours of the seven days before, without the highest and the lowest day. "
        "It is not the expectation of the detector, which stands with each surge."
    )
    usual_low: str = "Usual, from"
    usual_high: str = "Usual, to"
    scored_up_to_here: str = "Surges are looked for up to here"
    scored_note: str = "Dotted line: up to there surges have been looked for."

    watch_silent: str = "Nothing has been heard of the watch for {age}, so nobody looks for surges."

    highest: str = "Highest: {value} in the {width} from {start}"
    total_posts: str = "posts in all: {count}"
    marked_surges: str = "surges marked: {count}, from {since}"
    no_marked_surges: str = "no surge is marked"
    marked_doubts: str = "other rises: {count}"
    sentence: str = "; "
    full_stop: str = "."
    table: str = "The figures as a table"
    events: str = "Known events"
    letters: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    selected: str = "Selected: {start} to {end}"
    zoom: str = "Zoom in"
    brush_note: str = "Drag over the chart to select a time."

    reached: str = "Counted up to {counted} ({age}). Surges looked for up to {scored}."
    reached_none: str = "Counted up to {counted} ({age}). Surges have not been looked for yet."
    collectors: str = "Collectors: {states}."
    no_collectors: str = "No collector has reported yet."
    count_of_state: str = "{count} {state}"
    state_complete: str = "complete"
    state_idle: str = "idle"
    state_listening: str = "listening"
    state_silent: str = "silent"
    state_away: str = "away"
    state_failed: str = "stopped"
    health: str = "Details"
    missing: str = "Posts of these collectors are missing since they fell silent: {names}."
    missing_one: str = "{name} (last heard {age} ago)"
