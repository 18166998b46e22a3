"""The settings of the live sources by name: described, made into options of the command, and loaded."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from deploy.settings import SettingsError
from ingest.source import LiveSource, SourceSettings
from ingest.sources import SOURCES

METAVARS: dict[object, str] = {
    bool: "true|false",
    float: "NUMBER",
    int: "NUMBER",
    Path: "PATH",
    SecretStr: "SECRET",
    timedelta: "SECONDS",
}


def variable(name: str, field: str) -> str:
    """The environment variable of a source's setting."""
    return str(SOURCES[name].settings.model_config.get("env_prefix", "")) + field.upper()


def option(field: str) -> str:
    """The option of `banwatch ingest NAME` for a setting."""
    return "--" + field.replace("_", "-")


def parameters(name: str) -> list[inspect.Parameter]:
    """The options of `banwatch ingest NAME`, as typer reads them from a function's signature."""
    return [_parameter(name, field, info) for field, info in SOURCES[name].settings.model_fields.items()]


def _parameter(name: str, field: str, info: FieldInfo) -> inspect.Parameter:
    shown = typer.Option(
        option(field),
        help=f"{info.description}.",
        envvar=variable(name, field),
        metavar=_metavar(info.annotation),
        show_default=default_of(info),
    )
    annotation = Annotated[str | None, shown]
    return inspect.Parameter(field, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None)


def _metavar(annotation: Any) -> str:
    if typing.get_origin(annotation) is tuple:
        return "A,B,..."
    plain = next((each for each in typing.get_args(annotation) if each in METAVARS), annotation)
    return METAVARS.get(plain, "TEXT")


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
