"""Terminal output: incidents, explanations and the progress of processes become lines of text."""
