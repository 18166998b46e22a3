"""Weibo: the posts of users, by snscrape."""
