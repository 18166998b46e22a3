"""Reddit: the newest posts and comments of subreddits, by asyncpraw."""
