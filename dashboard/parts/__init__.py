"""Parts that several pages share. `show` draws a part with Streamlit."""
