"""One page of the dashboard, run by Streamlit against a real store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import context, handover, server
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from deploy.docs.data_dictionary import described
from deploy.docs.example_queries import QUESTIONS
from deploy.processes.dashboard import topics_of
from deploy.settings import load
from processing.tagging.topics import ReloadingTaxonomy

NAMES = topics_of(ReloadingTaxonomy(*load({}).topics_files))


def run(settings: DashboardSettings, services: Services, name: str, **address: str) -> AppTest:
    """Open a page at an address with these services. `from_` stands for the parameter `from`."""
    handover.leave(settings, services)
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=90)
    if name:
        shown._page_hash = calc_hash(name)
    for parameter, value in address.items():
        shown.query_params[parameter.rstrip("_")] = value
    shown.run()
    assert not shown.exception, shown.exception
    return shown


@contextmanager
def gone_back() -> Iterator[None]:
    """Let the runs within be those of a reader who has gone back in the browser. The address is set beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
        yield


def page(settings: DashboardSettings, name: str, *, services: dict[str, Any] | None = None, **address: str) -> AppTest:
    """Open a page with what most pages need."""
    lent = {"topics": lambda: NAMES, "dictionary": described, "examples": lambda _: QUESTIONS} | (services or {})
    st.cache_resource.clear()  # all pages of a test are of one session
    return run(settings, Services(**lent), name, **address)


def html(shown: AppTest) -> str:
    """All of the page's own elements, in which no script would run, but the style sheets."""
    bodies = [each.proto.body for each in shown.get("html") if not each.proto.unsafe_allow_javascript]
    return "\n".join(body for body in bodies if "<style>" not in body)


def text(written: str) -> str:
    """What a person reads of some HTML, without the marks of direction around times."""
    return re.sub(r"<[^>]*>|[\u2066-\u2069]", "", written).replace("\u00a0", " ")
