"""The table of a channel: fields that every channel has, and options of its kind, with the secrets of the setting."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from processing.alerts.faults import Fault, checked
from processing.alerts.notifiers import KINDS, options_of
from processing.alerts.rule_fields import nearest
from processing.alerts.rules import Channel
from processing.alerts.settings import ALERT_SECRETS, holds_secret


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no kind of channel {kind!r}{nearest(kind, KINDS)}")
    return kind


class _ChannelFields(BaseModel):
    """The fields of every channel. The other fields of its table are options of its kind."""

    kind: Annotated[str, AfterValidator(_known_kind)]
    language: Literal["en", "ar"] = "en"
    budget: Annotated[int, Field(strict=True, ge=1)] | None = None


def read_channel(
    name: str, table: dict[str, object], secrets: Mapping[str, SecretStr] | None, faults: list[Fault]
) -> Channel | None:
    """Return the channel of a table with its secrets, or None. Its faults are added to `faults`.

    Without `secrets` the channel has no options either, and only what is written in the table is checked.
    """
    key = ("channels", name)
    shared = {field: value for field, value in table.items() if field in _ChannelFields.model_fields}
    common = checked(_ChannelFields, shared, key, faults)
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    written = {field: value for field, value in table.items() if field not in shared}
    if secrets is None:
        faults += _faults_of_the_table(options_of(kind), key, written)
        options: BaseModel | None = options_of(kind).model_construct()
    else:
        options = channel_options(options_of(kind), key, written, secrets, faults)
    return Channel(name, kind, options, common.language, common.budget) if common and options else None


def channel_options(
    shape: type[BaseModel],
    key: tuple[str, str],
    written: dict[str, object],
    secrets: Mapping[str, SecretStr],
    faults: list[Fault],
) -> BaseModel | None:
    """Return the options of a channel from what is written in its table and from its secrets, or None.

    `key` leads to the table. The faults are added to `faults`, without a secret in any of them.
    """
    given = {field: value.get_secret_value() for field, value in secrets.items()}
    misplaced = {fault.key: fault for fault in _misplaced(shape, key, written, given)}
    found: list[Fault] = []
    options = checked(shape, written | given, key, found)
    private = [
        *given.values(),
        *(str(written[fault.key[2]]) for fault in misplaced.values() if fault.key[2] in written),
    ]
    faults += misplaced.values()
    for fault in found:
        if fault.key not in misplaced:
            inside = f"in {ALERT_SECRETS}, " if fault.key[2:3] and fault.key[2] in given else ""
            faults.append(Fault(fault.key, inside + _without(private, fault.message)))
    return options


def _faults_of_the_table(shape: type[BaseModel], key: tuple[str, str], written: dict[str, object]) -> Iterator[Fault]:
    """Yield the faults of what is written, and none that may be due to the secrets that are not known here."""
    found: list[Fault] = []
    channel_options(shape, key, written, {}, found)
    secret = {field for field, info in shape.model_fields.items() if holds_secret(info.annotation)}
    for fault in found:
        if (field := next(iter(fault.key[2:]), None)) is not None and (field in written or field not in secret):
            yield fault


def _misplaced(
    shape: type[BaseModel], key: tuple[str, str], written: Collection[str], given: Collection[str]
) -> Iterator[Fault]:
    """Yield a fault for each field that stands in the wrong place, in two places, or in none though it must."""
    for field, info in shape.model_fields.items():
        if field in written and holds_secret(info.annotation):
            yield Fault((*key, field), f"the value is secret and may stand only in {ALERT_SECRETS}")
        elif field in written and field in given:
            yield Fault((*key, field), f"the field stands in the file and in {ALERT_SECRETS}")
        elif info.is_required() and holds_secret(info.annotation) and field not in given:
            form = json.dumps({key[1]: {field: "..."}})
            yield Fault((*key, field), f"the secret is missing: set {ALERT_SECRETS} to JSON such as {form}")


def _without(secrets: Iterable[str], message: str) -> str:
    """Return the message without secrets, which the check of a kind may have put into it."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        message = message.replace(secret, "***")
    return message
