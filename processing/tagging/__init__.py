"""Tagging: a post goes in; its language, its confidence and its topics come out. Door: `tagger`."""
