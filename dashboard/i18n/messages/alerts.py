"""The sentences of the page "Alerts". Names of states, messages and outcomes are those of the page "Incident"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from processing.i18n import Plural


@dataclass(frozen=True, kw_only=True)
class AlertsWords:
    """The sentences of the page."""

    title: str = "Alerts"

    channels: str = "Channels"
    all_work: Plural = Plural("{count} channel, and it works.", "{count} channels, and all of them work.")
    some_fail: Plural = Plural(
        "{count} channel fails: what it should hear waits or is lost.",
        "{count} channels fail: what they should hear waits or is lost.",
    )
    no_channels: str = "No channel is set up, and none was ever to be told."
    channel_works: str = "works"
    channel_fails: str = "fails"
    channel_untried: str = "not yet tried"
    channel_gone: str = "no longer in the rules"
    channel_kind: str = "{kind}, messages in {language}"
    channel_budget: str = "At most {count} messages an hour, and the rest in one more."
    channel_unnamed: str = "No rule names it."
    channel_hears_of_failures: str = "It hears of another channel that fails."
    nobody_hears_of_failures: str = "`report_failures_to` is not set: any other channel may hear of one that fails."
    last_success: str = "Last success"
    last_attempt: str = "Last attempt"
    attempts: str = "Attempts, {days} days"
    failures: str = "Of them failed"
    held: str = "Held back"
    waiting: str = "Waiting"
    waiting_since: str = "{count}, the first since {due}"
    waiting_until: str = "{count}, the first until {due}"
    never: str = "never"
    nothing: str = "none"

    conversations: str = "Conversations"
    conversations_note: str = "One line for each incident or trouble and channel. An incident's name leads to its page."
    no_conversations: str = "No conversation goes on: nobody has been told of anything that is not over."
    conversations_over: Plural = Plural("{count} that is over", "{count} that are over")
    about: str = "About"
    about_itself: str = "banwatch itself: {what}"
    areas: Mapping[str, str] = field(
        default_factory=lambda: {
            "source": "the source {name}",
            "rejected": "rejected records of {name}",
            "lag": "the distance of the counts from the clock",
            "watch": "the watch",
            "channel": "the channel {name}",
            "disk": "the disk {name}",
            "broker": "the embedded broker",
        }
    )
    nobody: str = "nobody"
    in_hand: str = "In hand"
    steps: Mapping[str, str] = field(default_factory=lambda: {"test": "a test"})

    silences: str = "Silences"
    silences_note: str = "Silenced incidents are recorded, and nobody is told of them."
    no_silences: str = "Nothing is silenced, and nothing is planned to be."
    silence_now: str = "now"
    silence_planned: str = "planned"
    silence_span: str = "{start} to {end}, by {by}."
    silence_sources: str = "Only from {sources}."
    silence_severity: str = "Only up to severity {severity}."
    silence_channel: str = "Only at the channel {channel}."
    silence_new: str = "New silence"
    silence_from: str = "Begins, {zone} (empty: now)"
    silence_from_sources: str = "Only incidents of no other source than"
    silence_up_to: str = "Only up to this severity"
    silence_at: str = "Only at this channel"
    any_severity: str = "Any severity"
    any_channel: str = "Any channel"
    silence_button: str = "Silence"

    rules: str = "Rules"
    rules_note: str = (
        "Every rule is tried. Where several name the same channel, the first that matches holds for that channel. An "
        "incident that no rule matches is recorded, and nobody is told."
    )
    rules_missing: str = "This page does not know the rules: whoever runs banwatch has not set that up."
    rules_faulty: str = (
        "The rules file has faults. A watch that is running keeps the rules that it read before; one that starts now "
        "stops with these sentences:"
    )
    rules_kept: str = "Below are the last rules without a fault that this page has read."
    rules_secrets: str = (
        "This page never has the secrets of channels, so it cannot say whether these are right. "
        "`banwatch alerts check` can, where the watch runs."
    )
    rule_tells: str = "Tells"
    rule_what: str = "Of what"
    rule_when: str = "When"
    rule_any_topic: str = "Incidents of any topic."
    rule_topic: str = "Incidents of “{topic}” and of the topics below it."
    rule_languages: str = "In one of these languages: {languages}."
    rule_sources: str = "With posts from one of these sources: {sources}."
    rule_severity: str = "Severity: {severity} or above."
    rule_posts: str = "Posts: {count} or more."
    rule_people: str = "People: {count} or more."
    rule_ratio: str = "At its highest {ratio}×\u00a0normal or more."
    rule_verdicts: str = "Verdict: {verdicts}."
    rule_lasting: str = "Gone on for {duration} or longer."
    rule_no_data: str = "Also a source that has fallen silent."
    rule_itself: str = "Troubles of banwatch itself, and no surges."
    rule_itself_sources: str = "Of these sources alone: {sources}."
    rule_critical: str = "What is critical comes at once."
    rule_itself_repeat: str = "Again after every {duration}, until it ends."
    rule_at_once: str = "At once."
    rule_quiet: str = "Nothing from {start} to {end} ({zone}): what happens then comes afterwards in one message."
    rule_daily: str = "Once a day at {time} ({zone}), in one message."
    rule_window: str = "In one message every {duration}."
    rule_repeat: str = "Again after every {duration}, until somebody acknowledges it or it ends."

    backtest: str = "What a rule would have sent"
    try_note: str = (
        "Choose a rule and move its conditions. Below is what it would have sent over the stored posts, beside what it "
        "would have sent as it stands. Nobody is told anything, and the rules file stays as it is."
    )
    try_no_rules: str = "There is no rule to try."
    try_behind: str = (
        "The watch is behind the counts. What rules would have sent is worked out as soon as it has caught up."
    )
    try_too_young: str = "Less than an hour is counted: there is nothing yet to try a rule on."
    try_waits: str = "To be worked out next. The page can be used meanwhile."
    try_underway: str = (
        "The posts from {start} to {end} are watched again, as they came: now {reached}. The page can be used "
        "meanwhile."
    )
    try_too_long: str = (
        "To watch the posts from {start} to {end} again takes this machine longer than {limit}. Choose a shorter time, "
        "or run `banwatch backtest --rules`, which takes as long as it needs."
    )
    try_rule: str = "Rule"
    try_length: str = "Over the last"
    try_days: Plural = Plural("{count} day", "{count} days")
    try_severity: str = "Least severity"
    try_ratio: str = "Least times normal"
    try_posts: str = "Least posts"
    try_people: str = "Least people"
    try_verdicts: str = "Made by"
    try_verdicts_help: str = "With none of them chosen, those of the rule hold."
    try_makers: Mapping[str, str] = field(
        default_factory=lambda: {
            "organic": "people",
            "concentrated": "few accounts",
            "collector": "our collecting",
            "backfill": "posts fetched late",
        }
    )
    try_any: str = "any"
    try_reset: str = "As the rule stands"
    try_sentence: str = "Messages a week: {tuned} as tuned, {stands} as the rule stands, counted from {start} to {end}."
    try_stands: str = "As it stands"
    try_tuned: str = "As tuned"
    try_a_week: str = "{count} a week"
    try_all_rules: str = "All rules together"
    try_no_incidents: str = "Nothing rose in this time, so there was nothing to tell."
    try_told: str = "told by the rule as tuned"
    try_untold: str = "not told by it"
    try_line: str = "least posts of the rule"
    try_summary: str = "Incidents from {start} to {end}: {count}. The rule as tuned tells of {told} of them."
    try_incidents: str = "The incidents as a table"
    try_number: str = "No."
    try_severity_head: str = "Severity"
    try_people_head: str = "People"
    try_ratio_head: str = "At its highest"
    try_by_others: str = "told by another rule"
    try_messages: str = "The messages of the rule as tuned"
    try_no_messages: str = "It would have sent none."
    try_newest: str = "The newest {count}."
    try_toml: str = "The tuned rule, for the rules file"
    try_toml_note: str = (
        "To put it in force, replace the rule in the rules file by this one. This page never writes the file."
    )

    deliveries: str = "Deliveries"
    deliveries_note: str = "Each attempt to tell a channel, the newest first, and the reason where none was made."
    no_deliveries: str = "Nothing was to be told yet."
    no_such_deliveries: str = "No delivery matches."
    which_channel: str = "Channel"
    only_faults: str = "Only faults"
