"""RSS and Atom: feeds of newsrooms."""
