"""What rules would have told, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from processing.alerts.message import headline
from processing.alerts.truth import Score
from processing.rules_backtest import Message, RulesBacktest, digests


def rules_backtest_lines(found: RulesBacktest, score: Score | None) -> Iterator[str]:
    """Yield the messages in the order in which channels would have had them, and a summary."""
    sent = list(digests(found.messages))
    for together in sent:
        yield _line(together)
        if len(together) > 1:
            yield from (f"    {_what(each)}" for each in together)
    yield from (f"not told: {line}" for line in _held_back(found))
    channels = len({each.channel for each in found.messages})
    sent_to = f"{_number(len(sent), 'message')} to {_number(channels, 'channel')}"
    a_week = len(sent) / ((found.end - found.start) / timedelta(weeks=1))
    yield f"{sent_to} from {_moment(found.start)} to {_moment(found.end)}: {a_week:.2f} a week."
    if score is not None:
        yield from score_lines(score)


def score_lines(score: Score) -> Iterator[str]:
    """Yield how well the messages tell of what really happened."""
    told, events = _number(score.incidents, "incident"), _number(score.events, "event")
    yield f"{told} told, {score.alerts_a_week:.2f} a week; {events} in the truth."
    yield f"precision {_share(score.precision)}, recall {_share(score.recall)}"
    if score.median_delay is not None and score.longest_delay is not None:
        yield f"told after {_minutes(score.median_delay)} in the median, {_minutes(score.longest_delay)} at most"


def _line(together: Sequence[Message]) -> str:
    first = together[0]
    what = _what(first) if len(together) == 1 else f"digest of {len(together)}"
    return f"{_moment(first.due)} {first.channel}: {what}"


def _what(message: Message) -> str:
    about = message.conversation if message.incident is None else headline(message.incident)
    grown = f" ({', '.join(message.growth)})" if message.growth else ""
    return f"{message.step}{grown}: {about} [rule {message.rule}]"


def _held_back(found: RulesBacktest) -> Iterator[str]:
    """What never came to be told, each conversation and channel once with its last reason."""
    for (conversation, channel), reason in found.untold().items():
        yield f"{conversation}{f' at {channel}' if channel else ''}: {reason}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _share(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _minutes(span: timedelta) -> str:
    return f"{span / timedelta(minutes=1):.0f} min"
