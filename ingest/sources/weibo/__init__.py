"""Weibo: the source that reads the posts of users through snscrape."""
