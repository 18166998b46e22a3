"""The pages of the dashboard, one package each: `show` draws a page from a `Context`."""
