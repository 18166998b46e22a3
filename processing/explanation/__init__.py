"""Explanation: why a spike is one, in words and figures of its posts. Public: the dashboard uses it too."""

from processing.explanation.claim_leads import claim_leads
from processing.explanation.correction import (
    CORRECTION_WINDOW,
    LEAST_CORRECTED,
    LONGEST_COUNTED,
    Correction,
    Reach,
    Spread,
    corrections,
)
from processing.explanation.lag import Lag
from processing.explanation.leading import Follower, Leads, leads
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
    "CORRECTION_WINDOW",
    "LEAST_CORRECTED",
    "LONGEST_COUNTED",
    "Concentration",
    "Correction",
    "Counted",
    "Driver",
    "Explanation",
    "Follower",
    "Lag",
    "Leads",
    "Part",
    "Reach",
    "Share",
    "SharedPost",
    "Spread",
    "Terms",
    "claim_leads",
    "corrections",
    "explain",
    "first_post",
    "last_change",
    "leading_posts",
    "leading_terms",
    "leads",
    "queries_of_figures",
]
