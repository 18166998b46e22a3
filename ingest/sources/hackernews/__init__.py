"""Hacker News: its items by number, and Algolia's search index for the past."""
