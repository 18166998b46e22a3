"""The shell around every page. Streamlit runs this file again for each visitor and each change of a control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import content_policy, handover
from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.i18n.labels import topic_name
from dashboard.markup import literal
from dashboard.parts import access, address, display, filters, generated, live
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.views import alerts, explore, health, incident, now, posts, sql
from dashboard.watch_list import names_in, watch_lists

STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True)
class View:
    """One page: the last part of its address, its icon and the function that draws it."""

    path: str
    icon: str
    show: Callable[[Context], None]


VIEWS = (
    View("now", ":material/monitoring:", now.show),
    View("incident", ":material/crisis_alert:", incident.show),
    View("explore", ":material/stacked_line_chart:", explore.show),
    View("posts", ":material/forum:", posts.show),
    View("sql", ":material/database:", sql.show),
    View("alerts", ":material/notifications:", alerts.show),
    View("health", ":material/monitor_heart:", health.show),
)
"""The pages in the order of the menu. The first is shown at the root of the site."""


def main(settings: DashboardSettings, services: Services) -> None:
    """Draw the shell and the page that the address names."""
    topics = services.topics()
    lists = watch_lists(topics)
    shown, chosen = display.chosen(), filters.chosen(lists)
    words = shown.words(names_in(topics, shown.tag))
    # Without an icon of its own the page would fetch the icon of the menu from another site.
    st.set_page_config(page_icon="📈", layout="wide")
    _styles(words)
    viewer = access.viewer(settings, services, words)
    context = Context(settings, services, chosen, words, viewer, live=shown.live, lists=lists)
    address.write({**shown.parameters, **filters.parameters(chosen, lists)})
    pages = {view.path: _page(view, context) for view in VIEWS}
    page = st.navigation(list(pages.values()), position="top")
    _follow_old_address(page, pages)
    st.set_page_config(page_title=f"{page.title} · banwatch")
    with st.container(key="header", horizontal=True, vertical_alignment="center"):
        st.title(page.title, anchor=False, width="content")
        st.caption(words.title.format(topic=literal(topic_name(words, chosen.watch.root))), width="stretch")
        if len(lists) > 1:
            filters.watch_list(words, lists)
        access.show(viewer, words)
        display.show(shown, words)
    live.show("generated", generated.show, context)
    page.run()


def _page(view: View, context: Context) -> st.Page:
    return st.Page(
        partial(view.show, context),
        title=getattr(context.words, f"{view.path}_page").title,
        icon=view.icon,
        url_path=view.path,
        default=view is VIEWS[0],
    )


def _follow_old_address(page: st.Page, pages: Mapping[str, st.Page]) -> None:
    """Go on to the incident that an address of before names: messages of that time lead to `/?incident=ID`."""
    if page is pages[VIEWS[0].path] and (name := st.query_params.get("incident")):
        st.switch_page(pages["incident"], query_params={"id": name, "ui": st.query_params.get("ui", "")})


def _styles(words: Words) -> None:
    st.html(STATIC / "page.css")
    # A script sets the language of the document, for screen readers, and its direction, for the lists that Streamlit
    # opens outside of the page's own elements. Nothing but a script can set them.
    st.html(f"<script>{content_policy.document_script(words)}</script>", unsafe_allow_javascript=True)
    if words.language_of_page.right_to_left:
        st.html(STATIC / "rtl.css")


if __name__ == "__main__":
    main(*handover.given())
