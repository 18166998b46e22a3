"""What a search found, and the sentences that tell how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.i18n import Words
from dashboard.views.posts.controls import Order
from processing.queries import PATIENCE, CountedTime, Matches, PostKey


@dataclass(frozen=True)
class Found:
    """The posts that can be paged through: either the hours that hold them, or their keys.

    `more` means that further posts match. `reached` is the moment back to which texts were read, None if all were.
    """

    listed: int
    order: Order = Order.NEWEST
    hours: Sequence[CountedTime] | None = None
    deleted: int = 0
    keys: Sequence[PostKey] = ()
    more: bool = False
    reached: datetime | None = None

    def sentences(self, words: Words) -> list[str]:
        """Return how many posts match, and what is left out."""
        said, count = words.posts_page, words.number(self.listed)
        if self.reached is not None:
            seconds = words.number(PATIENCE.total_seconds())
            return [said.stopped.format(count=count, seconds=seconds, reached=words.moment(self.reached))]
        if self.more:
            return [said.found_more.format(count=count)]
        if not self.listed and not self.deleted:
            return [said.nothing]
        sentence = said.found_shared if self.order is Order.SHARED else said.found
        gone = [said.deleted.format(count=words.number(self.deleted))] if self.deleted else []
        return [sentence.format(count=count), *gone]


def newest(hours: Sequence[CountedTime]) -> Found:
    """Return what the counts tell of a search without words."""
    return Found(sum(each.listed for each in hours), hours=hours, deleted=sum(each.deleted for each in hours))


def listed(matches: Matches, order: Order) -> Found:
    """Return what a search by words or by shares found."""
    return Found(len(matches.keys), order, keys=matches.keys, more=matches.more, reached=matches.reached)
