"""The rules file: its channels and rules, and a sentence with the line and the field of each fault.

The values of secret fields stand in the setting `BANWATCH_ALERT_SECRETS` and nowhere else, by the name of the channel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingest.errors import Failure
from processing.alerts.channel_tables import read_channel
from processing.alerts.faults import Fault, checked, sentence
from processing.alerts.rule_fields import Name, ZoneField, nearest
from processing.alerts.rules import AlertRule, RuleBook, RuleSubject
from processing.alerts.settings import ALERT_SECRETS
from processing.toml_text import Key, NotToml, TomlText

FIELDS_OF_ONE = {
    RuleSubject.BANWATCH.value: frozenset(
        {"topic", "languages", "severity", "posts", "people", "ratio", "verdicts", "lasting", "no_data"}
    ),
    RuleSubject.SURGES.value: frozenset({"hold_critical"}),
}
"""The fields that a rule must not have, by what it is about."""

Secrets = Mapping[str, Mapping[str, SecretStr]]
"""The secret fields of each channel."""


class RulesError(Failure, ValueError):
    """The rules file is invalid. `sentences` has one sentence for each fault, in the order of the file."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences))


def load_rules(path: Path, secrets: Secrets | None, topics: Collection[str]) -> RuleBook:
    """Return the rules in a file. `topics` are the ids of the taxonomy.

    Without `secrets` the rules are for reading only: their channels have no options, and tell nobody.

    Raises:
        RulesError: the file cannot be read, or it is invalid.
    """
    try:
        document = TomlText.read(path, "the rules file")
    except NotToml as error:
        raise RulesError([str(error)]) from error
    return read_rules(document, secrets, topics)


def read_rules(document: TomlText, secrets: Secrets | None, topics: Collection[str]) -> RuleBook:
    """Return the rules in the text of a rules file; see `load_rules`.

    Raises:
        RulesError: the file is invalid.
    """
    faults: list[Fault] = []
    whole = checked(_RulesFile, document.values, (), faults)
    channel_tables = _tables(_items(document.values.get("channels")))
    rule_tables = _tables(_items(document.values.get("rules")))
    channels = {
        name: read_channel(name, table, None if secrets is None else secrets.get(name, {}), faults)
        for name, table in channel_tables.items()
    }
    rules = [checked(AlertRule, table, ("rules", index), faults) for index, table in rule_tables.items()]
    known = _Known(frozenset(channel_tables), frozenset(topics))
    faults += [*_wrong_names(document.values, rule_tables, known), *_wrong_secrets(secrets or {}, known)]
    faults += _misplaced(rule_tables)
    if faults or whole is None:
        placed = sorted(faults, key=lambda fault: document.offset(fault.key))
        raise RulesError(dict.fromkeys(sentence(document, fault) for fault in placed))
    return RuleBook(
        version=document.version,
        zone=whole.zone,
        channels={name: channel for name, channel in channels.items() if channel},
        rules=tuple(rule for rule in rules if rule),
        report_failures_to=whole.report_failures_to,
    )


@dataclass(frozen=True)
class _Known:
    """The names that rules may use."""

    channels: frozenset[str]
    topics: frozenset[str]


class _RulesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channels: dict[Name, dict[str, object]]
    rules: Annotated[list[dict[str, object]], Field(min_length=1)]
    zone: ZoneField = ZoneInfo("UTC")
    report_failures_to: str = ""


def _items(given: object) -> Iterable[tuple[Any, object]]:
    """Return the pairs of a table, or of an array with its indexes."""
    return given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()


def _tables(items: Iterable[tuple[Any, object]]) -> dict[Any, dict[str, object]]:
    """Return the items that are tables; `_RulesFile` reports the others."""
    return {key: table for key, table in items if isinstance(table, dict)}


def _wrong_names(
    values: Mapping[str, object], rules: Mapping[int, Mapping[str, object]], known: _Known
) -> Iterator[Fault]:
    """Yield a fault for each channel or topic that does not exist, and for each second rule of a name.

    The names are taken from the tables, so that they are checked in a rule that has another fault too.
    """
    yield from _wrong_channels(values.get("report_failures_to") or [], ("report_failures_to",), known)
    seen: set[str] = set()
    for index, table in rules.items():
        yield from _wrong_channels(table.get("channels"), ("rules", index, "channels"), known)
        for topic in _texts(table.get("topic")):
            if topic not in known.topics:
                yield Fault(
                    ("rules", index, "topic"), f"the taxonomy has no topic {topic!r}{nearest(topic, known.topics)}"
                )
        for name in _texts(table.get("name")):
            if name in seen:
                yield Fault(("rules", index, "name"), f"there is an earlier rule with the name {name!r}")
            seen.add(name)


def _misplaced(rules: Mapping[int, Mapping[str, object]]) -> Iterator[Fault]:
    """Yield a fault for each field that says nothing of what its rule is about."""
    for index, table in rules.items():
        about = table.get("about", RuleSubject.SURGES)
        for field in table.keys() & FIELDS_OF_ONE.get(str(about), frozenset()):
            yield Fault(("rules", index, field), f"a rule about {about} has no such field")


def _wrong_channels(given: object, key: Key, known: _Known) -> Iterator[Fault]:
    for channel in _texts(given):
        if channel not in known.channels:
            yield Fault(key, f"there is no channel {channel!r}{nearest(channel, known.channels)}")


def _wrong_secrets(secrets: Collection[str], known: _Known) -> Iterator[Fault]:
    for channel in secrets:
        if channel not in known.channels:
            wrong = f"{ALERT_SECRETS} names the channel {channel!r}, which is not in the file"
            yield Fault((), wrong + nearest(channel, known.channels))


def _texts(given: object) -> list[str]:
    """Return the texts in a value; `checked` reports what is of another type."""
    return [text for text in (given if isinstance(given, list) else [given]) if isinstance(text, str)]
