"""Reddit: the source that reads the newest posts and comments of subreddits through asyncpraw."""
