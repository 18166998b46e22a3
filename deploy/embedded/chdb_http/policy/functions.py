"""The functions that a reader may call. The engine's own categories allow most, and some are allowed by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_CATEGORIES = {
    *("Aggregate Functions", "Arithmetic", "Arrays", "Bit", "Bitmap", "Comparison", "Conditional", "Dates and Times"),
    *("Distance", "Encoding", "Encryption", "Financial", "Geo", "Geo Polygon", "Hash", "IP Address", "JSON", "Logical"),
    *("Map", "Mathematical", "Null", "NumericIndexedVector", "QBit", "Random Number", "Rounding", "String"),
    *("String Replacement", "String Search", "String Splitting", "Time Series", "Time Window", "Tuple"),
    *("Type Conversion", "URL", "UUID"),
}
# Functions of the engine's categories `Other` and `Internal`, and functions that its parser makes from operators. They
# compute values or describe the query itself. `displayName` is the gateway's name, not the machine's.
_FUNCTIONS = {
    *("bar", "blocknumber", "blocksize", "bytesize", "casewithexpression", "countdigits", "currentdatabase"),
    *("currentqueryid", "currentroles", "currentschemas", "currentuser", "defaultvalueofargumenttype"),
    *("defaultvalueoftypename", "digits", "displayname", "dumpcolumnstructure", "errorcodetoname"),
    *("finalizeaggregation", "formatquery", "formatqueryornull", "formatquerysingleline"),
    *("formatquerysinglelineornull", "formatreadabledecimalsize", "formatreadablequantity", "formatreadablesize"),
    *("formatreadabletimedelta", "getsetting", "getsettingordefault", "getsizeofenumtype", "getsubcolumn"),
    *("globalvariable", "grouping", "identity", "ignore", "indexhint", "initializeaggregation", "initialqueryid"),
    *("isconstant", "isdecimaloverflow", "lambda", "lowcardinalityindices", "lowcardinalitykeys", "materialize"),
    *("minsamplesizecontinuous", "minsamplesizeconversion", "neighbor", "nested", "normalizequery"),
    *("normalizequerykeepnames", "normalizedqueryhash", "parsereadablesize", "parsereadablesizeornull"),
    *("parsereadablesizeorzero", "parsetimedelta", "queryid", "revision", "rownumberinallblocks", "rownumberinblock"),
    *("runningaccumulate", "runningdifference", "runningdifferencestartingwithfirstvalue", "sleep", "sleepeachrow"),
    *("throwif", "tocolumntypename", "totypename", "transform", "untuple", "variantelement", "varianttype"),
    *("version", "visiblewidth"),
}
# Forbidden functions of allowed categories. Some write in an engine format, which may name files; others read the name
# of a time zone from data (see `constant_texts`).
_NOT_THESE = {
    *("flamegraph", "formatrow", "formatrownonewline", "parsedatetime64injodasyntax", "parsedatetimeinjodasyntax"),
    *("parsedatetime64injodasyntaxornull", "parsedatetime64injodasyntaxorzero"),
    *("parsedatetimeinjodasyntaxornull", "parsedatetimeinjodasyntaxorzero"),
}
_AGGREGATES = "Aggregate Functions"
_LONGEST_NAME = 200
"""The longest name of a function, in characters. The engine's own names with all combinators are far shorter."""


@dataclass(frozen=True)
class Catalog:
    """The functions and types of the engine, every name in lower case."""

    categories: Mapping[str, str]
    """Function -> category. Every aggregate function has the category `Aggregate Functions`."""
    aliases: Mapping[str, str]
    """Alias -> the function's original name."""
    combinators: tuple[str, ...]
    table_functions: frozenset[str]
    types: frozenset[str]

    def original(self, name: str) -> str:
        """Return the original name of a function, given any of its names."""
        return self.aliases.get(name, name)

    def allows(self, name: str) -> bool:
        """Return whether a reader may call a function."""
        original = self.original(name)
        return original in _FUNCTIONS or (self.category(original) in _CATEGORIES and original not in _NOT_THESE)

    def knows(self, name: str) -> bool:
        """Return whether the engine has a function of this name, with any combinators."""
        original = self.original(name)
        return original in _FUNCTIONS or bool(self.category(original))

    def category(self, name: str) -> str:
        """Return the category of a function by its original name, or an empty text for an unknown function.

        The name of an aggregate function may carry combinators.
        """
        if name in self.categories or len(name) > _LONGEST_NAME:
            return self.categories.get(name, "")
        bases = (name.removesuffix(each) for each in self.combinators if name.endswith(each))
        is_aggregate = any(
            base not in _NOT_THESE and self.category(self.original(base)) == _AGGREGATES for base in bases
        )
        return _AGGREGATES if is_aggregate else ""
