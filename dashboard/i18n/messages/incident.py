"""The sentences of the page "Incident"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class IncidentWords:
    """The sentences of the page."""

    title: str = "Incident"

    list_note: str = "Every rise that was found, newest first. Open one to see why it is one."
    list_topic: str = "Topic"
    list_language: str = "Language"
    list_verdict: str = "Verdict"
    any_topic: str = "Any topic"
    any_language: str = "Any language"
    any_verdict: str = "Any verdict"
    listed: str = "Shown: {shown} of {count}"
    none_listed: str = "No incident matches. Choose another topic, language or verdict."
    all_incidents: str = "All incidents"
    unknown: str = "There is no incident “{id}”: the address is not complete, or it belongs to another store."
    row_going_on: str = "since {start}, going on"
    row_over: str = "{start} to {end}"

    going_on: str = "Going on since {start}, that is for {duration} up to what was scored."
    over: str = "Over. It lasted from {start} to {end}, that is {duration}."
    height: str = "{ratio}×\u00a0normal at its height, {peak}."
    amount: str = "Posts: {observed} (expected: {expected}). So large a rise comes {rarity} (score {score})."
    as_of: str = "As of {scored}. Later posts have not been judged yet."
    as_of_behind: str = "As of {scored}. Posts are counted up to {now}; the later ones have not been judged yet."
    begun: str = "First post: {time}, in {language}, from {source}."
    nothing_scored: str = "Nothing has been scored yet."

    deleted: str = "Posts that were deleted since"
    deleted_counted: str = "Counted"
    deleted_left_out: str = "Left out"
    deleted_some: str = "Deleted since: {deleted} of {posts} posts. Their texts are never shown."
    deleted_none: str = "None of its {posts} posts was deleted since."

    chart: str = "Observed and expected"
    observed_line: str = "observed"
    expected_line: str = "expected"
    chart_alt: str = "Posts about {topic} from {start} to {end}, beside the posts that were expected"
    chart_summary: str = "The highest bin of {width} holds {posts} posts, {peak}; {expected} were expected."
    chart_summary_alone: str = "The highest bin of {width} holds {posts} posts, {peak}."
    chart_marks: str = "Shaded: the incident. Dashed: what was expected. Numbered lines: its pulses."
    pulse_row: str = "Pulse {number}: {peak}, {observed} posts in the detector's bin, where {expected} were expected."
    ratio_note: str = "“Times normal” is (posts + 1) / (expected + 1), where that is highest."
    figures: str = "Figures of the chart"
    bin_start: str = "Bin"
    no_counts: str = "No post of this incident is counted any more."

    verdict: str = "Verdict"
    nothing_decided: str = "No figure reached its limit. A surge remains also without the doubtful posts."
    decided_by: str = "{name}: {value}, above the limit of {limit}."

    arrivals: str = "How the languages followed each other"
    came_first: str = "{language} came first, {first}."
    followed: str = "Then {languages}."
    followed_after: str = "{language} after {duration}"
    one_language: str = "Only one language speaks in it."
    no_languages: str = "No language stands out in it."
    arrivals_note: str = (
        "From the start of the incident on. A few posts of a language are there at any time, so its tenth post says "
        "more than its first. In bold: the languages that rose."
    )
    first_post: str = "First post"
    tenth_post: str = "To its tenth post"
    behind: str = "Behind {language}"
    deleted_column: str = "Deleted since"

    claims: str = "What is being said"
    claims_not_yet: str = "The posts of this incident have not been compared yet."
    claims_none: str = "No three people say the same."
    claim_share: str = "{share} of the posts"
    claim_first: str = "First post: {time}, in {language}."
    claim_more_languages: str = "Further languages: {count}"
    claim_after: str = "+{duration}"
    claim_undecided: str = "Which language led cannot be decided."
    claims_note: str = (
        "Posts that say the same are one claim. Its title is a post from its middle, in your language if there is one. "
        "Beside the first language stands the time of its tenth post, beside the others how much later theirs came. "
        "The first post is that of the first language: one that is earlier may be mistaken for the claim."
    )
    claims_across: str = "A model compared the languages; it writes nothing."
    claims_alone: str = (
        "Only copies within a language are found here: the comparison of languages (extra `claims`) is not installed."
    )
    claims_waiting: str = "Texts that are still to be compared: {texts}."
    claims_compared: str = "Compared: {compared} of {posts} posts."

    reasons: str = "Why"

    alike: str = "Posted alike"
    alike_none: str = (
        "No two accounts posted the same thing within {seconds} seconds of each other at least twice and more often "
        "than chance would have it."
    )
    alike_some: str = (
        "Pairs of accounts that posted the same thing within {seconds} seconds of each other, at least twice and more "
        "often than chance would have it: {pairs}."
    )
    alike_too_large: str = "Who posted alike is not known here: the comparison takes too long."
    alike_shown: str = "Shown are the first {shown}."
    alike_note: str = (
        "The same thing is the same link, the same text or the same three hashtags or more. Reposts do not count, nor "
        "what more than 50 others post at once. It does not say why two accounts post alike: one person can have both, "
        "both can repeat one agency, or people have agreed on it. Compared are the first seven days of an incident, "
        "and its first 20,000 posts."
    )
    alike_chart: str = "Accounts that posted alike, joined by lines: the thicker a line, the more often."
    account: str = "Account"
    other_account: str = "Posted alike with"
    times: str = "Times"
    same: str = "The same"
    apart: str = "Apart"
    by_chance: str = "Expected by chance"
    alike_posts: str = "Posts of each pair"
    alike_pair: str = "{a} and {b}"
    kinds: Mapping[str, str] = field(default_factory=lambda: {"link": "link", "text": "text", "hashtags": "hashtags"})

    told: str = "Who was told"
    told_nobody: str = "Nobody was told of it."
    told_not_organic: str = "Nobody was told of it, because it is no surge of people."
    told_channels: str = "As each channel knows it"
    channel: str = "Channel"
    state: str = "State"
    last_step: str = "Last message"
    rule: str = "Rule"
    when: str = "When"
    step: str = "Message"
    outcome: str = "Outcome"
    latency: str = "Took"
    seconds: str = "{value} s"
    detail: str = "The channel's answer"
    answer_acknowledge: str = "{by} has it in hand, since {at}."
    answer_resolve: str = "{by} has said that it is over, {at}."
    answer_none: str = "Nobody has answered."
    answer_note: str = "Note: {note}"

    steps: Mapping[str, str] = field(
        default_factory=lambda: {
            "opened": "opened",
            "grew": "grew",
            "repeated": "repeated",
            "acknowledged": "acknowledged",
            "resolved": "resolved",
            "digest": "digest",
        }
    )
    outcomes: Mapping[str, str] = field(
        default_factory=lambda: {
            "sent": "sent",
            "trying": "under way",
            "retry": "failed, is tried again",
            "rate_limited": "the channel asks for a pause",
            "timeout": "the channel did not answer in time",
            "auth": "the channel refuses the credentials",
            "refused": "the channel refuses it",
            "gave_up": "given up",
            "over_untold": "not told: over before the hold was",
            "silenced": "held back: silenced",
            "inhibited": "held back: another incident tells of it",
            "in_hand": "held back: somebody has it in hand",
            "gathering": "held back: more is gathered first",
            "quiet": "held back: quiet hours",
            "digest": "held back for a digest",
            "budget": "held back: the budget is used up",
            "order": "held back: an earlier message comes first",
            "lasting": "held back: it has not lasted long enough",
            "verdict": "held back: no surge of people",
            "historic": "held back: it is history",
            "no_data": "held back: no data",
            "unknown": "held back: its end is not known",
            "no_route": "no rule names a channel",
        }
    )
    states: Mapping[str, str] = field(
        default_factory=lambda: {
            "pending": "pending",
            "firing": "firing",
            "recovering": "recovering",
            "resolved": "resolved",
        }
    )

    lead_told: str = "banwatch told of this {duration} before {network} had it among its trends: “{trend}”."
    behind_told: str = "{network} had this among its trends {duration} before banwatch told of it: “{trend}”."
    behind_found: str = "{network} had this among its trends {duration} before banwatch found it: “{trend}”."
    lead_unknown: str = (
        "{network} has this among its trends, and nobody knows since when, so nobody knows who was first: “{trend}”."
    )

    operators: str = "For operators"
    acknowledge: str = "Acknowledge"
    acknowledge_help: str = "You have it in hand: nobody is told again until it is over or rises further."
    resolve: str = "Resolve"
    resolve_help: str = "It is over for everybody who was told of it."
    silence: str = "Silence"
    silence_help: str = "Such incidents are recorded, and nobody is told of them until the end of the silence."
    annotate: str = "Note"
    annotate_help: str = "A note stands beside the incident for everybody who looks at it."
    note: str = "What the others should know"
    note_empty: str = "Write a note first."
    silence_topic: str = "Topic, with those below it"
    silence_languages: str = "Only incidents of no other language than"
    silence_for: str = "For"
    silence_end: str = "End the silence"
    silence_lasts: str = "Silenced until {end} by {by}: {topic}."
    silence_only: str = "Only in {languages}."
    silence_hours: Mapping[str, str] = field(
        default_factory=lambda: {"1": "an hour", "8": "8 hours", "24": "a day", "168": "a week"}
    )
    written: str = "It is written."

    notes: str = "Notes"
    no_notes: str = "No note yet."

    export: str = "Evidence"
    export_note: str = (
        "A zip with the ids of the posts, a SHA-256 of each text, the counts per minute, the verdict, the SQL of each "
        "figure, and the versions of the rules. `banwatch verify FILE` checks it."
    )
    export_texts: str = "With the texts of the posts that are not deleted"
    export_button: str = "Make the zip"
    export_button_texts: str = "Make the zip with texts"
    export_missing: str = "Nothing can be exported from this page: whoever runs banwatch has not set that up."
