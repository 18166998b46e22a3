"""The settings of the live sources: their environment variables, their command-line options, and their values."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from deploy.settings import SettingsError, fault
from ingest.source import LiveSource, SourceSettings
from ingest.sources import SOURCES
from processing.tagging.topics import SourceWords, TaxonomyError


class SourceSettingsError(SettingsError):
    """Settings of a source are invalid. `sentences` has one sentence for each fault; the message is the first."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(self.sentences[0])


METAVARS: dict[object, str] = {
    bool: "true|false",
    float: "NUMBER",
    int: "NUMBER",
    Path: "PATH",
    SecretStr: "SECRET",
    timedelta: "SECONDS",
}


_ADDRESSES = frozenset({"base_urls", "feeds", "instances"})
"""Settings that say where posts come from. A taxonomy, which may be of somebody else, does not decide this."""


def variable(name: str, field: str) -> str:
    """Return the environment variable of a source's setting."""
    return str(SOURCES[name].settings.model_config.get("env_prefix", "")) + field.upper()


def option(field: str) -> str:
    """Return the command-line option of `banwatch ingest NAME` for a setting."""
    return "--" + field.replace("_", "-")


def parameters(name: str) -> list[inspect.Parameter]:
    """Return the options of `banwatch ingest NAME` as parameters of a function, from which typer reads them."""
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
    """Return the default of a setting as text for a person."""
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


def source_settings(
    name: str, given: Mapping[str, str] | None = None, taxonomy: Sequence[SourceWords] = ()
) -> SourceSettings:
    """Return a source's settings. A value in `given` overrides the environment, which overrides the taxonomy.

    Raises:
        SourceSettingsError: settings are invalid. The message names the first of them and the fault.
        TaxonomyError: the taxonomy gives the source a setting that it does not have, or that is no list of words.
    """
    fields: dict[str, Any] = dict(given or {})
    try:
        settings = SOURCES[name].settings(**fields)
        words = {key: value for key, value in _words(name, taxonomy).items() if key not in settings.model_fields_set}
        return SOURCES[name].settings(**fields | words) if words else settings
    except ValidationError as error:
        raise SourceSettingsError(_sentences(name, error)) from error


def check_words(taxonomy: Sequence[SourceWords]) -> None:
    """Check that the taxonomy gives words only to sources and settings that exist, and that take words.

    Raises:
        TaxonomyError: one does not exist, or it is no list of words.
    """
    for each in taxonomy:
        where = f"{each.place}: sources.{each.source}.{each.setting}"
        if each.source not in SOURCES:
            raise TaxonomyError(f"{where}: there is no source {each.source!r}. There are: {', '.join(SOURCES)}.")
        fields = SOURCES[each.source].settings.model_fields
        lists = [key for key, field in fields.items() if typing.get_origin(field.annotation) is tuple]
        takes = ", ".join(key for key in lists if key not in _ADDRESSES) or "none"
        if each.setting in _ADDRESSES or each.setting not in lists:
            raise TaxonomyError(f"{where}: no taxonomy can set this; the lists that it can set of the source: {takes}.")


def _words(name: str, taxonomy: Sequence[SourceWords]) -> dict[str, tuple[str, ...]]:
    """Return what the files of the taxonomy give to a source, by the name of the setting."""
    own = [each for each in taxonomy if each.source == name]
    check_words(own)
    words: dict[str, tuple[str, ...]] = {}
    for each in own:
        words[each.setting] = tuple(dict.fromkeys((*words.get(each.setting, ()), *each.words)))
    return words


def _sentences(name: str, error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_input=False, include_url=False):
        field = str(each["loc"][0]) if each["loc"] else ""
        what = f"{variable(name, field)} ({option(field)})" if field else f"The settings of {name}"
        yield f"{what} cannot be used: {fault(each['msg'])}"


def live_source(name: str, settings: SourceSettings) -> LiveSource:
    """Return the source, not connected yet.

    Raises:
        Misconfigured: a required setting is missing.
    """
    return SOURCES[name].source(settings, lambda: datetime.now(UTC))


def sources_for_up() -> tuple[str, ...]:
    """Return the sources that `banwatch up` starts by default.

    They are the sources that need no setting, and the sources whose settings are set.

    Raises:
        SettingsError: a setting of a source is invalid.
    """
    return tuple(name for name in SOURCES if source_settings(name).starts_with_up)
