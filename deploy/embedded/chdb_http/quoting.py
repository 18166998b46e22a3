"""The two ways in which text is written for the engine where it takes no bound parameter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import Code, EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def escaped(text: str) -> str:
    """A value as a query parameter carries it: blanks and backslashes escaped, as in TabSeparated."""
    return text.translate(_ESCAPES)


def literal(text: str) -> str:
    """A string literal."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def use_statement(database: str) -> str:
    """`USE`, with the name quoted."""
    quoted = database.replace("\\", "\\\\").replace("`", "\\`")
    return f"USE `{quoted}`"


def set_statement(settings: Mapping[str, str | None]) -> str:
    """One `SET` of several settings; None stands for the default.

    Raises:
        EngineError: for a name that cannot be one of a setting.
    """
    for name in settings:
        if not _PLAIN_NAME.fullmatch(name):
            raise EngineError(Code.UNKNOWN_SETTING, f"Unknown setting {literal(name)}.")
    values = (f"{name} = {'DEFAULT' if value is None else literal(value)}" for name, value in settings.items())
    return "SET " + ", ".join(values)
