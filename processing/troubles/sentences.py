"""Troubles in words: the page and the alerts take them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from processing.contract import MEGABYTE
from processing.i18n import LANGUAGES, Plural, language, notation, translated
from processing.troubles.trouble import Area, Trouble, TroubleName

NAME = "trouble"
"""The first part of the names of these sentences."""


@dataclass(frozen=True)
class Sentences:
    """What is wrong, what to do about it, and that it is over."""

    said: Mapping[TroubleName, str] = field(
        default_factory=lambda: {
            TroubleName.FAILED: "The collector {name} has stopped.",
            TroubleName.AWAY: "The collector {name} has lost its network, and was last heard of {age} ago.",
            TroubleName.SILENT: "Nothing has come from the collector {name} for {age}.",
            TroubleName.REJECTS: "Of the records of {name} in the last hour, {count} were rejected: {share}.",
            TroubleName.LAG: "The counts are {age} behind the clock.",
            TroubleName.SCORES_BEHIND: "Surges have been looked for up to {age} before the newest count.",
            TroubleName.NO_SCORES: "Nobody has looked for surges yet.",
            TroubleName.WATCH_SILENT: "Nothing has been heard of the watch for {age}, so nobody looks for surges.",
            TroubleName.CHANNEL: "The channel {name} has been failing for {age}.",
            TroubleName.DISK: "Only {share} of the disk {name} is free.",
            TroubleName.BROKER: "The embedded broker holds {megabytes} MB and could not begin anew.",
        }
    )
    overdue: Plural = Plural(
        "{count} message has been waiting for {age} although it is due.",
        "{count} messages are due and have not been sent, the oldest for {age}.",
    )
    remedies: Mapping[TroubleName, str] = field(
        default_factory=lambda: {
            TroubleName.FAILED: "Change the settings that its report names, and start it again.",
            TroubleName.AWAY: "It tries again by itself. If this lasts, look whether this machine reaches the network.",
            TroubleName.SILENT: "Look whether its process runs and whether this machine reaches the network.",
            TroubleName.REJECTS: "Read the reasons on the page “Health”. The network may have changed its format.",
            TroubleName.LAG: "Look whether the workers run. If they do and the distance grows, start more of them.",
            TroubleName.SCORES_BEHIND: "The watch catches up by itself. If the distance grows, look whether its "
            "process runs.",
            TroubleName.NO_SCORES: "Look whether the process “watch” runs. After a start it takes a few minutes.",
            TroubleName.WATCH_SILENT: "Look whether the process “watch” runs, and start it again.",
            TroubleName.CHANNEL: "See the reason on the page “Alerts”.",
            TroubleName.OVERDUE: "Look whether the process “watch” runs: it tells the channels.",
            TroubleName.DISK: "Make room, or keep texts for a shorter time. When the disk is full, posts wait to be "
            "counted.",
            TroubleName.BROKER: "It is time for Apache Kafka: set BANWATCH_KAFKA_BOOTSTRAP.",
        }
    )
    over: Mapping[Area, str] = field(
        default_factory=lambda: {
            Area.SOURCE: "The collector {name} delivers again.",
            Area.REJECTED: "Few records of {name} are rejected now.",
            Area.LAG: "The counts are up to date.",
            Area.WATCH: "The watch is up to date.",
            Area.CHANNEL: "The channel {name} works again.",
            Area.QUEUE: "What is due has been sent.",
            Area.DISK: "The disk {name} has room again.",
            Area.BROKER: "The embedded broker no longer reports that it is too large.",
        }
    )


ENGLISH = Sentences()
_SENTENCES = {tag: translated(ENGLISH, language(tag), NAME) for tag in LANGUAGES}


def sentence(trouble: Trouble, tag: str = "en") -> str:
    """Return what is wrong. The blank `{name}` is left for the subject. `tag` is one of `LANGUAGES`."""
    sentences, locale = _SENTENCES[tag], language(tag).locale
    age = notation.duration(locale, timedelta(seconds=trouble.lasts))
    if trouble.name is TroubleName.OVERDUE:
        return sentences.overdue(trouble.count, age=age)
    return sentences.said[trouble.name].format(
        name="{name}",
        age=age,
        count=notation.number(locale, trouble.count),
        share=notation.percent(locale, trouble.value or 0),
        megabytes=notation.number(locale, (trouble.value or 0) // MEGABYTE),
    )


def remedy(trouble: Trouble, tag: str = "en") -> str:
    """Return what a person can do about it."""
    return _SENTENCES[tag].remedies[trouble.name]


def over(trouble: Trouble, tag: str = "en") -> str:
    """Return that it is over. The blank `{name}` is left for the subject."""
    return _SENTENCES[tag].over[trouble.area]
