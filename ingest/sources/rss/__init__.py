"""RSS and Atom: the source that reads news feeds."""
