"""The evidence of an incident: a link on its page, and the zip that the link leads to.

The zip has an address of its own. Streamlit can make a file when a button is pressed, and may have lost it before the
browser comes for it: ADR 80. The link opens a tab of its own, which closes with the download. So a sentence in place of
the zip does not replace the page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

import streamlit as st
from starlette.responses import PlainTextResponse, Response

from dashboard import addresses
from dashboard.context import Context, asked, connection
from dashboard.i18n import ENGLISH, WORDS
from dashboard.markup import element
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.views.incident import report
from dashboard.views.incident.report import Standing
from processing.export import Versions, export
from processing.queries import Reader

_UNUSUAL_IN_A_NAME = re.compile(r"[^\w.-]", re.ASCII)


def show(context: Context, of: Standing) -> None:
    """Draw the link, or the sentence that says why there is none."""
    page = context.words.incident_page
    st.header(page.export, anchor=False)
    if context.services.versions is None:
        st.caption(page.export_missing)
        return
    st.caption(page.export_note)
    with_texts = st.checkbox(page.export_texts, key="incident-texts")
    label = page.export_button_texts if with_texts else page.export_button
    address = addresses.of_evidence(of.incident.id, context.words, with_texts=with_texts)
    st.html(element("a", label, href=address, target="_blank", css="bw-download"))


def answer(settings: DashboardSettings, services: Services, asked_for: Mapping[str, str]) -> Response:
    """Return the zip, or the sentence that says why there is none.

    `asked_for` holds `id`, the incident; `ui`, the language of the sentence; and `texts`, which is `1` for a zip with
    texts.
    """
    words, name = WORDS.get(asked_for.get("ui", ""), ENGLISH), asked_for.get("id", "")
    versions = services.versions
    if versions is None:
        return PlainTextResponse(words.incident_page.export_missing, HTTPStatus.NOT_FOUND)

    def made() -> Response:
        of = report.standing(settings, name)
        if of is None:
            return PlainTextResponse(report.unknown(name, words), HTTPStatus.NOT_FOUND)
        zipped = _zip(connection(settings), of, versions(), with_texts=asked_for.get("texts") == "1")
        return _download(of.incident.id, zipped)

    found = asked(made, words)
    return PlainTextResponse(found, HTTPStatus.SERVICE_UNAVAILABLE) if isinstance(found, str) else found


def _download(name: str, content: bytes) -> Response:
    file_name = f"{_UNUSUAL_IN_A_NAME.sub('-', name)}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


def _zip(reader: Reader, of: Standing, versions: Versions, *, with_texts: bool) -> bytes:
    target = io.BytesIO()
    moment = datetime.now(UTC)
    export(reader, of.incident, target, scored_until=of.as_of, versions=versions, at=moment, with_texts=with_texts)
    return target.getvalue()
