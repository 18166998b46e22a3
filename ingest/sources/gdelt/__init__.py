"""GDELT: world news, from the files that GDELT publishes every fifteen minutes."""
