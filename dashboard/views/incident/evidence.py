"""The download of an incident with its proof. The zip is made when somebody asks for it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import streamlit as st

from dashboard.context import Context
from dashboard.views.incident.report import Standing
from processing.export import Versions, export
from processing.queries import Reader

_UNUSUAL_IN_A_NAME = re.compile(r"[^\w.-]", re.ASCII)


def show(context: Context, of: Standing) -> None:
    """Draw the button, or the sentence that says why there is none."""
    page, versions = context.words.incident_page, context.services.versions
    st.subheader(page.export, anchor=False)
    if versions is None:
        st.caption(page.export_missing)
        return
    st.caption(page.export_note)
    with_texts = st.checkbox(page.export_texts, key="incident-texts")
    st.download_button(
        page.export_button_texts if with_texts else page.export_button,
        data=lambda: made(context.reader, of, versions(), with_texts=with_texts),
        file_name=f"{_UNUSUAL_IN_A_NAME.sub('-', of.incident.id)}.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="incident-export",
    )


def made(reader: Reader, of: Standing, versions: Versions, *, with_texts: bool) -> bytes:
    """Return the zip.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses a query.
    """
    target = io.BytesIO()
    moment = datetime.now(UTC)
    export(reader, of.incident, target, scored_until=of.as_of, versions=versions, at=moment, with_texts=with_texts)
    return target.getvalue()
