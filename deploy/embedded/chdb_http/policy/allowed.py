"""The list of allowed nodes in the engine's syntax tree of a reader's query. Everything else is refused.

A list of allowed nodes stays right when the engine gains a feature; a list of forbidden nodes would not. The engine's
own categories allow functions, and the grants in `deploy/clickhouse/users.sql` allow tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.policy.constant_texts import ConstantTexts, given_parameters, is_harmless
from deploy.embedded.chdb_http.policy.syntax_tree import arguments_of, is_lambda, parameters_of, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deploy.embedded.chdb_http.policy.functions import Catalog
    from deploy.embedded.chdb_http.policy.syntax_tree import Node, Position

_UNION = "union_mode list_of_selects list_of_modes format_ast settings"
_JOINED = "with select tables where prewhere having qualify window settings interpolate cte_aliases recursive_with"
_GROUPS = " group_by group_by_all group_by_with_totals group_by_with_rollup group_by_with_cube"
_LIMITS = " limit_by limit_by_all limit_by_length limit_by_offset limit_length limit_offset limit_with_ties"
_ORDERED = " distinct order_by order_by_all group_by_with_grouping_sets"
_CALL = "name arguments parameters kind is_operator is_lambda_function is_window_function nulls_action no_empty_args"
_FILL = " with_fill fill_from fill_to fill_step fill_staleness"
_FRAME = " frame_begin_type frame_begin_offset frame_begin_preceding"
_FRAME += " frame_end_type frame_end_offset frame_end_preceding"
_SHOW = " like not_like case_insensitive_like where_expression limit_length full extended"
# The kinds of nodes, and the keys that each may have beside `type`, `alias` and keys whose value is false.
_SHAPES = {
    "SelectWithUnionQuery": _UNION,
    "SelectQuery": _JOINED + _GROUPS + _LIMITS + _ORDERED,
    "ExplainQuery": "kind query settings format_ast",
    "ShowTablesQuery": "databases from settings format_ast" + _SHOW,
    "ShowColumnsQuery": "database table format_ast" + _SHOW,
    "ShowIndexesQuery": "database table format_ast" + _SHOW,
    "UseQuery": "database",
    "ExpressionList": "children",
    "Subquery": "children",
    "WithElement": "name subquery is_materialized aliases",
    "Function": _CALL + " window_definition window_name",
    "Identifier": "name name_parts children",
    "TableIdentifier": "name name_parts children",
    "QueryParameter": "name param_type",
    "Literal": "value",
    "Asterisk": "transformers expression",
    "QualifiedAsterisk": "qualifier transformers",
    "ColumnsListMatcher": "column_list transformers expression",
    "ColumnsRegexpMatcher": "pattern transformers expression",
    "QualifiedColumnsListMatcher": "qualifier column_list transformers",
    "QualifiedColumnsRegexpMatcher": "qualifier pattern transformers",
    "ColumnsTransformerList": "children",
    "ColumnsApplyTransformer": "func_name parameters lambda lambda_arg column_name_prefix",
    "ColumnsExceptTransformer": "children pattern is_strict",
    "ColumnsReplaceTransformer": "children is_strict",
    "ColumnsReplaceTransformerReplacement": "name children",
    "TablesInSelectQuery": "children",
    "TablesInSelectQueryElement": "table_expression table_join array_join",
    "TableExpression": "database_and_table_name table_function subquery final sample_size sample_offset column_aliases",
    "TableJoin": "kind strictness locality is_natural using_expression_list on_expression",
    "ArrayJoin": "kind expression_list",
    "SampleRatio": "numerator denominator",
    "OrderByElement": "expression direction nulls_direction nulls_direction_was_explicitly_specified collation" + _FILL,
    "InterpolateElement": "column expr",
    "WindowListElement": "name definition",
    "WindowDefinition": "parent_window_name partition_by order_by frame_is_default frame_type" + _FRAME,
    "SetQuery": "changes",
}
_KEYS = {kind: frozenset((*keys.split(), "type", "alias")) for kind, keys in _SHAPES.items()}
_OF_TABLES = {"database_and_table_name", "subquery", "table_function"}
"""The keys under which a table stands. Its alias names no value."""
_NAMES = {"alias", "name", "window_name", "parent_window_name", "column_name_prefix", "lambda_arg", "column"}
_EXPLANATIONS = {"", "AST", "SYNTAX", "QUERY TREE", "PLAN", "PIPELINE", "ESTIMATE"}

_TABLE_FUNCTIONS = {
    *("generate_series", "generateseries", "numbers", "numbers_mt", "primes", "sqlstandardvalues", "values", "view"),
    *("zeros", "zeros_mt"),
}
# Views that take parameters. A query calls one as it calls a table function: `alike(incident = 'x', seconds = 10)`.
_VIEWS_WITH_PARAMETERS = {"alike", "claim_posts", "claims"}
# The tables that clients read to show a schema and complete a query. None shows other people's queries, this machine or
# the writer's configuration.
_SYSTEM_TABLES = {
    *("aggregate_function_combinators", "build_options", "codecs", "collations", "columns", "contributors"),
    *("data_skipping_index_types", "data_skipping_indices", "data_type_families", "database_engines", "databases"),
    *("documentation", "formats", "functions", "keywords", "licenses", "numbers", "numbers_mt", "one", "primes"),
    *("settings", "table_engines", "table_functions", "tables", "time_zones", "unicode", "zeros", "zeros_mt"),
}
_SCHEMAS = {"information_schema", "INFORMATION_SCHEMA"}
# The first argument of these functions names an aggregate function as text. The engine computes its parameters.
_NAME_A_FUNCTION = {"arrayreduce", "arrayreduceinranges", "initializeaggregation"}
_AGGREGATE = re.compile(r"\w+(?:\([0-9., ]*\))?")
_IN = re.compile(r"(?:global)?(?:not)?(?:null)?in(?:ignoreset)?")
_PLAIN = re.compile(r"\w+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")


class Surroundings(Protocol):
    """The facts about the engine that the meaning of a name depends on.

    They are queried only when a decision needs them.
    """

    def database(self) -> str:
        """Return the current database of the connection."""

    def databases(self) -> frozenset[str]:
        """Return the names of all databases."""

    def tables(self) -> frozenset[str]:
        """Return the names of all tables, in every database, except the engine's own."""

    def columns(self, text: str) -> Node:
        """Return the tree of a table with these columns.

        Raises:
            EngineError: the columns are invalid.
            NoTree: the engine writes no tree for the table.
        """


