"""The rules of alerts as the dashboard is lent them: read without the secrets of channels, which it never has."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.alert_rules import Channel, Rule, Rules
from processing.alerts.rules import AlertRule, RuleBook, RuleSubject
from processing.alerts.rules_file import RulesError, load_rules


@dataclass
class LentRules:
    """Reads the rules file again whenever it or the taxonomy has changed. `topics` gives the ids of the taxonomy."""

    path: Path
    topics: Callable[[], Collection[str]]
    _valid: RuleBook | None = None
    _read: tuple[object, Rules] | None = None

    def __call__(self) -> Rules:
        """Return the last valid rules, with the faults of the file as it is now."""
        topics = frozenset(self.topics())
        stamp = self._stamp(), topics
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, self._now(topics)
        return self._read[1]

    def book(self) -> RuleBook | None:
        """Return the last valid rules as alerts have them, without secrets; None if there were none."""
        self()
        return self._valid

    def _stamp(self) -> object:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _now(self, topics: Collection[str]) -> Rules:
        faults: tuple[str, ...] = ()
        try:
            self._valid = load_rules(self.path, None, topics)
        except RulesError as error:
            faults = error.sentences
        return Rules(faults=faults) if self._valid is None else replace(lent(self._valid), faults=faults)


def lent(book: RuleBook) -> Rules:
    """Return what the page shows of a rule book."""
    return Rules(
        tuple(Channel(each.name, each.kind, each.language, each.budget) for each in book.channels.values()),
        tuple(map(_rule, book.rules)),
        book.zone.key,
        book.report_failures_to,
    )


def _rule(rule: AlertRule) -> Rule:
    return Rule(
        name=rule.name,
        channels=rule.channels,
        itself=rule.about is RuleSubject.BANWATCH,
        topic=rule.topic,
        languages=rule.languages,
        sources=rule.sources,
        severity=rule.severity,
        posts=rule.posts,
        people=rule.people,
        ratio=rule.ratio,
        verdicts=rule.verdicts,
        lasting=rule.lasting,
        no_data=rule.no_data,
        quiet=None if rule.quiet is None else (rule.quiet.start, rule.quiet.end),
        repeat=rule.repeat,
        digest=rule.digest,
        hold_critical=rule.hold_critical,
    )
