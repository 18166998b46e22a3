"""What a post is about, by the rules of a taxonomy file.

file.py        the file, checked              parser.py      reads the boolean language; rule_tree.py: what it reads
matcher.py     where terms stand in a text    predicates.py  whether a rule holds of one; compiler.py makes them
prefilter.py   what a text must hold at all   rule_set.py    the rules of one language; taxonomy.py: all of them
explain.py     which part of a rule holds
"""

from processing.tagging.topics.file import TaxonomyError, Topic
from processing.tagging.topics.reload import Refreshed, ReloadingTaxonomy, ReloadOutcome
from processing.tagging.topics.taxonomy import Match, Taxonomy, load_taxonomy, parse_taxonomy

__all__ = [
    "Match",
    "Refreshed",
    "ReloadOutcome",
    "ReloadingTaxonomy",
    "Taxonomy",
    "TaxonomyError",
    "Topic",
    "load_taxonomy",
    "parse_taxonomy",
]
