"""The operators' desk: what the dashboard signs is written once, and what anybody else sends is not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from dashboard.desk import HttpDesk
from dashboard.desk_protocol import (
    LARGEST_ENTRY,
    LONGEST_QUERY,
    PATH,
    SIGNATURE_HEADER,
    STAMP_HEADER,
    VALID_FOR,
    Acknowledge,
    Fault,
    new_stamp,
    signature,
)
from dashboard.host_names import HostNames
from dashboard.services import DeskUnavailable
from deploy.answers import desk as answers_desk
from deploy.answers.app import application
from deploy.answers.desk import DeskDoor, Replays
from deploy.desk import DESK_KEY, desk_of
from deploy.settings import load
from processing import queries
from processing.contract import ClickHouseAddress, Severity, Silence
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.conftest import NOON
from tests.deploy.test_answers import INCIDENT
from tests.support.asgi import serving
from tests.support.serving import Asked, Says, served

KEY, OLD, STRANGERS = (SecretStr(letter * 32) for letter in "kos")
SECOND = timedelta(seconds=1)
BODY = msgspec.json.encode(Acknowledge(INCIDENT.id, "Nora", ""))
SILENCE = Silence(
    id="known-1", topic="ban", starts_at=NOON, ends_at=NOON + 8 * timedelta(hours=1), by="Nora", note="a hearing"
)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def post(url: str, body: bytes, headers: Mapping[str, str] | Sequence[tuple[str, str]]) -> httpx.Response:
    return httpx.post(url, content=body, headers=headers, verify=False)  # certificates take longer to load


@dataclass
class Server:
    """The answers' server, with a clock that a test sets."""

    url: str
    clock: Clock = field(default_factory=Clock)
    desks: list[HttpDesk] = field(default_factory=list)

    def desk(self, key: SecretStr = KEY, clock: Clock | None = None) -> HttpDesk:
        self.desks.append(HttpDesk(self.url, [key], clock or self.clock))
        return self.desks[-1]

    def post(self, body: bytes = BODY, *, key: SecretStr = KEY, **headers: str) -> httpx.Response:
        stamp = new_stamp(self.clock())
        given = {STAMP_HEADER: stamp, SIGNATURE_HEADER: signature(key, stamp, body)} | headers
        return post(self.url + PATH, body, given)


@contextmanager
def desk_server(store: Callable[[], Store], clock: Clock) -> Iterator[Server]:
    door = DeskDoor([KEY, OLD], HostNames("127.0.0.1"), store, clock, Replays(clock()))
    with serving(application(None, door)) as url:
        server = Server(url, clock)
        try:
            yield server
        finally:
            for desk in server.desks:
                desk.close()


@pytest.fixture
def server(store: Store, address: ClickHouseAddress) -> Iterator[Server]:
    write_incidents(store, [INCIDENT])
    with desk_server(lambda: Store(address), Clock()) as server:
        yield server


def nothing_written(store: Store) -> bool:
    tables = ("acknowledgements", "silences", "annotation_versions", "saved_query_versions")
    return all(store.query(f"SELECT count() FROM {table}") == [(0,)] for table in tables)


def test_answers_are_written_as_by_a_link(server: Server, store: Store) -> None:
    desk = server.desk()
    desk.acknowledge(INCIDENT.id, "Nora", "on the phone with them")
    said = queries.answer_to(store, INCIDENT.id)
    assert said is not None
    assert said[:3] == ("Nora", "on the phone with them", "acknowledge")
    desk.resolve(INCIDENT.id, "Omar", "")
    said = queries.answer_to(store, INCIDENT.id)
    assert said is not None
    assert said[:3] == ("Omar", "", "resolve")


def test_a_silence_keeps_all_its_fields_and_can_be_ended(server: Server, store: Store) -> None:
    desk = server.desk()
    narrow = msgspec.structs.replace(
        SILENCE, languages=("en", "ar"), sources=("bluesky",), severity=Severity.MAJOR, channel="newsroom"
    )
    desk.silence(narrow)
    assert queries.silences(store, NOON) == (narrow,)
    desk.silence(msgspec.structs.replace(narrow, ends_at=NOON + SECOND))
    assert queries.silences(store, NOON + SECOND) == ()


def test_notes_are_read_back_in_their_order_with_who_wrote_them_and_when(server: Server, store: Store) -> None:
    desk, before = server.desk(), datetime.now(UTC) - SECOND
    notes = [("Nora", "seen at the agency"), ("عمر", "أكّدته الوزارة\nبيان رسمي")]
    for by, text in [*notes, notes[0]]:
        desk.annotate(INCIDENT.id, by, text)
    found = queries.annotations(store, INCIDENT.id)
    assert sorted((each.by, each.text) for each in found) == notes, "the same note of the same person is one note"
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert found[0].at > before
    assert queries.annotations(store, "another") == ()