@dataclass(frozen=True)
class Policy:
    """The queries that one kind of user may run.

    `readable` holds the names of the granted tables, in every database.
    """

    catalog: Catalog
    readable: frozenset[str]

    def check(self, tree: Node, parameters: Mapping[str, str], around: Surroundings) -> None:
        """Accept a query, or refuse it.

        Raises:
            EngineError: ACCESS_DENIED with the refused part, or UNKNOWN_FUNCTION or UNKNOWN_TABLE for a missing name.
        """
        places = tuple(walk(tree))
        named = _named(places)
        values = _named(place for place in places if place.key not in _OF_TABLES)
        own = named.keys() | {str(node["name"]) for node, *_ in places if node.get("type") == "WithElement"}
        searches = any(_is_searched(place) and place.node.get("type") == "Identifier" for place in places)
        texts = ConstantTexts(self.catalog, values, given_parameters(places, self.catalog), parameters)
        judging = _Judging(self, parameters, around, frozenset(own), _held(places), searches, texts)
        for place in places:
            judging.place(place)

    def check_database(self, name: str) -> None:
        """Refuse a database that a reader may not name.

        `system` holds the engine's own state, and `default` can read the file system.
        """
        if name == "system":
            raise denied("the database system as the current one: name its tables in full")
        if name == "default" or not _is_name(name):
            raise denied(f"the database {_shown(name)}")

    def check_schema_of(self, database: str, table: str) -> None:
        """Refuse to show a table's definition if a reader may not see the table's database."""
        if database == "system":
            self.check_table(database, table)
        else:
            self.check_database(database)
            if not _is_name(table):
                raise denied(f"the table {_shown(table)}")

    def check_table(self, database: str, table: str) -> None:
        """Refuse a table that is not granted to readers."""
        if database in _SCHEMAS or (database == "system" and table in _SYSTEM_TABLES):
            return
        if database != "system":
            self.check_database(database)
        if database == "system" or table not in self.readable:
            raise denied(f"the table {_shown(f'{database}.{table}')}")


