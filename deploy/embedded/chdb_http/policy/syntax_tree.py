"""The engine's own syntax tree of a query, which keeps literals, aliases, names and children apart.

A node is an object with a `type`; what else it has are scalars, other nodes and lists of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec

from deploy.embedded.chdb_http.errors import Code, EngineError, engine_error
from deploy.embedded.chdb_http.quoting import escaped

Node: TypeAlias = dict[str, Any]

# The tree and, beside it, whether the engine writes the same query from the tree as from the text: what a tree left
# out could not be judged. Brackets are not compared: the tree needs none, and drops those around `WHERE (a = 1)`.
_PARSE = """
    SELECT parseQueryToJSON({query:String}) AS tree,
           translate(formatQueryFromJSON(tree), '()', '') = translate(formatQuerySingleLine({query:String}), '()', '')
               AS whole
"""
_OF_THE_PARSING = ": In scope SELECT parseQueryToJSON("
_NO_TREE = "does not support JSON serialization"


class NoTree(Exception):
    """The engine reads the statement and has no tree for its kind."""


class Position(NamedTuple):
    """Where a node stands: under which key of its owner, and at which number there.

    A list of expressions has no place of its own: what it holds belongs to the node that holds the list.
    """

    node: Node
    key: str
    number: int
    owner: Node


def parse(connection: Any, text: str) -> Node:
    """Let the engine read one query without running it. The tree has at most 50,000 nodes, at most 1,000 deep.

    Raises:
        NoTree: the statement is of a kind that the engine writes no tree of.
        EngineError: as the engine says of a query that it cannot read.
    """
    try:
        answer = connection.query(_PARSE, "JSONCompactEachRow", params={"query": escaped(text)})
    except (RuntimeError, UnicodeDecodeError) as error:
        if _NO_TREE in str(error):
            raise NoTree from error
        raise _refusal(error) from error
    if not (row := answer.bytes()):
        raise EngineError(Code.QUERY_WAS_CANCELLED, "The query was ended while it was judged")
    tree, whole = msgspec.json.decode(row.decode("utf-8", "replace"))
    if not whole:
        raise EngineError(Code.ACCESS_DENIED, "reader: Not enough privileges: the engine's tree leaves out a part.")
    try:
        decoded: Node = msgspec.json.decode(tree)
    except RecursionError as error:
        raise EngineError(Code.TOO_DEEP_RECURSION, "The query is nested too deeply") from error
    return decoded


def require_readable(connection: Any, text: str) -> None:
    """Let the engine say what is wrong with a query, in less than half the time that `parse` takes to say it.

    Raises:
        EngineError: as the engine says of a query that it cannot read.
    """
    try:
        connection.query("SELECT parseQueryToJSON({query:String})", "Null", params={"query": escaped(text)})
    except (RuntimeError, UnicodeDecodeError) as error:
        if _NO_TREE not in str(error):
            raise _refusal(error) from error


def _refusal(error: Exception) -> EngineError:
    """What the engine says of the query, without the query that reads it."""
    found = engine_error(error)
    return EngineError(found.code, found.message.partition(_OF_THE_PARSING)[0], found.name)


def walk(tree: Node) -> Iterator[Position]:
    """Every node with its place, an owner before what it holds. A literal and the options of EXPLAIN hold no node."""
    waiting = [Position(tree, "", 0, {})]
    while waiting:
        place = waiting.pop()
        yield place
        options = place.key == "settings" and place.owner.get("type") == "ExplainQuery"
        if place.node.get("type") != "Literal" and not options:
            waiting.extend(_held(place))


def _held(place: Position) -> Iterator[Position]:
    is_list = place.node.get("type") == "ExpressionList"
    for key, value in place.node.items():
        nodes = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        for number, each in enumerate(nodes):
            if isinstance(each, dict):
                yield (
                    Position(each, place.key, number, place.owner)
                    if is_list
                    else Position(each, key, number, place.node)
                )


def arguments_of(function: Node) -> list[Node]:
    """The arguments of a function, in order."""
    return list(function.get("arguments", {}).get("children", ()))


def text_of(literal: Node) -> str:
    """What a literal of a string says; empty for every other node."""
    value = literal.get("value") if literal.get("type") == "Literal" else None
    return str(value["value"]) if isinstance(value, dict) and value.get("field_type") == "String" else ""
