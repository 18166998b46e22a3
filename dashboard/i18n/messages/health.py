"""The sentences of the page "Health"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from processing.i18n import Plural


@dataclass(frozen=True, kw_only=True)
class HealthWords:
    """The sentences of the page."""

    title: str = "Health"

    well: str = "All is well"
    well_detail: str = "Every collector reports, and every stage is up to date."
    unknown: str = "Not everything is known"
    unknown_detail: str = "Nothing is known to be wrong. What has not been reported is grey."
    attention: Plural = Plural("{count} thing needs attention", "{count} things need attention")
    to_do: str = "What to do"

    alerts: str = "To the page “Alerts”"

    stages: str = "The stages"
    stages_note: str = "From the network to the people who are told. Each stage follows the one before it."
    read: str = "Read"
    counted: str = "Counted to"
    scored: str = "Scored to"
    told: str = "Told"
    state_well: str = "up to date"
    state_behind: str = "{age} behind"
    state_late: str = "late"
    state_silent: str = "not heard of for {age}"
    state_missing: Plural = Plural("{count} collector is missing", "{count} collectors are missing")
    state_failing: Plural = Plural("{count} channel fails", "{count} channels fail")
    state_unknown: str = "not known"
    never_told: str = "Nobody has had to be told yet."
    last_sent: str = "Last sent {moment}"
    nothing_waiting: str = "Nothing waits."
    waiting: Plural = Plural("{count} message waits.", "{count} messages wait.")
    no_time: str = "No time yet"

    collectors: str = "Collectors"
    states_explained: str = (
        "● listening: connected. ○ idle: it has read everything and asks again later. ✓ complete: an archive that has "
        "ended, nothing more comes. ✕ silent, away or stopped: its posts are missing, and the time is unknown."
    )
    no_collectors: str = "No collector has reported yet. Start one with `banwatch up`; this page keeps looking."
    heard: str = "Last sign of life"
    ago: str = "{age} ago"
    lag: str = "Lag"
    posts_read: str = "Posts read"
    rejected: str = "Rejected"
    reconnects: str = "Reconnects"
    last_post: str = "Last post"
    since_start: str = "Figures count from the start of each collector's process."
    not_known: str = "not known"
    past: str = "past posts"

    sources: str = "Posts of each network"
    source: str = "Network"
    rate: str = "In the last hour"
    usual_rate: str = "Per hour over 24 hours"
    sources_note: str = "Counted back from {now}. Hours that no collector covered are not known, and are no zeros."
    no_sources: str = "No post in the 24 hours up to {now}."

    firsts: str = "Were we first?"
    firsts_trends: str = "Trends on the watch lists"
    firsts_ours: str = "banwatch first"
    firsts_theirs: str = "Network first"
    firsts_unknown: str = "Not known"
    firsts_lead: str = "Median lead"
    firsts_ahead: str = "{age} ahead"
    firsts_behind: str = "{age} behind"
    firsts_note: str = (
        "Incidents of the last {duration} that the network had among its trends, too: from the first message to a "
        "channel, or from the finding where nobody was told, to the trend. It is not known who was first where "
        "banwatch found the incident before the network and told nobody, or where nobody knows since when it trends."
    )
    firsts_not_set_up: str = (
        "What networks call trending is not recorded. The settings `BANWATCH_TRENDS_BLUESKY`, "
        "`BANWATCH_TRENDS_MASTODON` and `BANWATCH_TRENDS_WEIBO` name the servers to ask."
    )

    rejected_title: str = "Rejected records"
    rejected_none: str = "No collector has rejected a record since its start."
    rejected_some: Plural = Plural(
        "{count} record has been rejected since the start of its collector: {names}.",
        "{count} records have been rejected since the start of their collectors: {names}.",
    )
    rejected_of: str = "{name} {count}"
    rejected_unknown: str = "No collector has reported, so it is not known whether records were rejected."
    rejected_by: str = "Rejected by"
    rejected_why: str = "Reason"
    rejected_hour: str = "In the last hour"
    rejected_day: str = "In 24 hours"
    share: str = "Share"
    rejected_share_note: str = (
        "The share is that of all rejected records of the network among what it delivered in the 24 hours. It is not "
        "known for a replay of older posts."
    )
    rejecting: Mapping[str, str] = field(
        default_factory=lambda: {"collector": "Collector", "worker": "Worker", "store": "Store"}
    )
    rejected_kinds: Mapping[str, str] = field(
        default_factory=lambda: {
            "unreadable": "No post can be read from it.",
            "too_large": "It is too large.",
            "impossible_time": "Its time cannot be right.",
            "missing": "Posts are gone, and nobody can read them any more.",
            "refused": "The store does not take its contents.",
        }
    )
    rejected_where: str = (
        "The store keeps who rejected a record and why for 14 days, and nothing of its text. The record itself stands "
        "in the Kafka topic `posts.rejected`, with the embedded broker until it begins anew. Any client of Kafka reads "
        "it, for example:"
    )

    store: str = "The store"
    store_posts: str = "Posts counted"
    store_first: str = "Oldest post"
    store_newest: str = "Newest post"
    store_partition: str = "Newest partition"
    store_disk: str = "Disk {name}"
    store_free: str = "{free} of {total} GB are free ({share})"
    store_disk_unknown: str = "The store shows no disk of its own, so nobody knows how much room is left."
    broker_memory: str = "Embedded broker"
    broker_started: str = "It begins anew above {limit} MB."
    broker_recycled: str = "It held {held} MB and began anew at {moment}. Its limit is {limit} MB."
    broker_uncounted: str = "At {moment} it held {held} MB, which were not counted in time. Its limit is {limit} MB."
    broker_streamed: str = (
        "At {moment} it held {held} MB, more than its limit of {limit} MB. It cannot begin anew, because standard "
        "input cannot be read twice."
    )
