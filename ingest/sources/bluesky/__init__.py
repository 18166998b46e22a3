"""Bluesky: the source that reads the Jetstream over a websocket."""
