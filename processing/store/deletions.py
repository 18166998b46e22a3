"""Deletes that last: of a post, or of all that an author wrote.

A deletion writes its tombstone first and blanks the posts it finds behind that. Whoever writes posts looks for
tombstones behind the write (`blank_the_gone`). Two workers may do both at once: either the write came before the
deletion looked for posts, and the deletion finds it; or it came after, hence after the tombstone, and the writer
finds that. Neither needs to know of the other.

What a deletion touches is noted in `erasures` before it is blanked. A deletion that was cut off between blanking
and recounting finds nothing to blank when it comes again, and recounts the minutes that it noted. The notes also
tell `processing.store.purge` where older versions with a text still lie on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from itertools import groupby, islice
from typing import TypeVar

from ingest.contract import Post
from processing.event_time import AHEAD, EARLIEST, Impossible, event_time
from processing.store.client import Store

DELETION = 2**62
"""Added to a deletion's version, so that it wins over every edit and every redelivery."""

NAMES_AT_ONCE = 200
"""Names may have 512 characters and travel in the address of a request."""

MINUTES_AT_ONCE = 1_000

Item = TypeVar("Item")


def sql(name: str) -> str:
    """A statement of `processing/store/sql`."""
    return resources.files("processing.store").joinpath("sql", f"{name}.sql").read_text("utf-8")


ENTOMB = sql("entomb")
FIND_NAMED = sql("find_named")
NOTE_ERASURES = sql("note_erasures")
OWED_MINUTES = sql("owed_minutes")
BLANK = sql("blank")
TOMBSTONES_EXIST = sql("tombstones_exist")
TOMBSTONES_OF = sql("tombstones_of")


@dataclass(frozen=True)
class Named:
    """What is to go, of one source: posts by id, and authors each up to a time."""

    source: str
    ids: Sequence[str] = ()
    authors: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, object]:
        """For the statements."""
        return {
            "source": self.source,
            "ids": list(self.ids),
            "authors": list(self.authors),
            "times": [milliseconds(until) for until in self.authors.values()],
        }


def milliseconds(moment: datetime) -> int:
    """Since the epoch."""
    return int(moment.timestamp() * 1000)


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in order, at most `size` at once."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion


def deleted_at(deletion: Post) -> datetime:
    """When it was deleted in its network."""
    try:
        return event_time(deletion).at
    except Impossible:
        return EARLIEST


def delete_posts(store: Store, deletions: Sequence[Post]) -> set[datetime]:
    """Blank what deletions name, for good, and return the minutes to recount. The buckets keep their counts."""
    touched: set[datetime] = set()
    in_order = sorted(deletions, key=lambda deletion: deletion.source)
    for source, all_of_it in groupby(in_order, key=lambda deletion: deletion.source):
        for some in portions(all_of_it, NAMES_AT_ONCE):
            entomb(store, source, some)
            touched |= erase(store, _named(source, some))
    return touched


def _named(source: str, deletions: Sequence[Post]) -> Named:
    authors: dict[str, datetime] = {}
    for each in deletions:
        if each.op == "delete_author" and each.author:
            authors[each.author] = max(deleted_at(each), authors.get(each.author, EARLIEST))
    return Named(source, [each.id for each in deletions if each.op == "delete"], authors)


def entomb(store: Store, source: str, deletions: Sequence[Post]) -> None:
    """Write down that these are gone."""
    posts = [(each.id, deleted_at(each)) for each in deletions if each.op == "delete"]
    authors = [(each.author, deleted_at(each)) for each in deletions if each.op == "delete_author" and each.author]
    for kind, gone in (("post", posts), ("author", authors)):
        if gone:
            names = [name for name, _ in gone]
            times = [milliseconds(at) for _, at in gone]
            store.command(ENTOMB, {"kind": kind, "source": source, "names": names, "times": times})


def erase(store: Store, named: Named) -> set[datetime]:
    """Blank the posts that are named and return the minutes to recount, those of an earlier, cut-off try too."""
    parameters = named.parameters
    found = {minute for (minute,) in store.query(FIND_NAMED, parameters)}
    _blank(store, parameters, found)
    return found | {minute for (minute,) in store.query(OWED_MINUTES, parameters)}


def blank_the_gone(store: Store, minutes: set[datetime]) -> None:
    """Blank what tombstones name among the posts of these minutes: to be called behind every write of posts.

    The caller recounts the minutes anyway.
    """
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        parameters = {"minutes": some, "since": milliseconds(some[0] - AHEAD)}
        [(tombstones,)] = store.query(TOMBSTONES_EXIST, parameters)
        gone = sorted(store.query(TOMBSTONES_OF, parameters)) if tombstones else []
        for source, posts in groupby(gone, key=lambda row: str(row[0])):
            for ids in portions((str(name) for _, name in posts), NAMES_AT_ONCE):
                _blank(store, Named(source, ids).parameters, set(some))


def _blank(store: Store, parameters: Mapping[str, object], minutes: set[datetime]) -> None:
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        touching = {**parameters, "minutes": some}
        store.command(NOTE_ERASURES, touching)
        store.command(BLANK, touching | {"deletion": DELETION})
