"""The parts of the page, one in each module. `show` draws a part with Streamlit from a snapshot and the sentences."""
