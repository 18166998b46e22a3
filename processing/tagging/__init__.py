"""Tagging: it finds a post's language, the confidence in it, and the post's topics. Door: `tagger`."""
