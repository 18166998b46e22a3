"""The sentences of the section "Claim and correction" of the page "Incident"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from processing.i18n import Plural


@dataclass(frozen=True, kw_only=True)
class CorrectionWords:
    """The sentences of the section."""

    title: str = "Claim and correction"
    overtaken: str = "“{correction}” overtook “{claim}” at {at}: of the posts on both, {share} correct."
    not_overtaken: str = "“{correction}” has not overtaken “{claim}”: of the posts on both, {share} correct."
    denies: str = (
        "This incident corrects rather than claims. “{correction}” is what is said, hardly “{claim}”: of the posts on "
        "both, {share} correct."
    )
    too_few: Plural = Plural(
        "“{claim}” has {count} post that corrects it. That is too few to speak of a correction.",
        "“{claim}” has {count} posts that correct it. That is too few to speak of a correction.",
    )
    absent: str = "No correction was found in {languages}."
    pulse: str = (
        "Pulse {number}, a correction: {peak}, {observed} posts in the detector's bin, where {expected} were expected."
    )

    claims: str = "Claim"
    corrections: str = "Correction"
    share: str = "Share of the correction"
    first: str = "First correction"
    ahead: str = "Correction ahead"
    reach: Mapping[str, str] = field(
        default_factory=lambda: {"not_yet": "not yet", "never": "none found", "too_few": "too few posts"}
    )
    chart_alt: str = "Posts that make the claim and posts that correct it, from {start} to {end}"
    chart_key: str = "Line: the claim. Dashed: the correction."
    note: str = (
        "Ahead: within {window}, more posts correct than claim, of at least {least} posts, and by more than chance. A "
        "post that repeats the claim in order to correct it is a correction. Denials in words that the rules do not "
        "know count as claims, and so do jokes: the correction is mostly larger than shown."
    )
