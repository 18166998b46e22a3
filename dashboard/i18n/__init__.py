"""Every sentence of the page: `WORDS` maps a language's tag to its sentences.

The sentences stand in English in `messages/`; `processing/i18n/catalogues/` has the other languages. The CLDR gives the
names of languages, dates and units. The taxonomy gives the names of topics: see `labels`.
"""

from __future__ import annotations

from dataclasses import replace

from dashboard.i18n.messages import ENGLISH, Words
from processing.i18n import LANGUAGES, language, translated

__all__ = ["ENGLISH", "WORDS", "Words"]

WORDS = {tag: replace(translated(ENGLISH, language(tag)), language_of_page=language(tag)) for tag in LANGUAGES}
