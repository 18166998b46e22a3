"""Who may come to the dashboard, and what they may do.

Everything that decides whether somebody is let in lies here: the settings' meaning (`policy`), who has which role by
their identity provider (`members`), sessions and their cookie (`sessions`), the brake on guessing (`throttle`), the
pages of logging in and out (`login`, `pages`, `oidc`) and the gate before Streamlit (`gate`).
"""
