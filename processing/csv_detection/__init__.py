"""`banwatch detect`: one series as CSV through the detector. Pure: lines in, lines out."""
