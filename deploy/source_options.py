"""The live sources as the command sees them: their settings by name, described and loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from deploy.settings import SettingsError
from ingest.source import LiveSource, SourceSettings
from ingest.sources import SOURCES


def variable(name: str, field: str) -> str:
    """The environment variable of a source's setting."""
    return str(SOURCES[name].settings.model_config.get("env_prefix", "")) + field.upper()


def option(field: str) -> str:
    """The option of `banwatch ingest NAME` for a setting."""
    return "--" + field.replace("_", "-")


def default_of(field: FieldInfo) -> str:
    """What holds where nothing is set, for people to read."""
    match field.get_default(call_default_factory=True, validated_data={}):
        case SecretStr() | None | "" | ():
            return "none"
        case timedelta() as duration:
            return f"{duration.total_seconds():g} s"
        case bool() as flag:
            return str(flag).lower()
        case tuple() as words:
            return ", ".join(map(str, words))
        case value:
            return str(value)


def source_settings(name: str, given: Mapping[str, str] | None = None) -> SourceSettings:
    """A source's settings: what is given, else the environment's, else the defaults.

    Raises:
        SettingsError: naming the setting and what is wrong with it.
    """
    fields: dict[str, Any] = dict(given or {})
    try:
        return SOURCES[name].settings(**fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        what = f"{variable(name, field)} ({option(field)})" if field else f"The settings of {name}"
        raise SettingsError(f"{what} cannot be used: {first['msg'].removeprefix('Value error, ')}.") from error


def live_source(name: str, settings: SourceSettings) -> LiveSource:
    """The source itself, not connected yet.

    Raises:
        Misconfigured: something that it needs is not set.
    """
    return SOURCES[name].source(settings, lambda: datetime.now(UTC))


def sources_for_up() -> tuple[str, ...]:
    """What `banwatch up` starts unasked: the sources that need nothing, and those whose needs are set.

    Raises:
        SettingsError
    """
    return tuple(name for name in SOURCES if source_settings(name).starts_with_up)
