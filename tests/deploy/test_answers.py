"""The page behind a link in an alert: a look changes nothing, a button does, and a stranger can do neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from dashboard.forms import LARGEST_FORM
from deploy.answers.app import AnswersDoor, application
from processing import queries
from processing.alerts.signed_links import SignedLinks
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.conftest import NOON
from tests.deploy.test_explain_command import an_incident
from tests.support.asgi import serving

BASE = "https://news.example"
LINKS = SignedLinks(BASE, (SecretStr("k" * 32),))
INCIDENT = an_incident()
GOOD = LINKS.link(INCIDENT.id, NOON).removeprefix(BASE)
FORM = {"by": "Nora", "note": "on the phone with them", "action": "acknowledge"}


@pytest.fixture
def client(store: Store, address: ClickHouseAddress) -> Iterator[httpx.Client]:
    write_incidents(store, [INCIDENT])
    door = AnswersDoor(LINKS, lambda: Store(address), lambda: NOON + timedelta(days=1))
    with served(door) as client:
        yield client


@contextmanager
def served(door: AnswersDoor) -> Iterator[httpx.Client]:
    """The application behind a real server, and a client of it."""
    with serving(application(door)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_look_shows_the_incident_and_changes_nothing(client: httpx.Client, store: Store) -> None:
    page = client.get(GOOD)
    assert page.status_code == 200
    assert "NOTABLE: ban at 3 times normal" in page.text
    assert client.head(GOOD).status_code == 200
    assert queries.answer_to(store, INCIDENT.id) is None


@pytest.mark.parametrize(
    ("action", "shown"), [("acknowledge", "has it in hand"), ("resolve", "has said that it is over")]
)
def test_a_button_writes_who_said_what(client: httpx.Client, store: Store, action: str, shown: str) -> None:
    said = client.post(GOOD, data=FORM | {"action": action}, headers={"Origin": BASE})
    assert said.status_code == 200
    answer = queries.answer_to(store, INCIDENT.id)
    assert answer is not None
    assert answer[:3] == ("Nora", "on the phone with them", action)
    assert f"Nora {shown}" in client.get(GOOD).text


@pytest.mark.parametrize(
    ("base", "origin"),
    [
        ("https://news.example:443/alerts", "https://news.example"),
        ("HTTPS://News.Example", "https://news.example"),
        ("https://b\u00fccher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("http://[::1]:8502", "http://[::1]:8502"),
    ],
)
def test_a_form_is_taken_from_the_address_as_browsers_write_it(
    client: httpx.Client, store: Store, address: ClickHouseAddress, base: str, origin: str
) -> None:
    links = replace(LINKS, base=base)
    with served(AnswersDoor(links, lambda: Store(address), lambda: NOON)) as own:
        assert own.post(GOOD, data=FORM, headers={"Origin": origin}).status_code == 200
        assert own.post(GOOD, data=FORM, headers={"Origin": f"{origin}.evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "link",
    [
        "/incident",
        GOOD.replace("ban-", "bam-"),
        GOOD + "0",
        GOOD + "&id=ban-20200710T1205Z",
        LINKS.link(INCIDENT.id, NOON - timedelta(days=7)).removeprefix(BASE),
    ],
)
def test_a_link_that_is_not_good_shows_and_writes_nothing(client: httpx.Client, store: Store, link: str) -> None:
    for answered in (client.get(link), client.post(link, data=FORM)):
        assert answered.status_code == 403
        assert "ban at" not in answered.text
    assert queries.answer_to(store, INCIDENT.id) is None


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        (FORM | {"by": " "}, 400),
        (FORM | {"by": "x" * 101}, 400),
        (FORM | {"note": "x" * 501}, 400),
        (FORM | {"action": "delete"}, 400),
        (FORM | {"note": "x" * LARGEST_FORM}, 400),
    ],
)
def test_a_form_that_says_nothing_writes_nothing(
    client: httpx.Client, store: Store, form: dict[str, str], status: int
) -> None:
    assert client.post(GOOD, data=form).status_code == status
    assert queries.answer_to(store, INCIDENT.id) is None


def test_a_form_on_a_foreign_page_is_refused(client: httpx.Client, store: Store) -> None:
    assert client.post(GOOD, data=FORM, headers={"Origin": "https://evil.example"}).status_code == 403
    assert queries.answer_to(store, INCIDENT.id) is None


def test_hostile_text_is_shown_as_text_and_the_page_loads_nothing(client: httpx.Client) -> None:
    client.post(GOOD, data=FORM | {"by": "<script>alert(1)</script>", "note": '"><img src=x onerror=alert(1)>'})
    page = client.get(GOOD)
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_an_incident_that_is_not_there_is_said_so(client: httpx.Client) -> None:
    other = msgspec.structs.replace(INCIDENT, id="ban-20200711T0000Z")
    link = LINKS.link(other.id, NOON).removeprefix(BASE)
    assert client.get(link).status_code == 404
    assert client.post(link, data=FORM).status_code == 404


def test_a_store_that_is_away_is_said_so(address: ClickHouseAddress) -> None:
    away = ClickHouseAddress("http://127.0.0.1:9", "writer", SecretStr(""), timeout=timedelta(seconds=1))
    with served(AnswersDoor(LINKS, lambda: Store(away), lambda: NOON)) as client:
        assert client.get(GOOD).status_code == 503
        assert client.post(GOOD, data=FORM).status_code == 503
