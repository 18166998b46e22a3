"""The sentences of the section "Who led" of the page "Incident"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LedWords:
    """The sentences of the section."""

    title: str = "Who led"
    follows: str = "{language} followed {leader} by {lag} ({low} to {high})"
    follows_too: str = "{language} by {lag} ({low} to {high})"
    sentence: str = "{languages}."
    undecided: str = "When these came cannot be decided: {languages}."
    chart_alt: str = "Posts about {topic} from {start} to {end}, a strip for each language, the one that led on top"
    strip: str = "{language}, +{lag}"
    behind: str = "Behind {language}"
    interval: str = "95% interval"
    between: str = "{low} to {high}"
    note: str = (
        "The lag is the shift at which the posts per minute of two languages, above what is usual of the hour, agree "
        "best in the first pulse. A language is named only if the two agree better than chance and the whole interval "
        "is on one side of zero. Each strip is as high as its own highest bin."
    )
