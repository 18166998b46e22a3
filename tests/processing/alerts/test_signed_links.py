"""A link in an alert is the permission to answer one incident for a week."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from processing.alerts.signed_links import SignedLinks, signed_links
from tests.conftest import NOON

BASE = "https://news.example"
OLD, NEW = "a" * 32, "b" * 32
LINKS = SignedLinks("https://news.example/banwatch/", (SecretStr(NEW), SecretStr(OLD)))
INCIDENT = "ban-20200710T1605Z"


def values(link: str) -> tuple[str, str, str]:
    query = parse_qs(urlsplit(link).query)
    return query["id"][0], query["expires"][0], query["signature"][0]


def test_a_link_permits_its_incident_for_a_week() -> None:
    link = LINKS.link(INCIDENT, NOON)
    assert link.startswith("https://news.example/banwatch/incident?id=ban-20200710T1605Z&expires=")
    assert LINKS.permits(*values(link), NOON)
    assert LINKS.permits(*values(link), NOON + timedelta(days=7, seconds=-1))
    assert not LINKS.permits(*values(link), NOON + timedelta(days=7))


def test_another_incident_or_a_later_end_is_not_permitted() -> None:
    incident, expires, signature = values(LINKS.link(INCIDENT, NOON))
    assert not LINKS.permits("ban-20200711T0000Z", expires, signature, NOON)
    assert not LINKS.permits(incident, str(int(expires) + 1), signature, NOON)
    assert not LINKS.permits(incident, expires, signature[:-1], NOON)


@given(st.text(), st.text(), st.text())
def test_no_text_is_an_error_or_a_permission(incident: str, expires: str, signature: str) -> None:
    assert not LINKS.permits(incident, expires, signature, NOON)


def test_a_link_of_the_older_key_is_good_until_the_key_is_gone() -> None:
    before, now, later = (signed_links(BASE, SecretStr(key)) for key in (OLD, f"{NEW}, {OLD}", NEW))
    assert before is not None
    assert now is not None
    assert later is not None
    link = before.link(INCIDENT, NOON)
    assert now.permits(*values(link), NOON)
    assert not later.permits(*values(link), NOON)
    assert later.permits(*values(now.link(INCIDENT, NOON)), NOON)


@pytest.mark.parametrize(("base", "key"), [("", NEW), (BASE, "")])
def test_without_an_address_or_a_key_there_are_no_links(base: str, key: str) -> None:
    assert signed_links(base, SecretStr(key)) is None


@pytest.mark.parametrize(("base", "key"), [("news.example", NEW), ("javascript:alert(1)", NEW), (BASE, "short")])
def test_what_makes_no_safe_link_is_refused_without_telling_the_key(base: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        signed_links(base, SecretStr(key))
    assert key not in str(refused.value)
