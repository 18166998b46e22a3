"""Which functions of the engine a reader may call: by the engine's own categories, and some by name."""

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
# Of the engine's categories `Other` and `Internal`, and what its parser makes of operators: they work on values, or
# tell of the query itself. `displayName` is the gateway's name, not the machine's.
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
# Though their category is allowed: some write in a format of the engine's, which may name files, others read the name
# of a time zone out of data (see `constant_texts`).
_NOT_THESE = {
    *("flamegraph", "formatrow", "formatrownonewline", "parsedatetime64injodasyntax", "parsedatetimeinjodasyntax"),
    *("parsedatetime64injodasyntaxornull", "parsedatetime64injodasyntaxorzero"),
    *("parsedatetimeinjodasyntaxornull", "parsedatetimeinjodasyntaxorzero"),
}
_AGGREGATES = "Aggregate Functions"
_LONGEST_NAME = 200
"""Characters of a function's name, which the engine's own with all their combinators are far below."""


@dataclass(frozen=True)
class Catalog:
    """What the engine has, every name in lower case."""

    categories: Mapping[str, str]
    """Of each function; every aggregate function is of `Aggregate Functions`."""
    aliases: Mapping[str, str]
    """Other names of functions."""
    combinators: tuple[str, ...]
    table_functions: frozenset[str]
    types: frozenset[str]

    def original(self, name: str) -> str:
        """The name of a function behind another name of it."""
        return self.aliases.get(name, name)

    def allows(self, name: str) -> bool:
        """Whether a reader may call a function."""
        original = self.original(name)
        return original in _FUNCTIONS or (self.category(original) in _CATEGORIES and original not in _NOT_THESE)

    def knows(self, name: str) -> bool:
        """Whether there is a function of the name, with whatever combinators."""
        original = self.original(name)
        return original in _FUNCTIONS or bool(self.category(original))

    def category(self, name: str) -> str:
        """The category of a function by its original name, empty for none; of an aggregate one with its combinators."""
        if name in self.categories or len(name) > _LONGEST_NAME:
            return self.categories.get(name, "")
        bases = (name.removesuffix(each) for each in self.combinators if name.endswith(each))
        is_aggregate = any(
            base not in _NOT_THESE and self.category(self.original(base)) == _AGGREGATES for base in bases
        )
        return _AGGREGATES if is_aggregate else ""
