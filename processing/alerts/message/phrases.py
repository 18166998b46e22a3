"""The words of messages. The defaults are the English ones; each further language has a catalogue of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from babel import Locale

from processing.alerts.notification import Outcome
from processing.contract import Severity, VerdictName
from processing.troubles import TroubleSeverity


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The sentences of one language. `str.format` fills `{name}` in. No noun has to agree with a number."""

    locale: Locale
    moment: str = "EEE d MMM y HH:mm"
    weekday: str = "EEE HH:mm"
    clock: str = "HH:mm"
    utc: str = "{time} UTC"
    zoned: str = "{time} {zone}"
    separator: str = ", "
    more: str = "{shown} and {count} more"
    every_topic: str = "all posts"

    severity: Mapping[Severity, str] = field(
        default_factory=lambda: {each: each.value.upper() for each in Severity},
    )
    severity_in_text: Mapping[Severity, str] = field(default_factory=lambda: {each: each.value for each in Severity})
    not_told: Mapping[VerdictName, str] = field(
        default_factory=lambda: {each: f"NOT TOLD, {each.value.upper()}" for each in VerdictName}
    )
    title: str = "{what}: {series} at {ratio} times normal, {when}"
    grew: str = "GREW, {what}"
    repeated: str = "STILL GOING ON, {what}"
    acknowledged: str = "ACKNOWLEDGED, {what}"
    resolved: str = "RESOLVED, {what}"
    closed: str = "CLOSED, END UNKNOWN, {what}"
    led_by: str = "{topic} ({lead})"
    spoken: str = "{topic} in {language}"
    since: str = "since {start}"
    over: str = "from {start} to {end}"

    found: str = "Found"
    found_at: str = "{time}, score {score}: so large a rise comes {rarity}; incident {id}"
    posts: str = "Posts"
    posts_expected: str = "{observed}, where {expected} were expected"
    people: str = "People"
    height: str = "Height"
    pulse: str = "Pulse {number}"
    pulse_corrects: str = "Pulse {number}, a correction"
    correction: str = "Correction"
    overtaken: str = "“{correction}” overtook “{claim}” at {at}; {share} of the posts on both correct"
    not_overtaken: str = "“{correction}” has not overtaken “{claim}”; {share} of the posts on both correct"
    denies: str = "“{correction}” is what is said, hardly “{claim}”; {share} of the posts on both correct"
    not_arrived: str = "{sentence}; none was found in {languages}"
    pulse_height: str = "from {start}, highest {peak} with {observed} posts in {minutes} min, {expected} expected"
    day_height: str = "from {start}, {observed} posts within a day, {expected} expected"
    languages: str = "Languages"
    led: str = "Who led"
    follows: str = "{language} followed {leader} by {lag} ({low} to {high})"
    follows_too: str = "{language} by {lag} ({low} to {high})"
    subtopics: str = "Topics"
    terms: str = "Terms in {language}"
    lasted: str = "Lasted"
    changed: str = "What grew"
    severity_rose: str = "severity from {before} to {after}"
    new_languages: str = "new languages: {languages}"
    rose_again: str = "it rose again from {start}: {observed} posts in {minutes} min at {peak}"
    came_back: str = "it came back far higher: {observed} posts in {minutes} min at {peak}"
    came_back_in_a_day: str = "it came back far higher: {observed} posts within a day"
    by: str = "By"
    note: str = "Note"
    end_unknown: str = "It is not known whether it is over: a source has delivered no posts of the time since."
    ended_by: str = "{by} ended it."
    ended_by_with: str = "{by} ended it: {note}"

    first_post: str = "First post"
    most_shared: str = "Most shared"
    page: str = "Open the incident"
    acknowledge: str = "Acknowledge"
    written_by: str = "{time}, by {author}"
    synthetic: str = "Synthetic data: these posts were generated, nobody wrote them."
    likewise: str = "likewise in doubt: {languages}"
    sql: str = "SQL"

    itself: str = "banwatch itself: {what}"
    trouble: str = "{severity}. {what}"
    trouble_grew: str = "NOW {severity}. {what}"
    trouble_repeated: str = "STILL {severity}. {what}"
    trouble_over: str = "OVER. {what}"
    trouble_severity: Mapping[TroubleSeverity, str] = field(
        default_factory=lambda: {each: each.value.upper() for each in TroubleSeverity}
    )
    trouble_since: str = "Since"
    value: str = "Value"
    threshold: str = "Threshold"
    megabytes: str = "{number} MB"
    to_do: str = "What to do"
    health_page: str = "Open the page Health"
    failures: str = "Attempts failed in a row"
    reason: str = "Reason"
    waiting: str = "Messages waiting for it"
    kept: str = "The messages are kept and tried again."
    outcomes: Mapping[Outcome, str] = field(
        default_factory=lambda: {
            Outcome.RETRY: "it failed or could not be reached",
            Outcome.RATE_LIMITED: "it asks for a pause",
            Outcome.TIMEOUT: "it did not answer in time",
            Outcome.AUTH: "it does not accept the token, the password or the key",
            Outcome.REFUSED: "it refuses the message",
            Outcome.GAVE_UP: "the last attempt allowed has failed",
        }
    )
    digest: str = "DIGEST, messages: {count}"
    digest_of: Mapping[str, str] = field(
        default_factory=lambda: {
            "digest": "The rule gathers its messages.",
            "quiet": "These messages were held back in quiet hours.",
            "budget": "There were more messages than the channel takes in an hour.",
        }
    )
    left_out: str = "Messages that do not fit: {count}. `banwatch alerts list` shows all."
    test: str = "TEST: banwatch reaches the channel {channel}"
    test_note: str = "Somebody asked for this message. Nothing has happened."


ENGLISH = Phrases(locale=Locale("en"))
