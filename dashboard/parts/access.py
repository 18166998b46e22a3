"""Who is at the page: a line in the header, and the sentences of what a role does not permit."""

from __future__ import annotations

import streamlit as st

from dashboard import handover
from dashboard.access.policy import policy_of
from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.viewer import Role, Viewer
from processing.plain_text import plain

NAME = "operator_name"
LONGEST_NAME = 100


def viewer(settings: DashboardSettings, services: Services, words: Words) -> Viewer:
    """Return who is at the page. The page ends here for somebody whose login has ended.

    On the machine of its operator nobody logs in. The operator's name is then that of the machine's user, until the
    operator enters another one for this visit.
    """
    policy = policy_of(settings)
    if policy.local:
        name = plain(st.session_state.get(NAME) or services.user, LONGEST_NAME)
        return Viewer(name, Role.OPERATOR, local=True)
    login = handover.login()
    session = None if login is None else login.sessions.read(st.context.cookies.get(login.cookie))
    if session is None and not policy.anonymous:
        st.info(words.access.ended)
        st.html(_link("/login", words.access.log_in))
        st.stop()
    return Viewer(can_log_in=policy.asks) if session is None else Viewer(session.name, session.role)


def show(viewer: Viewer, words: Words) -> None:
    """Draw who is logged in, with the role and the way out, or the field for the name of the machine's operator."""
    said = words.access
    if viewer.local:
        with st.popover(viewer.name or said.your_name, icon=":material/person:", type="tertiary"):
            st.text_input(said.your_name, viewer.name, LONGEST_NAME, key=NAME, help=said.name_explained)
        return
    role = {Role.VIEWER: said.role_viewer, Role.OPERATOR: said.role_operator}[viewer.role]
    parts: list[str] = [element("bdi", viewer.name, css="bw-viewer-name")] if viewer.name else [said.anonymous]
    parts.append(role)
    if viewer.name:
        parts.append(_link("/logout", said.log_out))
    elif viewer.can_log_in:
        parts.append(_link("/login", said.log_in))
    st.html(element("p", *(element("span", part) for part in parts), css="bw-viewer"), width="content")


def why_not(context: Context) -> str:
    """Return a sentence that says why the person at the page cannot write, or nothing if they can."""
    said = context.words.access
    if context.viewer.role is not Role.OPERATOR:
        return said.needs_operator
    if context.services.desk is None:
        return said.needs_desk
    return "" if context.viewer.name else said.needs_name


def _link(address: str, name: str) -> str:
    return element("a", name, href=address, target="_self")
