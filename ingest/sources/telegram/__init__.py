"""Telegram: the source that reads the public pages of channels through snscrape."""
