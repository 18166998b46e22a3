"""The engine's own syntax tree of a query, which separates literals, aliases, names and children.

A node is an object with a `type`. Its other values are scalars, nodes and lists of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec

from deploy.embedded.chdb_http.errors import Code, EngineError, engine_error
from deploy.embedded.chdb_http.quoting import escaped

Node: TypeAlias = dict[str, Any]

# The query returns the tree, and whether the engine writes the same query from the tree as from the text. A part that
# the tree leaves out could not be checked. Brackets are not compared, because the tree drops needless ones, as in
# `WHERE (a = 1)`.
_PARSE = """
    SELECT parseQueryToJSON({query:String}) AS tree,
           translate(formatQueryFromJSON(tree), '()', '') = translate(formatQuerySingleLine({query:String}), '()', '')
               AS whole
"""
_OF_THE_PARSING = ": In scope SELECT parseQueryToJSON("
_NO_TREE = "does not support JSON serialization"


class NoTree(Exception):
    """The engine accepts the statement but writes no tree for this kind of statement."""


class Position(NamedTuple):
    """The position of a node: the key under which its owner holds it, and its number there.

    A list of expressions has no position of its own. Its nodes belong to the node that holds the list.
    """

    node: Node
    key: str
    number: int
    owner: Node


def parse(connection: Any, text: str) -> Node:
    """Return the tree of one query, without running the query.

    A tree has at most 50,000 nodes and a depth of at most 1,000.

    Raises:
        NoTree: the engine writes no tree for this kind of statement.
        EngineError: the engine cannot parse the query.
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
    """Raise the engine's own error for a query that it cannot parse.

    `parse` takes more than twice as long to find the error.

    Raises:
        EngineError: the engine cannot parse the query.
    """
    try:
        connection.query("SELECT parseQueryToJSON({query:String})", "Null", params={"query": escaped(text)})
    except (RuntimeError, UnicodeDecodeError) as error:
        if _NO_TREE not in str(error):
            raise _refusal(error) from error


def _refusal(error: Exception) -> EngineError:
    """Return the engine's error about the query, without the text of the query that does the parsing."""
    found = engine_error(error)
    return EngineError(found.code, found.message.partition(_OF_THE_PARSING)[0], found.name)


def walk(tree: Node) -> Iterator[Position]:
    """Yield every node with its position, each owner before its children.

    A literal and the options of EXPLAIN hold no node.
    """
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
    """Return the arguments of a function, in order."""
    return list(function.get("arguments", {}).get("children", ()))


def is_lambda(node: Node) -> bool:
    """Return whether a node is a lambda: `x -> x + 1`."""
    return node.get("type") == "Function" and node.get("name") == "lambda"


def parameters_of(function: Node) -> list[Node]:
    """Return the parameters of a lambda: the names before its arrow."""
    first = next(iter(arguments_of(function)), {})
    return [each for each in (first, *arguments_of(first)) if each.get("type") == "Identifier"]


def text_of(literal: Node) -> str:
    """Return the text of a string literal, or an empty text for every other node."""
    value = literal.get("value") if literal.get("type") == "Literal" else None
    return str(value["value"]) if isinstance(value, dict) and value.get("field_type") == "String" else ""
