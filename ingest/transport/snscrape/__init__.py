"""snscrape, run as a separate program, because its licence is the GPL and it may hang."""