def test_a_query_is_kept_replaced_and_forgotten_and_its_versions_stay(server: Server, store: Store) -> None:
    desk = server.desk()
    desk.save_query("languages", "SELECT 1", "Nora")
    desk.save_query("by hour", "SELECT 2", "Nora")
    desk.save_query("languages", "SELECT 3", "Omar")
    assert [(each.name, each.sql, each.by) for each in queries.saved_queries(store)] == [
        ("by hour", "SELECT 2", "Nora"),
        ("languages", "SELECT 3", "Omar"),
    ]
    desk.forget_query("languages", "Nora")
    assert [each.name for each in queries.saved_queries(store)] == ["by hour"]
    store.command("OPTIMIZE TABLE saved_query_versions FINAL")
    history = store.query("SELECT sql, by FROM saved_query_versions WHERE name = 'languages' ORDER BY at")
    assert history == [("SELECT 1", "Nora"), ("SELECT 3", "Omar"), ("", "Nora")]


def test_an_older_key_is_accepted_and_a_strangers_is_not(server: Server, store: Store) -> None:
    with pytest.raises(DeskUnavailable, match="BANWATCH_DESK_KEY") as refused:
        server.desk(STRANGERS).acknowledge(INCIDENT.id, "Nora", "")
    assert refused.value.fault is Fault.FOREIGN
    assert nothing_written(store)
    server.desk(OLD).acknowledge(INCIDENT.id, "Nora", "")
    assert queries.answer_to(store, INCIDENT.id) is not None


NOT_OURS: list[tuple[Mapping[str, str], int]] = [
    ({SIGNATURE_HEADER: ""}, 401),
    ({SIGNATURE_HEADER: "0" * 64}, 401),
    ({STAMP_HEADER: f"{int(NOON.timestamp())}.{'0' * 16}"}, 401),
    ({STAMP_HEADER: "soon"}, 401),
    ({STAMP_HEADER: "1" * 400}, 401),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "http://127.0.0.1"}, 403),
    ({"Host": "evil.example"}, 403),
    ({"Host": ""}, 403),
]


def test_a_request_that_is_not_the_dashboards_is_refused(server: Server, store: Store) -> None:
    for headers, status in NOT_OURS:
        assert server.post(**headers).status_code == status, headers
    assert nothing_written(store)


def test_a_signature_holds_for_its_body_and_its_path_alone(server: Server, store: Store) -> None:
    stamp = new_stamp(NOON)
    headers = {STAMP_HEADER: stamp, SIGNATURE_HEADER: signature(KEY, stamp, BODY)}
    changed = BODY.replace(b"Nora", b"Omar")
    assert post(server.url + PATH, changed, headers).status_code == 401
    assert post(server.url + "/incident", BODY, headers).status_code == 404
    assert httpx.get(server.url + PATH, headers=headers, verify=False).status_code == 405
    twice = [*headers.items(), (SIGNATURE_HEADER, headers[SIGNATURE_HEADER])]
    assert post(server.url + PATH, BODY, twice).status_code == 401
    assert nothing_written(store)


def test_a_request_of_another_time_is_refused(server: Server, store: Store) -> None:
    server.clock.now += timedelta(hours=1)
    for late in (VALID_FOR + SECOND, -VALID_FOR - SECOND):
        with pytest.raises(DeskUnavailable, match="clock"):
            server.desk(clock=Clock(server.clock.now - late)).acknowledge(INCIDENT.id, "Nora", "")
    assert nothing_written(store)


def test_a_request_that_was_seen_cannot_be_sent_again(server: Server, address: ClickHouseAddress, store: Store) -> None:
    stamp = new_stamp(NOON)
    headers = {STAMP_HEADER: stamp, SIGNATURE_HEADER: signature(KEY, stamp, BODY)}
    assert post(server.url + PATH, BODY, headers).status_code == 200
    server.desk().resolve(INCIDENT.id, "Omar", "")
    for _ in range(2):
        server.clock.now += VALID_FOR / 2
        assert post(server.url + PATH, BODY, headers).status_code == 401
    with desk_server(lambda: Store(address), Clock(NOON + SECOND)) as restarted:
        assert post(restarted.url + PATH, BODY, headers).status_code == 401
    said = queries.answer_to(store, INCIDENT.id)
    assert said is not None
    assert said[2] == "resolve"


def test_the_memory_of_requests_is_bounded_and_passes(
    server: Server, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_desk, "MOST_REMEMBERED", 2)
    assert [server.post().status_code for _ in range(3)] == [200, 200, 503]
    server.clock.now += 2 * VALID_FOR + SECOND
    assert server.post().status_code == 200


def entry(**fields: object) -> bytes:
    return msgspec.json.encode({"type": "acknowledge", "incident": INCIDENT.id, "by": "Nora", "note": ""} | fields)


def silence(**fields: object) -> bytes:
    return msgspec.json.encode({"type": "silence"} | msgspec.to_builtins(SILENCE) | fields)


