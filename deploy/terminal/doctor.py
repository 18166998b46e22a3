"""The findings of `banwatch doctor` as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy.doctor.finding import Finding, Section, Status, counted

TITLES = {
    "settings": "Settings",
    "machine": "This machine",
    "kafka": "Kafka",
    "clickhouse": "ClickHouse",
    "sources": "Sources",
    "alerts": "Alerts",
}

_WIDEST = max(map(len, Status))


def section_lines(section: Section) -> Iterator[str]:
    """Yield the subject, and one line for each finding."""
    yield TITLES[section.subject]
    yield from map(_line, section.findings)


def _line(finding: Finding) -> str:
    said = " ".join(f"{finding.said} {finding.remedy}".split())
    return f"  {finding.status:{_WIDEST}}  {finding.what}: {said}"


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings ask for something."""
    found = [finding.status for finding in findings]
    errors, warnings = found.count(Status.ERROR), found.count(Status.WARNING)
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}."
