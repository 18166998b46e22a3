"""Deletes that last: of a post, of all that an author wrote, of all that a source gave.

A deletion writes its tombstone first and blanks the posts it finds behind that. Whoever writes posts looks for
tombstones behind the write (`redact_deleted`). Two workers may do both at once: either the write came before the
deletion looked for posts, and the deletion finds it; or it came after, hence after the tombstone, and the writer
finds that. Neither needs to know of the other.

What a deletion touches is noted in `erasures` before it is blanked. A deletion that was cut off between blanking
and recounting finds nothing to blank when it comes again, and recounts the minutes that it noted. The notes also
tell `processing.store.purge` where older versions with a text still lie on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from ingest.contract import Post
from ingest.event_time import CLOCK_SKEW, event_time
from processing.store.client import Store
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.statements import portions, sql
from processing.store.versions import moment_of, next_version, overtaken, take_version

DELETION = 1
"""Added to the version that is blanked: above it and its redeliveries, below a later edit.

An edit that comes behind the deletion is blanked by its own writer. Were it below, a merge could take it away before
it has lent the post its tags.
"""

NAMES_AT_ONCE = 200
"""Names may have 512 characters and travel in the address of a request."""

MINUTES_AT_ONCE = 2_500
"""They travel in the address of a request, too: 35 kB of it."""

ENTOMB = sql("entomb")
FIND_NAMED = sql("find_named")
NOTE_ERASURES = sql("note_erasures")
COUNT_NAMED = sql("count_named")
OWED_MINUTES = sql("owed_minutes")
BLANK = sql("blank")
MINUTES_WITH_THE_GONE = sql("minutes_with_the_gone")
TOMBSTONES_EXIST = sql("tombstones_exist")
TOMBSTONES_OF = sql("tombstones_of")


@dataclass(frozen=True)
class DeletionTarget:
    """What is to go, of one source: posts by id, authors by stored name each up to a time, or all up to a time."""

    source: str
    ids: Sequence[str] = ()
    authors: Mapping[str, datetime] = field(default_factory=dict)
    all_until: datetime | None = None

    def reaching(self, at: datetime) -> DeletionTarget:
        """The same, and of authors and of a whole source all up to `at` at least."""
        return replace(
            self,
            authors={name: max(until, at) for name, until in self.authors.items()},
            all_until=self.all_until and max(self.all_until, at),
        )

    @property
    def parameters(self) -> dict[str, object]:
        """For the statements."""
        return {
            "source": self.source,
            "ids": list(self.ids),
            "authors": list(self.authors),
            "times": [milliseconds(until) for until in self.authors.values()],
            "all_until": milliseconds(self.all_until) if self.all_until else 0,
        }


def milliseconds(moment: datetime) -> int:
    """Since the epoch."""
    return int(moment.timestamp() * 1000)


def seconds(moments: Iterable[datetime]) -> list[int]:
    """Since the epoch: a `DateTime` to the store, and bound several times as fast as a datetime."""
    return [int(moment.timestamp()) for moment in moments]


def delete_posts(store: Store, deletions: Sequence[Post], names: AuthorNames = PLAIN) -> set[datetime]:
    """Blank what deletions name, for good, and return the minutes to recount. The buckets keep their counts."""
    touched: set[datetime] = set()
    in_order = sorted(deletions, key=lambda deletion: deletion.source)
    for source, all_of_it in groupby(in_order, key=lambda deletion: deletion.source):
        for some in portions(all_of_it, NAMES_AT_ONCE):
            touched |= delete(store, named_by(source, some, names))
    return touched


def named_by(source: str, deletions: Sequence[Post], names: AuthorNames = PLAIN) -> DeletionTarget:
    """What these deletions of one source name."""
    authors: dict[str, datetime] = {}
    for each in deletions:
        if each.op == "delete_author" and each.author:
            at = event_time(each).at
            authors |= {name: max(at, authors.get(name, at)) for name in names.every(source, each.author)}
    return DeletionTarget(source, [each.id for each in deletions if each.op == "delete"], authors)


def delete(store: Store, named: DeletionTarget) -> set[datetime]:
    """Blank what is named, for good, and return the minutes to recount, those of an earlier, cut-off try too."""
    write_tombstones(store, named)
    parameters = named.parameters
    found = {minute for (minute,) in store.query(FIND_NAMED, parameters)}
    _blank(store, parameters, found)
    return found | {minute for (minute,) in store.query(OWED_MINUTES, parameters)}


def write_tombstones(store: Store, named: DeletionTarget) -> None:
    """Write down that these are gone."""
    # A tombstone that a clock far behind has dated would miss posts of the days that were stored before.
    store.command(ENTOMB, named.parameters | {"now": moment_of(next_version(store).version)})


def posts_named(store: Store, named: DeletionTarget) -> int:
    """How many posts there are that would be blanked."""
    [(posts,)] = store.query(COUNT_NAMED, named.parameters)
    return int(posts)


def redact_deleted(store: Store, minutes: set[datetime]) -> None:
    """Blank what tombstones name among the posts of these minutes: to be called behind every write of posts.

    The caller recounts the minutes anyway.
    """
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        parameters = {"minutes": seconds(some), "since": milliseconds(some[0] - CLOCK_SKEW)}
        [(tombstones,)] = store.query(TOMBSTONES_EXIST, parameters)
        gone = sorted(store.query(TOMBSTONES_OF, parameters)) if tombstones else []
        for source, posts in groupby(gone, key=lambda row: str(row[0])):
            for ids in portions((str(name) for _, name in posts), NAMES_AT_ONCE):
                _blank(store, DeletionTarget(source, ids).parameters, set(some))


def blank_everything_gone(store: Store) -> set[datetime]:
    """Blank what tombstones name among all posts, and return the minutes to recount.

    For posts and tombstones that did not come by the pipeline; reads the whole table.
    """
    minutes = {minute for (minute,) in store.query(MINUTES_WITH_THE_GONE)}
    redact_deleted(store, minutes)
    return minutes


def _blank(store: Store, parameters: Mapping[str, object], minutes: set[datetime]) -> None:
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        touching = {**parameters, "minutes": seconds(some)}
        noted = _note(store, touching)
        store.command(BLANK, touching | {"deletion": DELETION})
        if overtaken(store, noted):
            # A purge may have gone past the note before it could be seen. What it has left is noted above it.
            _note(store, touching)


def _note(store: Store, touching: Mapping[str, object]) -> int:
    version = take_version(store)
    store.command(NOTE_ERASURES, {**touching, "at": moment_of(version)})
    return version
