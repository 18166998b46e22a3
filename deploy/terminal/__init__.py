"""What a terminal shows: incidents, explanations and the progress of processes go in, lines of text come out."""