@dataclass(frozen=True)
class _Judging:
    """The check of one query. `own` holds the names that the query defines.

    `held` maps each node to the parameters of the lambdas around it, by the node's identity. `searches` says whether a
    name stands at the right of `IN`.
    """

    policy: Policy
    parameters: Mapping[str, str]
    around: Surroundings
    own: frozenset[str]
    held: Mapping[int, frozenset[str]]
    searches: bool
    texts: ConstantTexts

    def place(self, place: Position) -> None:
        self._shape(place.node)
        match place.node["type"]:
            case "Function":
                self._function(place)
            case "ColumnsApplyTransformer" if "func_name" in place.node:
                self._apply(str(place.node["func_name"]))
            case "QueryParameter" if not is_harmless(str(place.node["param_type"])):
                raise denied("the type of a parameter")
            case "Identifier":
                self._identifier(place)
            case "TableIdentifier":
                self._table(self._parts(place.node))
            case "SetQuery" if place.owner.get("type") != "ExplainQuery":
                raise EngineError(Code.READONLY, "A reader's query has no SETTINGS clause: send them with the request.")
            case _:
                self._statement(place.node)

    def _shape(self, node: Node) -> None:
        kind = str(node.get("type"))
        allowed = _KEYS.get(kind)
        extra = [key for key, value in node.items() if value is not False and key not in (allowed or ())]
        if allowed is None or extra:
            raise denied(f"this part of a query ({_shown(' '.join([kind, *extra]))})")
        if any(_UNPRINTABLE.search(str(node[key])) for key in _NAMES & node.keys()):
            raise denied("a name with control characters")

    def _statement(self, node: Node) -> None:
        match node["type"]:
            case "ExplainQuery" if str(node["kind"]).removeprefix("EXPLAIN").strip() not in _EXPLANATIONS:
                raise denied(_shown(str(node["kind"])))
            case "UseQuery":
                self.policy.check_database(".".join(self._parts(node["database"])))
            case "ShowTablesQuery" if "from" in node:
                self.policy.check_database(".".join(self._parts(node["from"])))
            case "ShowColumnsQuery" | "ShowIndexesQuery":
                database = str(node.get("database") or self.around.database())
                self.policy.check_schema_of(database, str(node["table"]))

    def _function(self, place: Position) -> None:
        name = str(place.node["name"]).lower()
        if place.key == "table_function" or _is_searched(place):
            if name in _TABLE_FUNCTIONS:
                if name == "values":
                    self._values(place.node)
                return
            parts = tuple(str(place.node["name"]).split("."))
            if place.key == "table_function" and parts[-1] in _VIEWS_WITH_PARAMETERS:
                self._table(parts)
                return
            if place.key == "table_function" or name in self.policy.catalog.table_functions:
                raise denied(f"the table function {_shown(str(place.node['name']))}")
        if name == "exists" and _first_argument(place.node).get("type") == "Subquery":
            return
        if str(place.node["name"]) in self.held[id(place.node)]:
            raise denied(f"the function {_shown(name)}, which is the parameter of a lambda")
        self._call(str(place.node["name"]))
        if name in _NAME_A_FUNCTION and not _AGGREGATE.fullmatch(text_of(_first_argument(place.node))):
            raise denied(f"a function named by an expression in {place.node['name']}")
        if not self.texts.are_written_out(name, place.node):
            raise denied(f"a time zone or a type that is not plainly written out in {_shown(name)}")

    def _apply(self, name: str) -> None:
        self._call(name)
        if not self.texts.take_a_column(name.lower()):
            raise denied(f"a column as the time zone or the type in {_shown(name)}")

    def _call(self, name: str) -> None:
        catalog = self.policy.catalog
        if catalog.allows(name.lower()):
            return
        if not catalog.knows(name.lower()) and name.lower() not in catalog.table_functions:
            if any(map(is_lambda, self.texts.named.get(name, ()))):
                return
            raise EngineError(Code.UNKNOWN_FUNCTION, f"There is no function {_shown(name)}")
        raise denied(f"the function {_shown(name)}")

    def _values(self, node: Node) -> None:
        """Check the first argument of `values`: it may name columns and their types, but compute nothing."""
        first = _first_argument(node)
        if first.get("type") == "Function" and first.get("name") == "tuple":
            return
        if first.get("type") != "Literal":
            raise denied("columns of the table function values that are no literal")
        if not text_of(first):
            return
        table = self.around.columns(text_of(first))
        if not _only_types(table, self.policy.catalog.types):
            raise denied("more than names and types in the columns of the table function values")

    def _identifier(self, place: Position) -> None:
        parts = self._parts(place.node)
        if place.key == "format_ast" or place.owner.get("type") in {"UseQuery", "ShowTablesQuery"}:
            return
        name = parts[0].lower()
        if len(parts) == 1 and self.policy.catalog.knows(name) and not self.policy.catalog.allows(name):
            raise denied(f"the function {_shown(parts[0])}")  # `arrayMap(name, ...)` calls it
        # `WITH hidden AS h SELECT 1 IN h` searches the table hidden.
        named = _is_searched(place) or (self.searches and "alias" in place.node)
        if named and (len(parts) == 1 or self._is_database(parts[0])):
            self._table(parts)

    def _table(self, parts: tuple[str, ...]) -> None:
        if len(parts) == 2:
            self.policy.check_table(*parts)
            return
        name = parts[0]
        if name in self.policy.readable:
            return
        if len(parts) > 2 or "/" in name or name in self.around.tables():
            raise denied(f"the table {_shown('.'.join(parts))}")
        if name not in self.own and self.around.database() == "default":
            raise EngineError(Code.UNKNOWN_TABLE, f"There is no table {_shown(name)}: name its database, as in a.b")

    def _is_database(self, name: str) -> bool:
        return name in {"system", "default", *_SCHEMAS} or name in self.around.databases()

    def _parts(self, node: Node) -> tuple[str, ...]:
        """Return the parts of a name, with parameters replaced by their values."""
        given = iter([str(each["name"]) for each in node.get("children", ())])
        parts = tuple(str(part) or self._given(next(given, "")) for part in node.get("name_parts") or [node["name"]])
        if any(_UNPRINTABLE.search(part) for part in parts):
            raise denied("a name with control characters")
        if any(part.startswith(":") and not is_harmless(part) for part in parts):
            raise denied("the type of a subcolumn")
        return parts

    def _given(self, parameter: str) -> str:
        value = self.parameters.get(parameter, "")
        if not _PLAIN.fullmatch(value):
            raise denied("a name given by a parameter that is more than letters and digits")
        return value


