"""Telegram: the public pages of channels, by snscrape or by HTTP."""
