"""The page "Incident", run by Streamlit against a real store."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import server
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from tests.support import stock


def opened(settings: DashboardSettings, services: Services | None = None, **address: str) -> AppTest:
    server.leave(settings, services or Services(topics=dict))
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=60)
    shown._page_hash = calc_hash("incident")
    for name, value in address.items():
        shown.query_params[name] = value
    shown.run()
    assert not shown.exception, shown.exception
    return shown


def html(shown: AppTest) -> str:
    return "\n".join(each.proto.body for each in shown.get("html") if not each.proto.unsafe_allow_javascript)


def test_smoke(settings: DashboardSettings) -> None:
    shown = opened(settings, ui="en", id=stock.incident().id)
    print(html(shown)[-6000:])
    print([each.value for each in shown.subheader], [e.value for e in shown.info], [e.value for e in shown.caption])
    assert 0
