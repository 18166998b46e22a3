"""The files that the page serves beside Streamlit's own."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

EDITOR = Path(__file__).with_name("static") / "editor.js"
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


async def _editor(_: Request) -> Response:
    return FileResponse(EDITOR, media_type="text/javascript", headers=_KEPT)


ROUTES = (Route("/assets/editor.js", _editor),)
