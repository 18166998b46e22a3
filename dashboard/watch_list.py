"""The watch lists: each is a topic without a parent, the root, with the topics below it. A page shows one at a time.

A root is no list if none of its topics is watched: it never has an incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from processing.contract import EVERYTHING


@dataclass(frozen=True)
class Topic:
    """A topic of the taxonomy. `names` has at least `en`; `root` is the topmost topic above it, or itself."""

    names: Mapping[str, str]
    root: str
    watched: bool = True


@dataclass(frozen=True)
class WatchList:
    """One watch list. `topics` are the topics below the root, in the order of the taxonomy.

    `unwatched` are the topics that are not watched. They may hold more posts than the root, and are no part of a split.
    """

    root: str
    topics: tuple[str, ...] = ()
    unwatched: frozenset[str] = frozenset()

    @property
    def parts(self) -> tuple[str, ...]:
        """The watched topics below the root."""
        return tuple(each for each in self.topics if each not in self.unwatched)

    def of(self, topics: Iterable[str]) -> tuple[str, ...]:
        """Return those of these topics that belong to the list, the root among them."""
        return tuple(each for each in topics if each == self.root or each in self.topics)


EVERY_POST = WatchList(EVERYTHING)
"""What is shown where the taxonomy is not known: every post, on any subject."""


def watch_lists(topics: Mapping[str, Topic]) -> tuple[WatchList, ...]:
    """Return the watch lists of a taxonomy, in its order; there is at least one."""
    below: dict[str, list[str]] = {}
    for name, topic in topics.items():
        members = below.setdefault(topic.root, [])
        if name != topic.root:
            members.append(name)
    watched = {topic.root for topic in topics.values() if topic.watched}
    unwatched = frozenset(name for name, topic in topics.items() if not topic.watched)
    found = tuple(
        WatchList(root, tuple(members), unwatched.intersection(members))
        for root, members in below.items()
        if root in watched
    )
    return found or (EVERY_POST,)


def list_of(lists: Sequence[WatchList], topic: str) -> WatchList | None:
    """Return the watch list to which a topic belongs; None for a topic that the taxonomy does not have."""
    return next((each for each in lists if each.of((topic,))), None)


def names_in(topics: Mapping[str, Topic], language: str) -> dict[str, str]:
    """Return the names of the topics in a language. A topic without one is named in English."""
    return {name: topic.names.get(language) or topic.names.get("en") or name for name, topic in topics.items()}
