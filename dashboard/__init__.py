"""Dashboard: the page. The store, read by `processing.queries` and `processing.explanation`, goes in; HTML comes out.

Doors: `server.run` serves the page with `settings.DashboardSettings` and the names of the topics; `door` decides which
requests reach it. Inside, `snapshot` loads, `status` judges, `views` draw and `i18n` holds the words.
"""
