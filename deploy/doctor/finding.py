"""A finding: what was checked, how it is, and what to do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """How bad a finding is. An `ERROR` stops banwatch or a part of it; a `WARNING` may do so later."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked. `what` names it in a few words, `said` and `remedy` are sentences."""

    status: Status
    what: str
    said: str
    remedy: str = ""


class Section(msgspec.Struct, frozen=True):
    """The findings of one subject."""

    subject: str
    findings: tuple[Finding, ...]


def ok(what: str, said: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(Status.OK, what, said)


def warning(what: str, said: str, remedy: str = "") -> Finding:
    """Return a finding that may stop something later. Without a remedy, `said` has it."""
    return Finding(Status.WARNING, what, said, remedy)


def error(what: str, said: str, remedy: str = "") -> Finding:
    """Return a finding that stops banwatch or a part of it. Without a remedy, `said` has it."""
    return Finding(Status.ERROR, what, said, remedy)


def counted(number: int, noun: str) -> str:
    """Return a number of things in words, such as `1 host` or `3 hosts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
