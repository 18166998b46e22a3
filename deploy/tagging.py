"""What tags posts, as the settings ask for it."""

from __future__ import annotations

from deploy.settings import Settings
from processing.tagging.language import DETECTORS
from processing.tagging.tagger import Enricher
from processing.tagging.topics import Taxonomy, load_taxonomy


def enricher(settings: Settings) -> tuple[Enricher, Taxonomy]:
    """The tagger that the settings ask for."""
    taxonomy = load_taxonomy(settings.topics_file)
    return Enricher(DETECTORS[settings.processing.language_detector](), taxonomy), taxonomy
