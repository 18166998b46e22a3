"""GDELT: news of the world, from the files that GDELT publishes every fifteen minutes."""
