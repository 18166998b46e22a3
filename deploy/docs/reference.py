"""This module writes docs/reference.md from the code: `python -m deploy.docs.reference > docs/reference.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import typer.main
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

from deploy.cli import app
from deploy.settings import PREFIX, STAGES
from deploy.source_options import default_of, variable
from ingest.sources import SOURCES

HEAD = """# Reference

Made of the code by `python -m deploy.docs.reference`; a test holds it to that.

## Commands

A failure that is understood is one sentence on standard error and status 1; status 2 says that what was asked for
cannot be done as it was asked. `tag` and `detect` end with status 1 when they left out lines, and tell each by its
number.
"""

SETTINGS = """
## Settings

Environment variables. An unknown name that begins with `BANWATCH_` is refused. Durations are seconds or ISO 8601.

| name | default | what it is |
| --- | --- | --- |"""


def reference() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([HEAD, *commands(typer.main.get_command(app), "banwatch"), SETTINGS, *settings(), ""])


def commands(command: Any, name: str) -> Iterator[str]:
    """Yield the Markdown of a command and of its subcommands."""
    if not isinstance(command, TyperGroup):
        yield f"### `{name}`\n\n{command.help}\n"
        yield from (f"- `{_usage(each)}`: {each.help}" for each in command.params if _shown(each))
        yield ""
        return
    context = typer.Context(command)
    for below in command.list_commands(context):
        yield from commands(command.get_command(context, below), f"{name} {below}")


def _shown(parameter: Any) -> bool:
    return bool(getattr(parameter, "help", None)) and not getattr(parameter, "hidden", False)


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    flags = ", ".join(parameter.opts)
    return flags if parameter.is_flag else f"{flags} VALUE"


def settings() -> Iterator[str]:
    """Yield one table row for each setting of the stages, then for each setting of the live sources.

    A setting that several stages read has one row.
    """
    fields: dict[str, FieldInfo] = {}
    for stage in STAGES:
        for name, field in stage.model_fields.items():
            fields.setdefault(name, field)
    for name, field in sorted(fields.items()):
        yield f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
    for source, kind in SOURCES.items():
        for name, field in kind.settings.model_fields.items():
            yield f"| `{variable(source, name)}` | {default_of(field)} | {source}: {field.description} |"


def _default(field: FieldInfo) -> str:
    match field.default:
        case SecretStr():
            return "none"
        case timedelta() as duration:
            return f"{duration.total_seconds():g} s"
        case None | ():
            return "none"
        case _ if field.default_factory is not None:
            return "the user's data folder"
        case value:
            return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
