"""How the rules stand to an incident at each channel: whether they match, or would match with more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from processing.alerts.reasons import Match
from processing.alerts.rules import AlertRule, IncidentFacts, Route, RuleBook, routes
from processing.contract import VerdictName


@dataclass(frozen=True)
class Matched:
    """How the rules stand to an incident at a channel. `route` is None where no rule names the channel for it."""

    match: Match
    route: Route | None = None


def matches(book: RuleBook, facts: IncidentFacts, ancestors: Mapping[str, frozenset[str]]) -> dict[str, Matched]:
    """Return the channels that a rule names for an incident, or would name if it went on, or if people had made it."""
    found: dict[str, Matched] = {}
    for match, supposed in _suppositions(facts):
        for route in routes(book, supposed, ancestors):
            found.setdefault(route.channel.name, Matched(match, route))
    return found


def _suppositions(facts: IncidentFacts) -> Iterator[tuple[Match, IncidentFacts]]:
    yield Match.MATCHES, facts
    lasting = replace(facts, lasted=timedelta.max)
    yield Match.LASTING, lasting
    for verdict in VerdictName:
        yield Match.VERDICT, replace(lasting, verdict=verdict)


def without_rule(book: RuleBook, channel: str) -> Matched:
    """Return how things stand at a channel that no rule names for an incident."""
    return Matched(Match.NONE if channel in book.channels else Match.GONE)


def route_to(book: RuleBook, matched: Route | None, channel: str, rule: str) -> Route:
    """Return the route of a message: by the rule that matches, else by the rule that named the channel before.

    A rule that the file does not have any more holds nothing back.
    """
    if matched is not None:
        return matched
    own = next((each for each in book.rules if each.name == rule), AlertRule(name=rule, channels=(channel,)))
    return Route(book.channels[channel], own)
