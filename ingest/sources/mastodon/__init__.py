"""Mastodon: the public streams and timelines of instances."""
