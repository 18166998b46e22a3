"""Every sentence of the page, once for each language: `WORDS` maps an `Interface` to its sentences.

The CLDR gives the names of languages, dates and units. The taxonomy gives the names of topics: see `labels`.
"""

from __future__ import annotations

from dashboard.i18n.arabic import ARABIC
from dashboard.i18n.messages import ENGLISH, Interface, Words

__all__ = ["ARABIC", "ENGLISH", "WORDS", "Interface", "Words"]

WORDS = {Interface.ENGLISH: ENGLISH, Interface.ARABIC: ARABIC}
