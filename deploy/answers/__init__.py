"""The small web server behind the links in alerts: it shows an incident and takes an answer to it."""
