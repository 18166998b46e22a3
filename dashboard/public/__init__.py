"""The public pages: plain HTML, a feed, data and pictures that anyone may read and any cache may hold.

Door: `server.run` serves them with `settings.PublicSettings` and the names of the topics, in a process without
Streamlit. Inside, `site` knows the addresses, `editions` looks at the store, `pages`, `feed`, `data` and `chart` make
what is shown, `press` makes each of these once a bucket, and `app` answers requests.
"""
