"""How long the text of posts is kept: a TTL that the engine applies by itself when it merges.

Only what a post says goes: text, address, links, hashtags, what it answers or repeats. The row stays as its place in
the conversation, with the author: a minute may be recounted at any time, for a late post, a delete or a new rule, and
comes out the same for good. Whoever wants authors gone stores them as keyed hashes and throws the key away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from processing.store.client import Store
from processing.store.schema import render
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
"""Beyond 2080: the engine takes no TTL that does not depend on the row."""


@dataclass(frozen=True)
class Retention:
    """Days from when a post was stored. None, and a source that is not named while `days` is None, keep for good."""

    days: int | None = None
    by_source: Mapping[str, int] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """As it is written down."""
        by_source = dict(sorted(self.by_source.items()))
        return msgspec.json.encode({"days": self.days, "by_source": by_source}).decode()

    @property
    def expires(self) -> str:
        """The moment a row's text goes, in ClickHouse's SQL. Names of sources have no character that needs escaping."""
        default = FOR_GOOD if self.days is None else f"stored_at + toIntervalDay({self.days:d})"
        if not self.by_source:
            return default
        cases = "".join(
            f"source = '{source}', stored_at + toIntervalDay({days:d}), "
            for source, days in sorted(self.by_source.items())
        )
        return f"multiIf({cases}{default})"

    def statements(self) -> list[str]:
        """What makes the engine keep to it."""
        return [
            f"ALTER TABLE post_versions MODIFY COLUMN {column} {kind} TTL {self.expires}"
            for column, kind in CONTENT.items()
        ]


def apply_retention(store: Store, retention: Retention) -> bool:
    """Make the store keep texts so long and no longer; whether that changed anything.

    A shorter time holds for what is stored already too. The engine empties texts as it merges, within hours.
    """
    applied = store.query("SELECT policy FROM retention WHERE of = 'text'")
    if applied == [(retention.policy,)] or (not applied and retention == Retention()):
        return False
    _enforce(store, retention)
    at = moment_of(take_version(store))
    store.insert("retention_versions", ["of", "policy", "at"], [["text"], [retention.policy], [at]])
    return True


def enforce_what_is_applied(store: Store) -> None:
    """Make the engine keep to what the store says is applied already: its rows were put into tables made anew."""
    for (policy,) in store.query("SELECT policy FROM retention WHERE of = 'text'"):
        _enforce(store, msgspec.json.decode(policy, type=Retention))


def _enforce(store: Store, retention: Retention) -> None:
    for statement in retention.statements():
        for rendered in render(statement, store.address.cluster):
            store.command(rendered)
