"""Dashboard: the page. It reads the store through `processing.queries` and `processing.explanation` and produces HTML.

Doors: `server.run` serves the page with `settings.DashboardSettings` and the names of the topics; `door` decides which
requests reach the page. Inside, `snapshot` loads the data, `status` judges them, `views` draws the parts and `i18n`
holds the texts.
"""
