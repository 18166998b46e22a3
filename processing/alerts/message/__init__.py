"""What a channel is told, in English or Arabic: plain text that no markup has been put into.

phrases.py, arabic.py   the sentences
wording.py              a channel's language, names, zone and addresses
incident.py             the steps of an incident
trouble.py              the steps of a trouble of banwatch itself
builder.py              `build`: every kind of news
sparkline.py, chart.py  the timeline, in text and as a PNG
text.py                 a message as lines of text
report.py               an incident in English for a terminal
"""

from processing.alerts.message.builder import build
from processing.alerts.message.report import details, headline
from processing.alerts.message.text import quote_label, terminal_lines, text_lines, written
from processing.alerts.message.wording import Wording

__all__ = ["Wording", "build", "details", "headline", "quote_label", "terminal_lines", "text_lines", "written"]
