"""A rule as people write it: its table in the rules file."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import time, timedelta

from processing.alerts.rule_fields import QuietHours, span_text
from processing.alerts.rules import AlertRule


def rule_toml(rule: AlertRule) -> str:
    """Return the `[[rules]]` table of a rule, without the fields that are as if unset."""
    unset = AlertRule(name=rule.name, channels=rule.channels)
    values = {field.name: getattr(rule, field.name) for field in fields(rule)}
    written = {
        name: value for name, value in values.items() if name in {"name", "channels"} or value != getattr(unset, name)
    }
    return "\n".join(["[[rules]]", *(f"{name} = {_toml(value)}" for name, value in written.items()), ""])


def _toml(value: object) -> str:
    match value:
        case bool() | int() | float():
            return json.dumps(value)
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case QuietHours():
            return _toml(f"{value.start:%H:%M}-{value.end:%H:%M}")
        case time():
            return _toml(f"{value:%H:%M}")
        case timedelta():
            return _toml(span_text(value))
        case _:
            # A string of JSON is one of TOML, but that TOML wants U+007F escaped.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
