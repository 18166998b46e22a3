"""The page behind a link in an alert. It has no script and loads nothing, so any browser shows it."""

from __future__ import annotations

from html import escape

from processing.alerts.message import headline
from processing.contract import Incident

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}"
    "label{display:block;margin:1rem 0 .25rem}input{width:100%;font:inherit;padding:.4rem}"
    "button{font:inherit;padding:.5rem 1rem;margin:1rem .5rem 0 0}"
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""Headers of every page. Without a referrer a browser hides the `Origin` that tells a foreign page's form."""


def question(incident: Incident, answered: str) -> str:
    """Return the page that shows an incident and asks. `answered` is what somebody has said before, or empty."""
    before = f"<p>{escape(answered)}</p>" if answered else ""
    return _page(
        headline(incident),
        before + '<form method="post">'
        '<label for="by">Your name</label><input id="by" name="by" maxlength="100" required autocomplete="name">'
        '<label for="note">What the others should know</label><input id="note" name="note" maxlength="500">'
        '<button name="action" value="acknowledge">I have it in hand</button>'
        '<button name="action" value="resolve">It is over</button></form>',
    )


def notice(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _page(title, f"<p>{escape(text)}</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f'<body><main><h1 dir="auto">{escape(title)}</h1>{body}</main></body></html>'
    )
