"""What rules would have sent, as the dashboard is lent it: a rehearsed watch, and the rules with one of them tuned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from dashboard.rules_backtest import (
    Backtest,
    BacktestIncident,
    BacktestMessage,
    MessagePart,
    Rehearsal,
    TunedRule,
)
from processing import rules_backtest
from processing.alerts.rule_toml import rule_toml
from processing.alerts.rules import AlertRule, RuleBook
from processing.detection.policy import DetectorPolicy
from processing.incidents.people import people_in
from processing.queries import Reader
from processing.rules_backtest import RulesBacktest, digests
from processing.tagging.topics import Taxonomy


@dataclass(frozen=True)
class LentBacktests:
    """`dashboard.rules_backtest.Backtests`. `book` gives the last valid rules, None before the first."""

    book: Callable[[], RuleBook | None]
    taxonomy: Callable[[], Taxonomy]
    policy: DetectorPolicy

    def rehearse(
        self, reader: Reader, start: datetime, end: datetime, reached: Callable[[datetime], None]
    ) -> Rehearsal:
        """Watch stored posts again."""
        roots = self.taxonomy().roots
        return rules_backtest.rehearsal(reader, self.policy, roots, start=start, end=end, terms=False, reached=reached)

    def told(self, rehearsal: Rehearsal, tuned: TunedRule | None) -> Backtest:
        """Return what the last valid rules would have sent, one of them tuned."""
        rehearsed, book = cast(rules_backtest.Rehearsal, rehearsal), self.book()
        incidents = tuple(BacktestIncident(each, round(people_in(each))) for each in rehearsed.incidents)
        if book is None:
            return Backtest(rehearsed.start, rehearsed.end, (), incidents, {})
        rules = tuple(each if tuned is None else with_values(each, tuned) for each in book.rules)
        found = rules_backtest.told_by(replace(book, rules=rules), rehearsed, self.taxonomy().ancestors)
        return Backtest(rehearsed.start, rehearsed.end, _messages(found), incidents, _untold(found))

    def toml(self, tuned: TunedRule) -> str:
        """Return the table of a tuned rule in the form of the rules file."""
        book = self.book()
        return "".join(
            rule_toml(with_values(each, tuned)) for each in (book.rules if book else ()) if each.name == tuned.rule
        )


def with_values(rule: AlertRule, tuned: TunedRule) -> AlertRule:
    """Return a rule with the values of a tuned one, if that is the same rule."""
    if rule.name != tuned.rule:
        return rule
    return replace(
        rule,
        severity=tuned.severity,
        posts=tuned.posts,
        people=tuned.people,
        ratio=tuned.ratio,
        verdicts=tuned.verdicts,
    )


def _messages(found: RulesBacktest) -> tuple[BacktestMessage, ...]:
    return tuple(
        BacktestMessage(
            together[0].due,
            together[0].channel,
            tuple(MessagePart(each.conversation, each.step, each.rule) for each in together),
        )
        for together in digests(found.messages)
    )


def _untold(found: RulesBacktest) -> dict[str, str]:
    told = {each.conversation for each in found.messages}
    return {conversation: reason for (conversation, _), reason in found.untold().items() if conversation not in told}
