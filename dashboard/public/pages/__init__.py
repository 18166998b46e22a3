"""The public pages as HTML, from the templates beside. Jinja escapes every text.

Doors: `now.now_page`, `incident.incident_page` and `frame.message`.
"""
