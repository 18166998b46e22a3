"""Detection: counts of series go in; spikes come out. Pure: no store, no clock."""
