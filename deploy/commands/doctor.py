"""`banwatch doctor`: whether everything is as banwatch needs it, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from deploy.commands.options import show
from deploy.doctor.examination import examine
from deploy.doctor.finding import Status
from deploy.processes.alerting import utc_now
from deploy.terminal.doctor import section_lines, summary
from deploy.terminal.progress import printable


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Create missing topics, and correct theirs; nothing is reduced or deleted.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check settings, this machine, Kafka, ClickHouse, sources and alerts, and say what to do.

    Without --fix nothing is changed, and nobody is told anything. The status is 1 if there is an error.
    """
    sections = []
    for section in examine(utc_now, fix=fix):
        sections.append(section)
        if not json:
            print("\n".join(map(printable, section_lines(section))), flush=True)
    findings = [finding for section in sections for finding in section.findings]
    if json:
        show([msgspec.json.encode({"sections": sections}), b"\n"], page=False)
    else:
        print(f"\n{summary(findings)}")
    if any(finding.status is Status.ERROR for finding in findings):
        raise typer.Exit(1)
