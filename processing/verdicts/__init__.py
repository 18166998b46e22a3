"""Verdicts: whether a spike is of people, of a few accounts, of copies or of a collector. Doors: `verdict`, `judge`."""
