"""Who has which role, how long a session lasts, and how guessing is braked: the rules, without a server."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from dashboard.access import sessions, throttle
from dashboard.access.login import _inside, login_of, role_of
from dashboard.access.members import Members, entries
from dashboard.access.policy import AccessMisconfigured, policy_of
from dashboard.access.sessions import Sessions
from dashboard.access.throttle import FAILURES_OF_ALL, FAILURES_OF_ONE, WINDOW, Throttle
from dashboard.context import Context
from dashboard.desk import HttpDesk
from dashboard.desk_protocol import Fault
from dashboard.i18n import WORDS
from dashboard.parts import access, desk
from dashboard.services import Desk, DeskUnavailable, Services
from dashboard.settings import DashboardSettings
from dashboard.viewer import Role, Viewer
from processing.i18n import LANGUAGES
from tests.conftest import NOON
from tests.support.watched import of_bans

KEY, OTHER = SecretStr("k" * 32), SecretStr("o" * 32)
HOUR = timedelta(hours=1)
OPERATORS, READERS = "the operators' word", "the readers' word"
OIDC = {
    "oidc_metadata_url": "https://id.example/.well-known/openid-configuration",
    "oidc_client_id": "banwatch",
    "oidc_client_secret": "secret",
    "public_url": "https://watch.example",
    "oidc_operators": "nora@example.org",
}


def settings(**given: object) -> DashboardSettings:
    return DashboardSettings(**given)  # type: ignore[arg-type]


class TestMembers:
    members = Members(entries("Nora@Example.org, desk"), entries("@example.org, @münchen.example, readers"), "groups")

    @pytest.mark.parametrize(
        ("claims", "role"),
        [
            ({"email": "nora@example.org", "email_verified": True}, Role.OPERATOR),
            ({"email": "NORA@EXAMPLE.ORG", "email_verified": "true"}, Role.OPERATOR),
            ({"email": "omar@example.org", "email_verified": True}, Role.VIEWER),
            ({"groups": ["desk"]}, Role.OPERATOR),
            ({"groups": ["other", "readers"]}, Role.VIEWER),
            ({"groups": "desk"}, Role.OPERATOR),
            ({}, None),
            ({"email": "nora@example.org"}, None),
            ({"email": "nora@example.org", "email_verified": False}, None),
            ({"email": "nora@example.org", "email_verified": "false"}, None),
            ({"email": "nora@example.org", "email_verified": 1}, None),
            ({"email": "nora@sub.example.org", "email_verified": True}, None),
            ({"email": "nora@evil-example.org", "email_verified": True}, None),
            ({"email": "nora@evil.example@example.org", "email_verified": True}, None),
            ({"email": "\u212aora@example.org", "email_verified": True}, None),
            ({"email": "omar@münchen.example", "email_verified": True}, None),
            ({"email": "@example.org", "email_verified": True}, None),
            ({"email": ["nora@example.org"], "email_verified": True}, None),
            ({"groups": ["Desk"]}, None),
            ({"groups": ["nora@example.org", "@example.org"]}, None),
            ({"groups": {"desk": True}}, None),
            ({"groups": [["desk"], 7, None]}, None),
            ({"roles": ["desk"]}, None),
            ({"sub": "desk", "name": "desk"}, None),
        ],
    )
    def test_a_role_follows_from_what_is_verified(self, claims: dict[str, object], role: Role | None) -> None:
        assert self.members.role(claims) is role

    def test_without_a_claim_no_value_counts(self) -> None:
        assert Members(frozenset({"desk"}), frozenset()).role({"groups": ["desk"], "": "desk"}) is None


class TestPolicy:
    def test_without_configuration_it_is_the_operators_own_machine(self) -> None:
        for host in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
            assert policy_of(settings(dashboard_host=host)).local
        assert policy_of(settings(public_url="http://localhost:8501")).local

    def test_somebody_must_be_named_where_others_come(self) -> None:
        for open_to_others in (
            {"dashboard_host": "0.0.0.0"},
            {"dashboard_host": "watch.lan"},
            {"dashboard_names": "watch.lan"},
            {"public_url": "https://watch.example"},
        ):
            with pytest.raises(AccessMisconfigured, match="BANWATCH_DASHBOARD_ANONYMOUS=1"):
                policy_of(settings(**open_to_others))
            for said in (
                {"dashboard_anonymous": True},
                {"dashboard_viewer_password": READERS},
                {**OIDC, **open_to_others},
            ):
                assert not policy_of(settings(**(open_to_others | said))).local

    def test_everybody_on_this_machine_only_reads_if_that_is_said(self) -> None:
        policy = policy_of(settings(dashboard_anonymous=True))
        assert (policy.local, policy.asks) == (False, False)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"dashboard_viewer_password": "eleven char"}, "fewer than 12"),
            ({"dashboard_viewer_password": READERS, "dashboard_operator_password": READERS}, "are the same"),
            (OIDC | {"public_url": ""}, "also needs BANWATCH_PUBLIC_URL"),
            (OIDC | {"oidc_client_id": "", "oidc_client_secret": ""}, "BANWATCH_OIDC_CLIENT_ID and BANWATCH_OIDC_CL"),
            (OIDC | {"oidc_operators": " , "}, "name nobody"),
            (OIDC | {"oidc_viewers": "desk"}, "'desk' is neither an e-mail address nor a domain"),
        ],
    )
    def test_a_login_that_cannot_work_is_one_sentence(self, given: dict[str, object], said: str) -> None:
        with pytest.raises(AccessMisconfigured, match=said) as refused:
            policy_of(settings(**given))
        assert READERS not in str(refused.value)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def some_sessions(*keys: SecretStr, rules: str = "", clock: Clock | None = None) -> Sessions:
    return Sessions(keys or (KEY,), rules, 12 * HOUR, clock or Clock())


class TestSessions:
    def test_a_session_is_read_until_it_ends(self) -> None:
        clock = Clock()
        own = some_sessions(clock=clock)
        cookie = own.issue("نورا", Role.VIEWER)
        found = own.read(cookie)
        assert found is not None
        assert (found.name, found.role) == ("نورا", Role.VIEWER)
        assert own.issue("نورا", Role.VIEWER) != cookie
        clock.now += 12 * HOUR
        assert own.read(cookie) is None
        assert not own.lasts(found)

    def test_a_session_that_was_logged_out_is_over_and_no_other(self) -> None:
        own = some_sessions()
        first, second = own.issue("Nora", Role.OPERATOR), own.issue("Nora", Role.OPERATOR)
        session = own.read(first)
        assert session is not None
        own.end(session)
        assert own.read(first) is None
        assert own.read(second) is not None

    def test_what_was_logged_out_is_remembered_within_bounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sessions, "MOST_ENDED", 3)
        clock = Clock()
        own = some_sessions(clock=clock)
        for _ in range(5):
            session = own.read(own.issue("Nora", Role.VIEWER))
            assert session is not None
            own.end(session)
        assert len(own._ended[Role.VIEWER]) == 3
        clock.now += 13 * HOUR
        session = own.read(own.issue("Nora", Role.VIEWER))
        assert session is not None
        own.end(session)
        assert len(own._ended[Role.VIEWER]) == 1

    def test_viewers_who_log_out_revive_no_operator(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sessions, "MOST_ENDED", 3)
        own = some_sessions()
        stolen = own.issue("Nora", Role.OPERATOR)
        for cookie in (stolen, *(own.issue("Omar", Role.VIEWER) for _ in range(5))):
            session = own.read(cookie)
            assert session is not None
            own.end(session)
        assert own.read(stolen) is None

    def test_a_cookie_of_another_key_or_of_other_rules_is_none(self) -> None:
        cookie = some_sessions(OTHER).issue("Nora", Role.OPERATOR)
        assert some_sessions().read(cookie) is None
        assert some_sessions(KEY, OTHER).read(cookie) is not None, "an older key is accepted"
        assert some_sessions(OTHER, rules="another password").read(cookie) is None
        assert some_sessions(OTHER).read(some_sessions(KEY, OTHER).issue("Nora", Role.VIEWER)) is None, "the new signs"

    def test_a_cookie_that_was_changed_is_none(self) -> None:
        own = some_sessions()
        cookie = own.issue("Nora", Role.VIEWER)
        payload, _, signed = cookie.rpartition(".")
        operator = some_sessions(OTHER).issue("Nora", Role.OPERATOR).rpartition(".")[0]
        for changed in ("", "x", payload, f"{payload}.", f"{operator}.{signed}", cookie + "0", cookie[:-1], "." * 9):
            assert own.read(changed) is None
        assert own.read(None) is None

    def test_a_change_of_passwords_or_lists_ends_every_session(self) -> None:
        def issued(**given: object) -> Sessions:
            own = settings(**({"dashboard_key": "k" * 32} | given))
            return login_of(own, policy_of(own)).sessions

        cookie = issued(dashboard_viewer_password=READERS).issue("Nora", Role.VIEWER)
        assert issued(dashboard_viewer_password=READERS).read(cookie) is not None
        assert issued(dashboard_viewer_password=READERS + "!").read(cookie) is None
        assert issued(dashboard_operator_password=READERS).read(cookie) is None


@dataclass
class Brake:
    now: float = 1_000.0
    throttle: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.throttle = Throttle(lambda: self.now)

    def fail(self, address: str, times: int = 1) -> None:
        for _ in range(times):
            self.throttle.failed(address)


class TestThrottle:
    def test_an_address_waits_after_too_many_wrong_passwords(self) -> None:
        brake = Brake()
        brake.fail("192.0.2.1", FAILURES_OF_ONE - 1)
        assert brake.throttle.wait("192.0.2.1") == 0
        brake.fail("192.0.2.1")
        assert brake.throttle.wait("192.0.2.1") == WINDOW.total_seconds()
        assert brake.throttle.wait("192.0.2.2") == 0
        brake.now += WINDOW.total_seconds()
        assert brake.throttle.wait("192.0.2.1") == 0
        brake.fail("192.0.2.1")
        assert brake.throttle.wait("192.0.2.1") == 0, "a new window counts from the start"

    def test_a_login_does_not_forgive_what_failed_before_it(self) -> None:
        brake = Brake()
        for _ in range(2):
            brake.fail("192.0.2.1", FAILURES_OF_ONE // 2)
            brake.throttle.succeeded("192.0.2.1")
        assert brake.throttle.wait("192.0.2.1") > 0

    def test_many_addresses_together_are_braked_but_for_those_that_are_known(self) -> None:
        brake = Brake()
        brake.throttle.succeeded("198.51.100.7")
        for number in range(FAILURES_OF_ALL):
            brake.fail(f"192.0.{number // 250}.{number % 250}")
        assert brake.throttle.wait("203.0.113.9") > 0
        assert brake.throttle.wait("198.51.100.7") == 0
        brake.fail("198.51.100.7", FAILURES_OF_ONE)
        assert brake.throttle.wait("198.51.100.7") > 0

    def test_who_has_a_network_of_addresses_is_one(self) -> None:
        brake = Brake()
        for number in range(FAILURES_OF_ONE):
            brake.fail(f"2001:db8:1:2::{number:x}")
        assert brake.throttle.wait("2001:db8:1:2:ffff::1") > 0
        assert brake.throttle.wait("2001:db8:1:3::1") == 0
        brake.fail("::ffff:192.0.2.1", FAILURES_OF_ONE)
        assert brake.throttle.wait("192.0.2.1") > 0
        assert brake.throttle.wait("192.0.2.2") == 0

    def test_it_remembers_a_bounded_number_of_addresses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttle, "MOST_ADDRESSES", 5)
        brake = Brake()
        for number in range(20):
            brake.fail(f"192.0.2.{number}")
            brake.throttle.succeeded(f"198.51.100.{number}")
        assert len(brake.throttle._failures) == 5
        assert len(brake.throttle._trusted) == 5


def test_a_password_gives_its_own_role() -> None:
    passwords = {Role.OPERATOR: SecretStr(OPERATORS), Role.VIEWER: SecretStr(READERS)}
    assert role_of(passwords, OPERATORS) is Role.OPERATOR
    assert role_of(passwords, READERS) is Role.VIEWER
    for wrong in ("", OPERATORS + " ", OPERATORS.upper(), "\ud83d", "é" * 20):
        assert role_of(passwords, wrong) is None
    assert role_of({Role.VIEWER: SecretStr(READERS)}, "") is None


@pytest.mark.parametrize("address", ["/", "/incident?id=ban-1&ui=ar", "/posts?q=%2F%2Fevil.example", "/sql?q=a b"])
def test_one_goes_on_to_a_page_of_ours(address: str) -> None:
    assert _inside(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "posts",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
        ),
        *("/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "/login", "/logout", "/login/provider"),
        *(" //evil.example", "/\u202e", "/" + "x" * 2_000, "http:/evil.example", "@evil.example"),
    ],
)
def test_one_never_goes_on_to_elsewhere(address: str) -> None:
    assert _inside(address) == "/"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_fault_of_the_desk_has_a_sentence_in_every_language(tag: str) -> None:
    said = {desk.fault(DeskUnavailable("in English", fault), WORDS[tag]) for fault in Fault}
    assert len(said) == len(Fault)
    assert "in English" not in said


def test_why_somebody_cannot_write_is_one_sentence() -> None:
    words = WORDS["en"]

    def why(viewer: Viewer, desk: Desk | None = None) -> str:
        services = Services(dict, desk)
        return access.why_not(Context(settings(), services, of_bans(), words, viewer))

    with closing(HttpDesk("http://127.0.0.1:9", [KEY], Clock())) as lent:
        operator = Viewer("Nora", Role.OPERATOR)
        assert why(Viewer("Omar", Role.VIEWER), lent) == words.access.needs_operator
        assert why(Viewer(), lent) == words.access.needs_operator
        assert why(operator) == words.access.needs_desk
        assert why(replace(operator, name=""), lent) == words.access.needs_name
        assert why(operator, lent) == ""
