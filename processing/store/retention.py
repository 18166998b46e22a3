"""Retention of texts: a TTL that the engine applies when it merges.

Only the contents of a post expire: text, address, links, hashtags, and references to other posts. The row stays, with
the author. A minute can therefore be recounted at any time, for a late post, a deletion or a new rule, and its count
does not change. A user who wants authors removed stores them as keyed hashes and discards the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from processing.store.client import Store
from processing.store.versions import moment_of, take_version

CONTENT = {
    "text": "String",
    "url": "String",
    "links": "Array(String)",
    "hashtags": "Array(String)",
    "reply_to": "String",
    "repost_of": "String",
}

FOR_GOOD = "stored_at + toIntervalDay(20000)"
"""About 55 years after storage, which means "for good". The engine accepts no TTL that does not depend on the row."""


@dataclass(frozen=True)
class Retention:
    """The days for which texts are kept after they are stored. None means for good.

    `by_source` holds the days of single sources; `days` applies to all other sources.
    """

    days: int | None = None
    by_source: Mapping[str, int] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """The policy as JSON, for the record in the store."""
        by_source = dict(sorted(self.by_source.items()))
        return msgspec.json.encode({"days": self.days, "by_source": by_source}).decode()

    @property
    def expires(self) -> str:
        """The expiry time of a row's text, in ClickHouse's SQL.

        Names of sources contain no character that needs escaping.
        """
        default = FOR_GOOD if self.days is None else f"stored_at + toIntervalDay({self.days:d})"
        if not self.by_source:
            return default
        cases = "".join(
            f"source = '{source}', stored_at + toIntervalDay({days:d}), "
            for source, days in sorted(self.by_source.items())
        )
        return f"multiIf({cases}{default})"

    def statements(self) -> list[str]:
        """Return the statements that set the TTL."""
        return [
            f"ALTER TABLE post_versions MODIFY COLUMN {column} {kind} TTL {self.expires}"
            for column, kind in CONTENT.items()
        ]


def apply_retention(store: Store, retention: Retention) -> bool:
    """Make the store keep texts for this time, and return whether anything changed.

    A shorter time also applies to stored texts. The engine empties expired texts when it merges, within hours.
    """
    applied = store.query("SELECT policy FROM retention WHERE of = 'text'")
    if applied == [(retention.policy,)] or (not applied and retention == Retention()):
        return False
    _enforce(store, retention)
    at = moment_of(take_version(store))
    store.insert("retention_versions", ["of", "policy", "at"], [["text"], [retention.policy], [at]])
    return True


def enforce_what_is_applied(store: Store) -> None:
    """Set the TTL that the store records as applied, because a restore has put its rows into new tables."""
    for (policy,) in store.query("SELECT policy FROM retention WHERE of = 'text'"):
        _enforce(store, msgspec.json.decode(policy, type=Retention))


def _enforce(store: Store, retention: Retention) -> None:
    for statement in retention.statements():
        store.command(statement)
