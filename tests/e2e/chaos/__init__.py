"""Kill everything at random, and compare what was counted with what there was to count."""
