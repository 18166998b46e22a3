"""The engine's own reading of a query: what kind it is, and the functions and tables that it names.

`EXPLAIN AST` writes one line a node, indented by depth, with parameters put in. A name that holds a line break can
add lines and hide none, so a rule that refuses by what it finds cannot be talked out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.embedded.warehouse.errors import engine_error

if TYPE_CHECKING:
    from typing import Self

_LINE = re.compile(r"^( *)(Function|TableIdentifier|Identifier|Literal) (.*?)(?: \(alias .*| \(children \d+\))?$")


@dataclass(frozen=True)
class Node:
    """A function, an identifier or a literal: its name, and the line above it that it belongs to."""

    kind: str
    name: str
    parent: str


@dataclass(frozen=True)
class Syntax:
    """The first line of the tree, such as `SelectWithUnionQuery`, and what the rest names."""

    statement: str
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, connection: Any, text: str, parameters: Mapping[str, str]) -> Self:
        """Let the engine read a query without running it.

        Raises:
            EngineError: as the engine says of a query that it cannot read.
        """
        try:
            answer = connection.query(f"EXPLAIN AST {text}", "TabSeparatedRaw", params=dict(parameters))
        except RuntimeError as error:
            raise engine_error(error) from error
        lines = answer.bytes().decode("utf-8", "replace").split("\n")
        return cls(lines[0].partition(" (children")[0].strip(), tuple(_nodes(lines)))


def _nodes(lines: list[str]) -> Iterator[Node]:
    above: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        del above[depth:]
        above += [""] * (depth - len(above))
        if match := _LINE.match(line):
            yield Node(match[2], match[3], _owner(above))
        above.append(line.strip().partition(" (")[0])


def _owner(above: list[str]) -> str:
    """The nearest node above that is more than a list."""
    return next((each for each in reversed(above) if each and each != "ExpressionList"), "")
