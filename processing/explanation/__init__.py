"""Explanation: why a spike is one, in words and figures of its posts. Public: the dashboard uses it too."""

from processing.explanation.log_odds import Driver
from processing.explanation.parts import Counted, Share, SharedPost
from processing.explanation.report import (
    Explanation,
    Part,
    Terms,
    explain,
    first_post,
    last_change,
    leading_posts,
    leading_terms,
    queries_of_figures,
)
from processing.verdicts.verdict import Concentration

__all__ = [
    "Concentration",
    "Counted",
    "Driver",
    "Explanation",
    "Part",
    "Share",
    "SharedPost",
    "Terms",
    "explain",
    "first_post",
    "last_change",
    "leading_posts",
    "leading_terms",
    "queries_of_figures",
]
