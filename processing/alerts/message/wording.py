"""How a channel wants its messages: language, names, zone and addresses; and single values in this form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from urllib.parse import urlencode

from babel.dates import format_datetime

from processing.alerts.message.arabic import ARABIC
from processing.alerts.message.phrases import ENGLISH, Phrases
from processing.contract import EVERYTHING, Incident
from processing.i18n import language, language_names, notation
from processing.plain_text import isolated, plain, safe_link

CATALOGUES = {"en": ENGLISH, "ar": ARABIC}
LONGEST_NAME = 80
MOST_NAMES = 12


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The form of a channel's messages.

    `width` is the detector's bin. `topics` has the names of topics in the language, by id; a topic without one is named
    by its id. `public_url` is the dashboard's address; without it a message has no link to the page. `zone` is that of
    the times. With `charts`, a message has a PNG where the extra `charts` is installed.
    """

    width: timedelta
    language: Literal["en", "ar"] = "en"
    topics: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
    zone: tzinfo = UTC
    charts: bool = True

    @property
    def phrases(self) -> Phrases:
        """The sentences of the language."""
        return CATALOGUES[self.language]

    @property
    def minutes(self) -> str:
        """The detector's bin in minutes."""
        return self.number(self.width / timedelta(minutes=1))

    def number(self, value: float) -> str:
        """Return a number as the language writes it."""
        return notation.number(self.phrases.locale, value)

    def percent(self, share: float) -> str:
        """Return a share in per cent."""
        return notation.percent(self.phrases.locale, share)

    def duration(self, span: timedelta) -> str:
        """Return a length of time in its two largest units."""
        return notation.duration(self.phrases.locale, span)

    def moment(self, at: datetime) -> str:
        """Return a date and a clock time with their zone."""
        return with_zone(self.phrases, at.astimezone(self.zone), self.local_moment(at))

    def weekday(self, at: datetime) -> str:
        """Return a day of the week and a clock time, of which the reader knows the zone."""
        return format_datetime(at, self.phrases.weekday, tzinfo=self.zone, locale=self.phrases.locale)

    def clock(self, at: datetime) -> str:
        """Return a clock time with its zone."""
        return with_zone(self.phrases, at.astimezone(self.zone), self.local_clock(at))

    def local_moment(self, at: datetime) -> str:
        """Return a date and a clock time, of which the reader knows the zone."""
        return format_datetime(at, self.phrases.moment, tzinfo=self.zone, locale=self.phrases.locale)

    def local_clock(self, at: datetime) -> str:
        """Return a clock time, of which the reader knows the zone."""
        return format_datetime(at, self.phrases.clock, tzinfo=self.zone, locale=self.phrases.locale)

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Return whether two times lie on one day in the zone."""
        return one.astimezone(self.zone).date() == other.astimezone(self.zone).date()

    def foreign(self, text: str, longest: int = LONGEST_NAME) -> str:
        """Return what is not ours to word, such as a name or a post, for use inside a sentence."""
        return isolated(plain(text, longest), right_to_left=self.language == "ar")

    def topic(self, topic: str) -> str:
        """Return the name of a topic."""
        return self.phrases.every_topic if topic == EVERYTHING else self.foreign(self.topics.get(topic, topic))

    def spoken(self, tag: str) -> str:
        """Return the name of a language."""
        return self.foreign(language_names.language_name(language(self.language), tag))

    def listed(self, names: Sequence[str], most: int = MOST_NAMES) -> str:
        """Return the first names, and how many there are besides."""
        shown = self.phrases.separator.join(names[:most])
        more = len(names) - most
        return self.phrases.more.format(shown=shown, count=self.number(more)) if more > 0 else shown

    def page(self, incident: Incident) -> str:
        """Return the address of the incident on the dashboard; empty where there is no safe one.

        The dashboard's page "Incident" reads these parameters.
        """
        return self._address("incident", id=incident.id)

    def health_page(self) -> str:
        """Return the address of the dashboard's page "Health"; empty where there is no safe one."""
        return self._address("health")

    def _address(self, page: str, **about: str) -> str:
        base = self.public_url.rstrip("/")
        return (safe_link(f"{base}/{page}?{urlencode(about | {'ui': self.language})}") or "") if base else ""


def with_zone(phrases: Phrases, at: datetime, time: str) -> str:
    """Return a time, which was made of `at`, with the name of the zone of `at`."""
    name = at.tzname() or ""
    if name == "UTC":
        return phrases.utc.format(time=time)
    return phrases.zoned.format(time=time, zone=isolated(name, right_to_left=phrases.locale.language == "ar"))
