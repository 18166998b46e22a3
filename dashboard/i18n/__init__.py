"""Every sentence of the page, once a language: `WORDS` by `Interface`.

The names of languages, dates and units come from the CLDR, those of topics from the taxonomy: see `labels`.
"""

from __future__ import annotations

from dashboard.i18n.arabic import ARABIC
from dashboard.i18n.messages import ENGLISH, Interface, Words

__all__ = ["ARABIC", "ENGLISH", "WORDS", "Interface", "Words"]

WORDS = {Interface.ENGLISH: ENGLISH, Interface.ARABIC: ARABIC}