NO_ENTRIES = [
    b"",
    b"[]",
    b"{",
    b"\xff",
    entry(type="delete"),
    entry(by=""),
    entry(by="  "),
    entry(by="x" * 101),
    entry(by="Nora\nOmar"),
    entry(note="x" * 501),
    entry(note="\0"),
    entry(note=7),
    entry(note=None),
    entry(extra=1),
    entry(incident=""),
    entry(type="annotate", text=""),
    msgspec.json.encode({"type": "annotate", "incident": INCIDENT.id, "by": "Nora", "text": " \n"}),
    msgspec.json.encode({"type": "annotate", "incident": INCIDENT.id, "by": "Nora", "text": "x" * 2_001}),
    msgspec.json.encode({"type": "save_query", "name": "a", "by": "Nora", "sql": ""}),
    msgspec.json.encode({"type": "save_query", "name": "", "by": "Nora", "sql": "SELECT 1"}),
    msgspec.json.encode({"type": "save_query", "name": "a", "by": "Nora", "sql": "x" * (LONGEST_QUERY + 1)}),
    silence(ends_at="2020-07-10T12:00:00"),
    silence(ends_at="2020-07-10T11:59:59Z"),
    silence(ends_at="2021-07-12T12:00:00Z"),
    silence(starts_at="1969-07-10T12:00:00Z"),
    silence(severity="terrible"),
    silence(languages=["en"] * 51),
    silence(topic="'; DROP TABLE posts"),
    silence(id=""),
]


def test_what_is_no_entry_is_one_sentence(server: Server, store: Store) -> None:
    for body in NO_ENTRIES:
        refused = server.post(body)
        assert refused.status_code == 400, body
        said = refused.json()
        assert said["fault"] == "invalid"
        assert said["sentence"].endswith(".")
        assert "\n" not in said["sentence"]
    assert nothing_written(store)


def test_an_entry_that_is_too_large_is_refused(server: Server, store: Store) -> None:
    assert server.post(b"x" * (LARGEST_ENTRY + 1)).status_code == 413
    assert nothing_written(store)


def test_half_a_character_is_refused_before_it_is_sent(server: Server) -> None:
    with pytest.raises(DeskUnavailable) as refused:
        server.desk().annotate(INCIDENT.id, "Nora", "\ud83d")
    assert refused.value.fault is Fault.INVALID


def test_an_incident_that_is_not_there_is_said_so(server: Server, store: Store) -> None:
    desk = server.desk()
    for write in (desk.acknowledge, desk.resolve, desk.annotate):
        with pytest.raises(DeskUnavailable, match="no such incident") as refused:
            write("ban-20200711T0000Z", "Nora", "it is over")
        assert refused.value.fault is Fault.NO_INCIDENT
    assert nothing_written(store)


def test_a_store_that_is_away_is_said_so() -> None:
    away = ClickHouseAddress("http://127.0.0.1:9", "writer", SecretStr(""), timeout=SECOND)
    with desk_server(lambda: Store(away), Clock()) as server:
        with pytest.raises(DeskUnavailable, match="store does not answer") as refused:
            server.desk().save_query("languages", "SELECT 1", "Nora")
        assert refused.value.fault is Fault.AWAY


def test_a_server_that_is_away_is_said_so() -> None:
    with (
        closing(HttpDesk("http://127.0.0.1:9", [KEY], Clock())) as desk,
        pytest.raises(DeskUnavailable, match="does not answer") as refused,
    ):
        desk.forget_query("languages", "Nora")
    assert refused.value.fault is Fault.AWAY


@pytest.mark.parametrize("says", [Says(b"{}"), Says(b"<html>", status=502), Says(b"x" * 100_000, status=500)])
def test_a_stranger_at_the_address_cannot_pretend_that_something_was_written(says: Says) -> None:
    with (
        served(lambda _: says) as stranger,
        closing(HttpDesk(stranger.url, [KEY], Clock())) as desk,
        pytest.raises(DeskUnavailable) as refused,
    ):
        desk.acknowledge(INCIDENT.id, "Nora", "")
    assert refused.value.fault is Fault.FOREIGN


def test_an_entry_whose_answer_was_lost_is_sent_again(server: Server, store: Store) -> None:
    """Each attempt is a request of its own, so the second is no replay of the first."""
    lost = []

    def pass_on(asked: Asked) -> Says | None:
        headers = {name: asked.headers[name.lower()] for name in (STAMP_HEADER, SIGNATURE_HEADER)}
        answer = post(server.url + PATH, asked.body, headers)
        lost.append(answer.status_code)
        proof = {SIGNATURE_HEADER: answer.headers[SIGNATURE_HEADER]}
        return None if len(lost) == 1 else Says(answer.content, headers=proof)

    with served(pass_on) as proxy, closing(HttpDesk(proxy.url, [KEY], server.clock)) as desk:
        desk.annotate(INCIDENT.id, "Nora", "seen")
    assert lost == [200, 200]
    assert len(queries.annotations(store, INCIDENT.id)) == 1


def test_without_a_key_there_is_no_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_DATA_DIR", str(tmp_path))
    assert desk_of(load(os.environ)) is None
    DESK_KEY.made_up(tmp_path)
    with closing(desk_of(load(os.environ))) as own:  # type: ignore[type-var]
        assert own is not None
    monkeypatch.setenv("BANWATCH_DESK_URL", "https://answers.example.org")
    assert desk_of(load(os.environ)) is None, "a key that was made up is for this machine alone"
