"""snscrape, run as a program of its own: it is licensed under the GPL and it may hang."""
