"""One page of the dashboard, run by Streamlit against a real store."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import server
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from deploy.docs.data_dictionary import described
from deploy.docs.example_queries import QUESTIONS
from deploy.processes.dashboard import names_of
from deploy.settings import load
from processing.tagging.topics import ReloadingTaxonomy

NAMES = names_of(ReloadingTaxonomy(load({}).topics_file))


def page(settings: DashboardSettings, name: str, *, services: dict[str, Any] | None = None, **address: str) -> AppTest:
    """Open a page at an address. `from_` stands for the parameter `from`."""
    lent = {"topics": lambda: NAMES, "dictionary": described, "examples": QUESTIONS} | (services or {})
    server.leave(settings, Services(**lent))
    st.cache_resource.clear()  # all pages of a test are of one session
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=60)
    shown._page_hash = calc_hash(name)
    for parameter, value in address.items():
        shown.query_params[parameter.rstrip("_")] = value
    shown.run()
    assert not shown.exception
    return shown


def html(shown: AppTest) -> str:
    """All of the page's own elements, in which no script would run."""
    return "\n".join(each.proto.body for each in shown.get("html") if not each.proto.unsafe_allow_javascript)
