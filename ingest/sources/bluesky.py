"""Bluesky: every public post, as it is made, from Jetstream."""
