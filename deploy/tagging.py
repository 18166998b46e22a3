"""What tags posts, as the settings ask for it."""

from __future__ import annotations

from deploy.settings import Settings
from processing.enrich import Enricher
from processing.language import DETECTORS
from processing.topics import Taxonomy, load_taxonomy


def enricher(settings: Settings) -> tuple[Enricher, Taxonomy]:
    """The tagger that the settings ask for."""
    taxonomy = load_taxonomy(settings.topics_file)
    return Enricher(DETECTORS[settings.processing.language_detector](), taxonomy), taxonomy
