"""The sentences of the public pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublicWords:
    """The sentences of the public pages."""

    skip: str = "Skip to the content"
    as_of: str = "As of {now}."
    as_of_replay: str = "As of {now}, in a replay of past posts."
    scored_until: str = "Surges have been looked for up to {until}."
    not_renewed: str = "The counts have not been renewed since {at}. This page shows what was known then."
    nothing_title: str = "No posts yet"
    nothing: str = "Nothing has been counted yet."
    missing_title: str = "There is no such page"
    missing: str = "The address may have a mistake in it, or the surge is older than those that are kept here."
    away_title: str = "The figures cannot be shown at the moment"
    away: str = "The counts cannot be read. Try again in a minute."

    chart_sentence: str = "{total} posts on {topic}, {start} to {end}. Most, {most}, in the {width} from {peak} on."
    chart_empty: str = "No posts on {topic}, {start} to {end}."
    chart_source: str = "Counted by banwatch from public posts. As of {now}."
    chart_table: str = "The chart as a table"
    unknown: str = "not known"
    marks_surges: str = "Shaded: a surge. Dashed: its pulses."
    no_collector: str = "Grey: nothing was collected."

    surge_over: str = "{topic} rose to {ratio}× normal on {peak} and was over by {end}."
    surge_going_on: str = "{topic} has risen to {ratio}× normal since {start} and was still high at {scored}."
    rise_over: str = "{topic} rose to {ratio}× normal on {peak}. It is not counted as a surge."
    all_surges: str = "All surges"
    trend: str = "Trend"
    shares_note: str = "{start} to {end}. Share: of the posts on {topic}."
    languages_of_surge: str = "Languages of this surge"
    others: str = "{count} more"

    when: str = "When"
    how_high: str = "How high"
    figure: str = "Figure"
    value: str = "Value"
    terms: str = "New words in it"
    terms_note: str = "Words that people use in this surge and did not use before it, each used by five people or more."
    claim: str = "Claim {number}"
    claims_note: str = (
        "Posts that say the same are one claim, in whatever language. Beside the first language stands the time of its "
        "tenth post, beside the others how much later theirs came."
    )
    claims_unquoted: str = "No post is quoted here."
    posts_note: str = "As their authors wrote them, unverified. A deleted post is not shown."

    about: str = "What this shows"
    about_counts: str = (
        "banwatch counts public posts in many languages. Here they are on: {topic}. A surge is a rise far above what "
        "the topic's own past makes likely. Copies, single authors and changes in the collecting do not make a surge."
    )
    about_limits: str = (
        "The counts cover the networks that are collected here, not all of them. They say how much is posted, not what "
        "is true. No post is shown in full unless the operator of this site has decided so."
    )
    use: str = "Use it elsewhere"
    feed: str = "Feed of surges (Atom)"
    data_incidents: str = "Surges (JSON)"
    data_incident: str = "This surge with its claims (JSON)"
    data_counts: str = "Counts (CSV)"
    picture_svg: str = "Picture (SVG)"
    picture_png: str = "Picture (PNG)"
    embed: str = "To show the chart on a page of your own, with its source and time in it:"

    feed_title: str = "Surges: {topic}"
