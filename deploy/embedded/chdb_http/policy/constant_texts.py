"""Check of constant texts: arguments that the engine reads as the name of a time zone or of a type.

The engine opens the file that follows `file:` in the name of a time zone. If the file is a pipe, the engine waits for
ever and holds the lock that every query with a time needs. A reader's query must therefore write such a text as a
literal or a parameter, because a computed text could name any file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.policy.syntax_tree import arguments_of, is_lambda, parameters_of

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.policy.functions import Catalog
    from deploy.embedded.chdb_http.policy.syntax_tree import Node, Position

_TAKERS = {"Dates and Times", "Time Window", "Type Conversion", "UUID"}
_TAKE_TYPES = {
    *("defaultvalueoftypename", "dynamicelement", "getsubcolumn", "jsonextract", "jsonextractcaseinsensitive"),
    *("jsonextractkeysandvalues", "jsonextractkeysandvaluescaseinsensitive", "variantelement"),
}
# The number of the first argument that may name a time zone, if the number is not 1.
_FIRST = dict.fromkeys(("defaultvalueoftypename", "now", "nowinblock"), 0)
_FIRST |= dict.fromkeys(("datename", "datetrunc", "formatdatetime", "formatdatetimeinjodasyntax", "timeslot"), 2)
_FIRST |= dict.fromkeys(("parsedatetime", "parsedatetimeornull", "parsedatetimeorzero", "todatetime64"), 2)
_FIRST |= dict.fromkeys(("age", "datediff", "makedate", "makedate32"), 3)
_FIRST |= {"timediff": 2, "makedatetime": 6, "makedatetime64": 8}
_ADDING = re.compile(r"(?:add|subtract)\w+|tostartofinterval|todatetime64or\w+")
# Functions that return one of their arguments unchanged. Their result is harmless if all arguments are.
_PASSING = {
    *("array", "arrayelement", "assumenotnull", "coalesce", "if", "ifnull", "materialize", "multiif", "nullif"),
    *("tonullable", "tuple", "tupleelement", "identity", "casewithexpression"),
}
# Categories of functions that return no text. Their result names nothing, whatever the arguments.
_NO_TEXT = {"Arithmetic", "Comparison", "Logical", "Mathematical", "Rounding", "Time Window", "Dates and Times"}
_TEXT = {
    "datename",
    "formatdatetime",
    "formatdatetimeinjodasyntax",
    "monthname",
    "servertimezone",
    "timezone",
    "timezoneof",
}
_TO_NO_TEXT = re.compile(r"to(?:u?int|float|bfloat|decimal(?!string)|date|interval|unixtimestamp|bool|time)\w*")
_HARMFUL = re.compile(r"file:|\\|AggregateFunction", re.IGNORECASE)


def is_harmless(text: str) -> bool:
    """Return whether a text, read as the name of a time zone or a type, names no file.

    A backslash escape could hide a name. The bytes of an aggregate function's state may hold the name of a type.
    """
    return not _HARMFUL.search(text)


@dataclass(frozen=True)
class ConstantTexts:
    """Checks the arguments of one query.

    `named` maps each alias to the nodes with that alias. `given` holds the parameters of lambdas that may be constants.
    """

    catalog: Catalog
    named: Mapping[str, Sequence[Node]]
    given: frozenset[str]
    parameters: Mapping[str, str]
    _seen: set[int] = field(default_factory=set)
    """The nodes already found harmless. Aliases may refer to each other in a circle."""

    def are_written_out(self, function: str, node: Node) -> bool:
        """Return whether every argument that may name a time zone or a type is a harmless literal or parameter."""
        first = self._first(function)
        if first is None:
            return True
        waiting = arguments_of(node)[first:]
        while waiting:
            each = waiting.pop()
            if id(each) in self._seen:
                continue
            self._seen.add(id(each))
            behind = self._behind(each)
            if behind is None:
                return False
            waiting.extend(behind)
        return True

    def take_a_column(self, function: str) -> bool:
        """Return whether no column that `APPLY` gives to this function can name a time zone or a type."""
        return self._first(function) != 0

    def _first(self, function: str) -> int | None:
        """Return the number of the first argument that may name a time zone or a type; None without one."""
        original = self.catalog.original(function)
        if original not in _TAKE_TYPES and self.catalog.category(original) not in _TAKERS:
            return None
        return _FIRST.get(original, 2 if _ADDING.fullmatch(original) else 1)

    def _behind(self, node: Node) -> Sequence[Node] | None:
        """Return the nodes whose text reaches this node unchanged.

        The result is empty for a harmless node, and None if the text may be anything.
        """
        match node.get("type"):
            case "Literal":
                return () if all(map(is_harmless, _texts(node.get("value")))) else None
            case "QueryParameter":
                return () if is_harmless(self.parameters.get(str(node["name"]), "")) else None
            case "Identifier":
                # A column is not constant, and the engine accepts only constants here.
                name = str(node["name"])
                of = str((node.get("name_parts") or [name])[0])  # `of.name` may be an element of a tuple
                return None if of in self.given else [*self.named.get(name, ()), *self.named.get(of, ())]
            case "Function":
                original = self.catalog.original(str(node["name"]).lower())
                if self._gives_no_text(original):
                    return ()
                return arguments_of(node) if original in _PASSING else None
        return None

    def _gives_no_text(self, original: str) -> bool:
        if original in _TEXT:
            return False
        return self.catalog.category(original) in _NO_TEXT or _TO_NO_TEXT.fullmatch(original) is not None


def given_parameters(places: Iterable[Position], catalog: Catalog) -> frozenset[str]:
    """Return the parameters of a query's lambdas that may be constants.

    A function of the engine calls its lambda with columns. A lambda with a name, one behind `APPLY` and one that
    another lambda calls get what the query gives them.
    """
    return frozenset(
        str(parameter["name"])
        for node, key, _, owner in places
        if is_lambda(node) and ("alias" in node or key != "arguments" or not _is_called_by_engine(owner, catalog))
        for parameter in parameters_of(node)
    )


def _is_called_by_engine(owner: Node, catalog: Catalog) -> bool:
    return not is_lambda(owner) and catalog.knows(str(owner.get("name")).lower())


def _texts(value: object) -> Iterator[str]:
    """Yield the strings in the value of a literal, including strings nested in arrays and tuples."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case list(values):
                waiting += values
            case dict(fields):
                waiting += fields.values()
