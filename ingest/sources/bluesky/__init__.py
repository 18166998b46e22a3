"""Bluesky: the Jetstream over a websocket."""
