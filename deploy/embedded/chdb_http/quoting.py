"""Quoting of text for the engine, in the places that accept no bound parameter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import Code, EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def escaped(text: str) -> str:
    """Return the text in the form of a query parameter: tabs, line breaks and backslashes are escaped."""
    return text.translate(_ESCAPES)


def literal(text: str) -> str:
    """Return a string literal."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def use_statement(database: str) -> str:
    """Return a `USE` statement with the database's name quoted."""
    quoted = database.replace("\\", "\\\\").replace("`", "\\`")
    return f"USE `{quoted}`"


def set_statement(settings: Mapping[str, str | None]) -> str:
    """Return one `SET` statement for several settings. None stands for a setting's default.

    Raises:
        EngineError: a name cannot be the name of a setting.
    """
    for name in settings:
        if not _PLAIN_NAME.fullmatch(name):
            raise EngineError(Code.UNKNOWN_SETTING, f"Unknown setting {literal(name)}.")
    values = (f"{name} = {'DEFAULT' if value is None else literal(value)}" for name, value in settings.items())
    return "SET " + ", ".join(values)
