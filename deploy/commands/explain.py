"""`banwatch explain`: why an incident is one."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from deploy.commands.options import settings
from deploy.commands.store import TextFormat
from deploy.explained import explanation_lines
from deploy.pager import show
from deploy.screen import printable
from deploy.store_at_hand import store_at_hand
from processing import queries
from processing.contract import EVERYTHING


class NoSuchIncident(Exception):
    """There is no incident of that name."""


def explain(
    incident: Annotated[str, typer.Argument(help="Its id, as `banwatch spikes` prints it.")],
    language: Annotated[str, typer.Option(help="One of its languages, BCP 47; `*` is all.")] = EVERYTHING,
    format: Annotated[TextFormat, typer.Option(help="`text` or `json`; JSON has the SQL of every figure.")] = (  # noqa: A002
        TextFormat.TEXT
    ),
) -> None:
    """Say what drives an incident: verdict, terms, first and most shared posts, links, languages, who speaks."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        found = queries.incident(store, incident)
        if found is None:
            raise NoSuchIncident(f"There is no incident {incident!r}. `banwatch spikes` prints those that there are.")
        now = queries.scored_until(store) or found.detected_at
        explained = queries.explanation(store, found, now, language=language)
    if format is TextFormat.JSON:
        show([msgspec.json.encode(explained), b"\n"], page=False)
    else:
        print(printable("\n".join(explanation_lines(explained, settings().processing.bin_width))))
