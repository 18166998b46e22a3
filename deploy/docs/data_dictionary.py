"""This module writes docs/data-dictionary.md from the schema: `python -m deploy.docs.data_dictionary`."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from dashboard.i18n import ENGLISH
from dashboard.services import DescribedColumn, DescribedView
from deploy.docs.example_queries import QUESTIONS
from deploy.local_store import store_at_hand
from deploy.settings import load
from deploy.writer import writer
from processing.queries.reader import Reader
from processing.store.client import Store
from processing.store.migrate import migrate

Views = Mapping[str, tuple[str, str]]
"""View name -> its comment and its query."""

_DECLARED = re.compile(r"`(\w+)` ((?:(?! COMMENT ').)+) COMMENT '((?:[^'\\]|\\.)*)'")
"""A column in the statement that creates a view: its name, its type and its comment."""

STABLE = ("posts", "counts", "spikes", "incidents")
HEAD = """# Data dictionary

Made of the column comments by `python -m deploy.docs.data_dictionary`; a test holds it to that.

Write SQL against the views. `posts`, `counts`, `spikes` and `incidents` are stable: their columns keep their names and
meaning from release to release, and new ones are added behind. The others serve the dashboard and may change. The
tables behind the views keep every version of a row: counting in them counts twice.

All times are UTC. `*` as a topic is everything that the sources delivered; `*` as a language of a spike is all
languages together.

An incident stays `open` for twelve hours after its `end`, in which a new spike would still belong to it; to ask
whether one lasts, look for an `end` that is NULL.
"""
ASKING = """## Worked questions

Each can be pasted into `banwatch sql`, or kept in a file for `banwatch sql --file`.
"""
_VIEWS = """
SELECT name, comment, as_select, create_table_query FROM system.tables
WHERE database = currentDatabase() AND engine = 'View' ORDER BY name
"""
_COLUMNS = """
SELECT table, name, type, comment FROM system.columns
WHERE database = currentDatabase() ORDER BY table, position
"""


def described(store: Reader) -> tuple[DescribedView, ...]:
    """Return the views of the database that `store` is connected to, the stable ones first.

    A view has no column comments, so they come from the tables that the view reads. The engine lists no columns of a
    view with parameters, so they come from the statement that creates the view.
    """
    rows = [tuple(str(each) for each in row) for row in store.query(_VIEWS)]
    views = {name: (comment, query) for name, comment, query, _ in rows}
    columns = [tuple(str(each) for each in row) for row in store.query(_COLUMNS)]
    listed = {table for table, *_ in columns}
    columns += [
        (name, *(part.replace("\\'", "'") for part in column))
        for name, _, _, created in rows
        if name not in listed
        for column in _DECLARED.findall(created)
    ]
    rest = [name for name in views if name not in STABLE]
    return tuple(_described(name, views, columns) for name in (*STABLE, *rest) if name in views)


def _described(name: str, views: Views, columns: Sequence[Sequence[str]]) -> DescribedView:
    comment, _ = views[name]
    sources = _read_by(name, views)
    said = {column: text for table, column, _, text in columns if table in sources and text}
    own = (
        DescribedColumn(column, kind, text or said.get(column, ""))
        for table, column, kind, text in columns
        if table == name
    )
    return DescribedView(name, f"{comment[:1].upper()}{comment[1:]}.", name in STABLE, tuple(own))


def _read_by(name: str, views: Views) -> set[str]:
    """Return the tables and views that a view reads, directly or through other views."""
    _, query = views[name]
    named = set(re.findall(r"\b(?:FROM|JOIN)\s+(?:\w+\.)?(\w+)", query))
    return named.union(*(_read_by(each, views) for each in named if each in views))


def dictionary(store: Reader) -> str:
    """Return the whole page for the database that `store` is connected to."""
    lines = [HEAD, "## The stable views\n"]
    views = described(store)
    for view in views:
        if not view.stable and "## Other views\n" not in lines:
            lines.append("## Other views\n")
        lines += _view(view)
    return "\n".join([*lines, ASKING, *_questions()])


def _view(view: DescribedView) -> Iterator[str]:
    """Yield the Markdown of one view."""
    yield f"### `{view.name}`\n\n{view.text}\n"
    yield "| column | type | what it holds |\n| --- | --- | --- |"
    for column in view.columns:
        yield f"| `{column.name}` | `{column.type}` | {column.text} |"
    yield ""


def _questions() -> Iterator[str]:
    for question in QUESTIONS:
        yield f"### {ENGLISH.sql_page.question(question.name)}\n\n```sql\n{question.sql}\n```\n"


def main() -> None:
    """Create the schema in a temporary embedded store and print the page."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"BANWATCH_DATA_DIR": folder, "BANWATCH_CLICKHOUSE_URL": f"http://127.0.0.1:{port}"}
        with store_at_hand(load(os.environ), create=True) as own:
            migrate(writer(own))
            with Store(writer(own)) as store:
                sys.stdout.write(dictionary(store))


if __name__ == "__main__":
    main()
