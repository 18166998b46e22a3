"""Hacker News: its items by number, and the search of Algolia for the past."""
