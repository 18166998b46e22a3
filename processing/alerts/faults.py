"""The faults of a file that people write, as pydantic finds them, in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from processing.alerts.rule_fields import nearest
from processing.toml_text import Key, TomlText

_Shape = TypeVar("_Shape")


@dataclass(frozen=True)
class Fault:
    """A fault, and the key of the value that has it."""

    key: Key
    message: str


def checked(shape: type[_Shape], values: Mapping[str, object], key: Key, faults: list[Fault]) -> _Shape | None:
    """Return the values in their shape, or None. The faults are added to `faults`; `key` leads to the values."""
    try:
        return TypeAdapter(shape).validate_python(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults.extend(
            Fault((*key, *_place(each, values)), _message(each, shape)) for each in found if not _follows(each)
        )
        return None


def sentence(document: TomlText, fault: Fault) -> str:
    """Return the fault with the file, the line and the field."""
    at = document.offset(fault.key)
    line = f", line {document.line(at)}" if at >= 0 else ""
    names = [str(part) for part in fault.key if isinstance(part, str)]
    inner = names[1:] if fault.key[:1] == ("rules",) else names[2:]
    field = ".".join(inner or names)
    stop = "" if fault.message.endswith(("?", ".")) else "."
    return f"{document.name}{line}{f', field {field}' if field else ''}: {fault.message}{stop}"


def _place(error: Any, values: object) -> Key:
    """Return the keys to the value, without what pydantic adds to them: marks of names, and types of a union."""
    place: Key = ()
    for part in error["loc"]:
        if isinstance(values, dict) and part != "[key]":
            place, values = (*place, part), values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            place, values = (*place, part), values[part]
    return place


def _follows(error: Any) -> bool:
    """Return whether a list is called too short only because its items have faults of their own."""
    return error["type"] == "too_short" and bool(error["input"])


def _message(error: Any, shape: type[object]) -> str:
    match error["type"]:
        case "missing":
            return "this field is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return f"there is no such field{nearest(str(error['loc'][-1]), _field_names(shape))}"
        case "enum" | "literal_error":
            choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            return f"{error['input']!r} is not one of {', '.join(choices)}{nearest(str(error['input']), choices)}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "tuple_type" | "list_type":
            return "the value is not a list"
        case "dict_type":
            return "the value is not a table"
        case "too_short":
            return "the list is empty"
        case "string_pattern_mismatch":
            return f"the value does not have the form {error['ctx']['pattern']}"
        case _:
            return str(error["msg"]).replace("Input should", "the value should", 1)


def _field_names(shape: type[object]) -> list[str]:
    if issubclass(shape, BaseModel):
        return list(shape.model_fields)
    return [field.name for field in fields(shape)] if is_dataclass(shape) else []
