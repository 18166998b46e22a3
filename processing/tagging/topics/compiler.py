"""The compiler turns resolved rules into checks."""

from __future__ import annotations

from processing.tagging.topics.context import ANYTHING
from processing.tagging.topics.predicates import AllOf, AnyOf, Check, FieldIs, Lacking, Matched, Near, TermFound, Unless
from processing.tagging.topics.rule_tree import BoolOp, Condition, Not, OneOf, Pattern, Proximity, Rule, Term


class Compiler:
    """Makes checks of resolved rules. Equal rules become one check, which is evaluated once for each text.

    `common` holds terms of which nearly every examined text contains one.
    """

    def __init__(self, common: frozenset[Term]) -> None:
        self._checks: dict[Rule, Check] = {}
        self._bits: dict[frozenset[int], int] = {}
        self._numbers: dict[Term, int] = {}
        self._common_terms, self._common_bits = common, 0

    def check(self, rule: Rule) -> Check:
        """Return the check of a rule."""
        known = self._checks.get(rule)
        if known is None:
            known = self._checks[rule] = self._made(rule)
        return known

    def terms(self) -> dict[Term, int]:
        """Return the terms of all checks so far, in order, each with the bit mask of its hits.

        A check compares the masks of all hits in a text with its `needs`.
        """
        masks = [0] * len(self._numbers)
        for numbers, bit in self._bits.items():
            for number in numbers:
                masks[number] |= bit
        return dict(zip(self._numbers, masks, strict=True))

    def _made(self, rule: Rule) -> Check:
        match rule:
            case Term():
                return self.check(OneOf(frozenset([rule])))
            case OneOf(terms):
                return self._found(terms)
            case Pattern(written):
                return Matched(written)
            case Condition(field, value):
                return FieldIs(field, value)
            case Not(inner):
                return Lacking(self.check(inner))
            case BoolOp():
                return self._joined(rule)
            case Proximity():
                return self._apart(rule)
            case _:
                raise ValueError(f"{rule} has to be resolved before it can be asked.")

    def _found(self, terms: frozenset[Term]) -> TermFound:
        numbers = frozenset(self._numbers.setdefault(term, len(self._numbers)) for term in terms)
        bit = self._bits.setdefault(numbers, ANYTHING << (1 + len(self._bits)))
        if terms & self._common_terms:
            self._common_bits |= bit
        return TermFound(bit)

    def _joined(self, rule: BoolOp) -> Check:
        checks = [self.check(inner) for inner in rule.rules]
        return AllOf(checks) if rule.operator == "AND" else AnyOf(checks, self._common_bits)

    def _apart(self, rule: Proximity) -> Check:
        left, right, half_words = self.check(rule.left), self.check(rule.right), 2 * rule.distance
        if rule.operator == "UNLESS":
            return Unless(left, right, half_words)
        return Near(left, right, half_words, ordered=rule.operator == "BEFORE")
