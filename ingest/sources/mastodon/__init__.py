"""Mastodon: the source that reads public streams and timelines of instances."""
