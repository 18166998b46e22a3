"""Lasting deletions: of a post, of all posts of an author, or of all posts of a source.

A deletion first writes its tombstone, and then blanks the posts that it finds. A writer of posts looks for tombstones
after its write (`redact_deleted`). Two workers may do both at once. If the write came before the deletion looked for
posts, the deletion finds the post. Otherwise the write came after the tombstone, and the writer finds the tombstone.
Neither needs to know of the other.

A deletion notes its posts in `erasures` before it blanks them. If it is interrupted between blanking and recounting,
its repetition finds nothing to blank, and recounts the noted minutes. The notes also tell `processing.store.purge`
where older versions with a text remain on the disk.
"""

from __future__ import annotations

from collections import UserString
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from ingest.contract import Post
from ingest.event_time import CLOCK_SKEW, event_time
from processing.store.client import Store
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.statements import portions, sql
from processing.store.versions import moment_of, next_version, overtaken, take_version

DELETION = 1
"""The number added to the version of a blanked post: above the post and its redeliveries, below a later edit.

The writer of an edit that arrives after the deletion blanks the edit. If the edit's version were below, a merge could
remove the edit before the post has taken its tags.
"""

NAMES_AT_ONCE = 60
"""The most names in one statement. A name may have 512 characters of four bytes, and ClickHouse reads at most 128 KiB
of a value."""

MINUTES_AT_ONCE = 2_500
"""The most minutes in one statement, which reads all of their posts."""

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

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
    """The posts of one source to delete: posts by id, posts of authors up to a time each, or all posts up to a time."""

    source: str
    ids: Sequence[str] = ()
    authors: Mapping[str, datetime] = field(default_factory=dict)
    all_until: datetime | None = None

    def reaching(self, at: datetime) -> DeletionTarget:
        """Return the same target, with the times of authors and of the whole source raised to at least `at`."""
        return replace(
            self,
            authors={name: max(until, at) for name, until in self.authors.items()},
            all_until=self.all_until and max(self.all_until, at),
        )

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of the statements."""
        return {
            "source": self.source,
            "ids": list(self.ids),
            "authors": list(self.authors),
            "times": [milliseconds(until) for until in self.authors.values()],
            "all_until": milliseconds(self.all_until) if self.all_until else 0,
        }


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def as_array(moments: Iterable[datetime]) -> UserString:
    """Return moments, in whole seconds, as ClickHouse writes an `Array(DateTime)`.

    The driver writes a list down item by item, and a `str` character by character. It sends any other object's text as
    it is, which takes a tenth of the time.
    """
    return UserString(str([int(moment.timestamp()) for moment in moments]))


def delete_posts(store: Store, deletions: Sequence[Post], names: AuthorNames = PLAIN) -> set[datetime]:
    """Blank the posts that the deletions name, for good, and return the minutes to recount.

    The buckets keep their counts.
    """
    touched: set[datetime] = set()
    in_order = sorted(deletions, key=lambda deletion: deletion.source)
    for source, all_of_it in groupby(in_order, key=lambda deletion: deletion.source):
        for some in portions(all_of_it, NAMES_AT_ONCE):
            touched |= delete(store, named_by(source, some, names))
    return touched


def named_by(source: str, deletions: Sequence[Post], names: AuthorNames = PLAIN) -> DeletionTarget:
    """Return the target of these deletions of one source."""
    authors: dict[str, datetime] = {}
    for each in deletions:
        if each.op == "delete_author" and each.author:
            at = event_time(each).at
            authors |= {name: max(at, authors.get(name, at)) for name in names.every(source, each.author)}
    return DeletionTarget(source, [each.id for each in deletions if each.op == "delete"], authors)


def delete(store: Store, named: DeletionTarget) -> set[datetime]:
    """Blank the target's posts for good, and return the minutes to recount.

    They include the minutes of an earlier deletion that was interrupted.
    """
    write_tombstones(store, named)
    parameters = named.parameters
    found = {minute for (minute,) in store.query(FIND_NAMED, parameters)}
    _blank(store, parameters, found)
    return found | {minute for (minute,) in store.query(OWED_MINUTES, parameters)}


def write_tombstones(store: Store, named: DeletionTarget) -> None:
    """Write the tombstones of a target."""
    # A tombstone dated by a clock that is far behind would miss posts that were stored before.
    store.command(ENTOMB, named.parameters | {"now": moment_of(next_version(store).version)})


def posts_named(store: Store, named: DeletionTarget) -> int:
    """Return the number of stored posts that the target would blank."""
    [(posts,)] = store.query(COUNT_NAMED, named.parameters)
    return int(posts)


def redact_deleted(store: Store, minutes: set[datetime]) -> None:
    """Blank the posts of these minutes that tombstones name. Call this after every write of posts.

    The caller recounts the minutes anyway.
    """
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        parameters = {"minutes": as_array(some), "since": milliseconds(some[0] - CLOCK_SKEW)}
        [(tombstones,)] = store.query(TOMBSTONES_EXIST, parameters)
        gone = sorted(store.query(TOMBSTONES_OF, parameters)) if tombstones else []
        for source, posts in groupby(gone, key=lambda row: str(row[0])):
            for ids in portions((str(name) for _, name in posts), NAMES_AT_ONCE):
                _blank(store, DeletionTarget(source, ids).parameters, set(some))


def blank_everything_gone(store: Store) -> set[datetime]:
    """Blank all posts that tombstones name, and return the minutes to recount.

    The function is for posts and tombstones that did not come through the pipeline. It reads the whole table.
    """
    minutes = {minute for (minute,) in store.query(MINUTES_WITH_THE_GONE)}
    redact_deleted(store, minutes)
    return minutes


def _blank(store: Store, parameters: Mapping[str, object], minutes: set[datetime]) -> None:
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        touching = {**parameters, "minutes": as_array(some)}
        noted = _note(store, touching)
        store.command(BLANK, touching | {"deletion": DELETION})
        if overtaken(store, noted):
            # A purge may have passed the note before the note was visible, so the posts are noted again.
            _note(store, touching)


def _note(store: Store, touching: Mapping[str, object]) -> int:
    version = take_version(store)
    store.command(NOTE_ERASURES, {**touching, "at": moment_of(version)})
    return version
