"""The parts of the page, a module each: `show` draws one with Streamlit, out of a snapshot and the words."""
