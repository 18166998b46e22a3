"""Topics: the rules of a taxonomy file decide which topics a post has.

file.py        reads and checks the file              parser.py      parses a rule into the tree of rule_tree.py
matcher.py     finds terms in a text                  predicates.py  checks a rule; compiler.py makes the checks
prefilter.py   finds terms that any match needs       rule_set.py    holds one language's rules; taxonomy.py all rules
skim.py        passes over texts without such terms   explain.py     finds the matching part of a rule
opinion.py     weighs what no rule matched
"""

from processing.reload import Refreshed, ReloadOutcome
from processing.tagging.topics.file import TOPIC_ID, SourceWords, TaxonomyError, Topic
from processing.tagging.topics.reload import ReloadingTaxonomy
from processing.tagging.topics.taxonomy import Match, Taxonomy, load_taxonomy, parse_taxonomy

__all__ = [
    "TOPIC_ID",
    "Match",
    "Refreshed",
    "ReloadOutcome",
    "ReloadingTaxonomy",
    "SourceWords",
    "Taxonomy",
    "TaxonomyError",
    "Topic",
    "load_taxonomy",
    "parse_taxonomy",
]
