"""Every sentence of the page, once a language, and how each writes times and numbers.

Names of topics and figures are in `dashboard/i18n/labels.py`, those of languages in `dashboard/languages.py`.
"""

from __future__ import annotations

from dashboard.i18n.arabic import ARABIC
from dashboard.i18n.english import ENGLISH
from dashboard.i18n.figures import duration, moment, number
from dashboard.i18n.messages import Interface, Words

__all__ = ["ARABIC", "ENGLISH", "WORDS", "Interface", "Words", "duration", "moment", "number"]

WORDS = {Interface.ENGLISH: ENGLISH, Interface.ARABIC: ARABIC}
