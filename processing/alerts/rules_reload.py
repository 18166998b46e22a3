"""Reloading of a rules file that people edit while banwatch watches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from processing.alerts.rules import RuleBook
from processing.alerts.rules_file import Secrets, load_rules
from processing.reload import Refreshed, ReloadingFiles


class ReloadingRules:
    """The rules at a path, in their last valid version. `topics` gives the ids of the taxonomy as its files are now.

    Those are `topics_files`. Rules that name a topic that is not there yet are in use once it is.

    Raises:
        RulesError: the file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(
        self,
        path: Path,
        secrets: Secrets,
        topics: Callable[[], Collection[str]],
        topics_files: Sequence[Path] = (),
    ) -> None:
        paths = (path, *topics_files)
        self._file = ReloadingFiles(paths, lambda: load_rules(path, secrets, topics()), _kept, _replaced)

    @property
    def rules(self) -> RuleBook:
        """The rules in use. They are another object after `refresh` returns `REPLACED`."""
        return self._file.content

    def refresh(self) -> Refreshed:
        """Read the rules again if they or the taxonomy have changed. A check is a `stat` of each file."""
        return self._file.refresh()


def _kept(book: RuleBook) -> str:
    return f"The rules {book.version} stay in use."


def _replaced(before: RuleBook, now: RuleBook) -> str:
    return f"The rules {now.version}, with {len(now.rules)} rules, replace {before.version}."
