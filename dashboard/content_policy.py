"""What a browser may load and run on the page: nothing but what this server sends.

Streamlit's page has one script in its HTML, and the shell has one for each language. The policy names them by their
hashes, so that no other script in the page's HTML runs, whoever wrote it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import streamlit

from dashboard.i18n import WORDS, Words

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def document_script(words: Words) -> str:
    """Return the script that sets the language and the direction of the document."""
    document = {"lang": words.tag, "dir": words.locale.text_direction}
    return f"Object.assign(document.documentElement, {json.dumps(document)});"


def content_policy() -> str:
    """Return the value of the header `Content-Security-Policy` for the page."""
    return "; ".join(f"{name} {sources}" for name, sources in _directives().items())


def _directives() -> dict[str, str]:
    return {
        "default-src": "'none'",
        # Streamlit's page loads the script of a component as a blob that it has made itself.
        "script-src": " ".join(["'self'", "blob:", *(f"'sha256-{digest}'" for digest in _digests())]),
        # Streamlit's components and Vega's charts write their styles into the document.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-src": "'none'",
        "frame-ancestors": "'self'",
    }


def _digests() -> Iterator[str]:
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    for script in (*_INLINE.findall(page.read_text("utf-8")), *map(document_script, WORDS.values())):
        yield base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