def denied(what: str) -> EngineError:
    """Return the refusal in ClickHouse's words."""
    return EngineError(Code.ACCESS_DENIED, f"reader: Not enough privileges for {what}.")


def _is_searched(place: Position) -> bool:
    """Return whether a node stands at the right of `IN`, where a name may be a table's."""
    is_in = place.owner.get("type") == "Function" and _IN.fullmatch(str(place.owner["name"]).lower()) is not None
    return is_in and place.key == "arguments" and place.number == 1


def _named(places: Iterable[Position]) -> dict[str, list[Node]]:
    """Return the nodes of a query by their alias."""
    found: dict[str, list[Node]] = {}
    for node, *_ in places:
        if "alias" in node:
            found.setdefault(str(node["alias"]), []).append(node)
    return found


def _held(places: Iterable[Position]) -> dict[int, frozenset[str]]:
    """Return the parameters of the lambdas around each node, by the node's identity. Owners come before their nodes."""
    found: dict[int, frozenset[str]] = {}
    for node, _, _, owner in places:
        around = found.get(id(owner), frozenset())
        found[id(node)] = around | {str(each["name"]) for each in parameters_of(node)} if is_lambda(node) else around
    return found


def _first_argument(function: Node) -> Node:
    return next(iter(arguments_of(function)), {})


def _only_types(table: Node, types: frozenset[str]) -> bool:
    """Return whether the tree of a table has only columns with names and types."""
    said = {key for key, value in table.items() if value not in (False, "")}
    columns = table.get("columns_list", {})
    if said != {"type", "table", "table_ast", "columns_list", "storage"} or columns.keys() != {"type", "columns"}:
        return False
    return all(_is_plain_column(node, types) for node, *_ in walk(columns))


def _is_plain_column(node: Node, types: frozenset[str]) -> bool:
    said = {key for key, value in node.items() if value is not False}
    match node.get("type"):
        case "ColumnDeclaration":
            return said <= {"type", "name", "data_type", "null_modifier"}
        case "DataType" | "TupleDataType" | "EnumDataType":
            return str(node["name"]).lower() in types
        case "Literal":
            return is_harmless(text_of(node))
        case "Columns definition" | "ExpressionList" | "NameTypePair":
            return True
        case None:
            return said == {"name", "value"}  # of an enumeration
    return False


def _is_name(text: str) -> bool:
    return "/" not in text and not _UNPRINTABLE.search(text)


def _shown(text: str) -> str:
    """Return a name in a form for an answer: on one line and at most 200 characters."""
    return _UNPRINTABLE.sub("?", text)[:200]
