"""`banwatch alerts check`: whether a rules file is valid, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import settings
from deploy.terminal.alert_rules import rule_book_lines
from deploy.terminal.progress import printable
from processing.alerts.rules_file import RulesError, load_rules
from processing.tagging.topics import load_taxonomy


def check(path: Annotated[Path | None, typer.Argument(help="A rules file; else the one in use.")] = None) -> None:
    """Read the rules of alerts and say in sentences what they do, or what is wrong with them."""
    own = settings()
    topics = [topic.id for topic in load_taxonomy(*own.topics_files).topics]
    try:
        book = load_rules(path or own.alerts_file, own.alerts.alert_secrets, topics)
    except RulesError as error:
        print("\n".join(map(printable, error.sentences)), file=sys.stderr)
        raise typer.Exit(error.exit_status) from error
    print("\n".join(map(printable, rule_book_lines(book))))
