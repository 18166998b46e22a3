"""`banwatch explain`: this command explains why an incident was found and what drives it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from deploy.commands.options import TextFormat, settings, show
from deploy.local_store import store_at_hand
from deploy.terminal.explanation import explanation_lines
from deploy.terminal.progress import printable
from ingest.errors import Failure
from processing import explanation, queries
from processing.contract import EVERYTHING
from processing.explanation import Explanation


class NoSuchIncident(Failure):
    """The store has no incident with that id."""


def explain(
    incident: Annotated[str, typer.Argument(help="Its id, as `banwatch spikes` prints it.")],
    language: Annotated[str, typer.Option(help="One of its languages, BCP 47; `*` is all.")] = EVERYTHING,
    format: Annotated[  # noqa: A002
        TextFormat, typer.Option(help="`text` or `json`; JSON has the SQL of every figure, `paste` to be pasted.")
    ] = TextFormat.TEXT,
) -> None:
    """Print what drives an incident: verdict, terms, first and most shared posts, links, languages and authors.

    In JSON, every figure has its query: `paste` is the text for `banwatch sql`, `sql` is the same text with
    placeholders, and `parameters` holds the placeholders' values.
    """
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        found = queries.incident(store, incident)
        if found is None:
            raise NoSuchIncident(f"There is no incident {incident!r}. `banwatch spikes` prints those that there are.")
        now = queries.scored_until(store) or found.detected_at
        explained = explanation.explain(store, found, now, language=language)
    _require_language(explained)
    if format is TextFormat.JSON:
        show([msgspec.json.encode(explained), b"\n"], page=False)
    else:
        print(printable("\n".join(explanation_lines(explained, settings().processing.bin_width))))


def _require_language(explained: Explanation) -> None:
    """Raise an error for a language without posts in the incident, because the explanation would be empty."""
    incident, language = explained.incident, explained.language
    spoken = (EVERYTHING, *incident.languages, *(doubt.language for doubt in incident.doubted))
    [who] = explained.concentration.rows
    if language not in spoken and not who.posts:
        raise typer.BadParameter(f"{language!r} is no language of {incident.id}. There are: {', '.join(spoken)}.")
