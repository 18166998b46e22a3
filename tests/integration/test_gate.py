"""The gate before the dashboard, attacked over plain HTTP and by websockets: nothing is served without a session."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.responses import JSONResponse, Response
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboard.access.gate import SESSION_HEADER
from dashboard.access.throttle import FAILURES_OF_ONE
from tests.integration.test_door import CLOSED, page
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.support.waiting import free_port

OPERATORS, READERS = "the operators' word", "the readers' word"
HTTPS = "https://watch.example"
RERUN = BackMsg(rerun_script={"query_string": "", "page_script_hash": ""}).SerializeToString()
COOKIE = "__Host-banwatch-session"
SERVED = [
    "/",
    "/index.html",
    "/incident",
    "/evidence?id=x",
    "/favicon.png",
    "/static/js/index.js",
    "/media/abc.png",
    "/_stcore/host-config",
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A page behind a proxy with TLS, with a password for each role."""
    passwords = {"BANWATCH_DASHBOARD_OPERATOR_PASSWORD": OPERATORS, "BANWATCH_DASHBOARD_VIEWER_PASSWORD": READERS}
    with page(tmp_path_factory.mktemp("gate"), BANWATCH_PUBLIC_URL=HTTPS, **passwords) as port:
        yield port


@contextmanager
def browser(port: int, address: str = "192.0.2.1") -> Iterator[httpx.Client]:
    """A browser behind the proxy, without a cookie. It keeps none of itself, because TLS ends at the proxy."""
    headers = {"Host": urlsplit(HTTPS).netloc, "Accept": "text/html", "X-Forwarded-For": address}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, verify=False, timeout=20) as client:
        yield client


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    return dict(line.partition(";")[0].split("=", 1) for line in answer.headers.get_list("set-cookie"))


def jar(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def log_in(client: httpx.Client, password: str, onward: str = "/", **fields: str) -> httpx.Response:
    form = client.get("/login")
    [token] = re.findall(r'name="token" value="([^"]+)"', form.text)
    data = {"token": token, "name": "Nora", "password": password, "next": onward} | fields
    return client.post("/login", data=data, headers=jar(cookies_of(form)) | {"Origin": HTTPS})


def session(client: httpx.Client, password: str = OPERATORS) -> str:
    answer = log_in(client, password)
    assert answer.status_code == 303
    return cookies_of(answer)[COOKIE]


@contextmanager
def websocket(port: int, cookie: str = "", *, resume: str = "", **headers: str) -> Iterator[ClientConnection]:
    """The page's websocket, as a browser opens it; it asks to `resume` a page that has lost its websocket."""
    with (
        socket.create_connection(("127.0.0.1", port), 20) as plain,
        connect(
            f"ws://{urlsplit(HTTPS).netloc}/_stcore/stream",
            sock=plain,
            origin=HTTPS,  # type: ignore[arg-type]
            additional_headers=(jar({COOKIE: cookie}) if cookie else {}) | headers,
            subprotocols=["streamlit", "x", resume] if resume else ["streamlit"],  # type: ignore[list-item]
            open_timeout=20,
            max_size=None,
        ) as opened,
    ):
        yield opened


def websocket_status(port: int, cookie: str = "") -> int:
    try:
        with websocket(port, cookie):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_without_a_session_nothing_is_served_but_the_login_and_health(port: int) -> None:
    with browser(port) as client:
        for path in [*SERVED, "/login/../", "//", "/%2e%2e/", "/loginx"]:
            plain = client.get(path, headers={"Accept": "*/*"})
            assert plain.status_code == 401, path
            assert b"streamlit" not in plain.content.lower()
            assert client.post(path).status_code in {401, 404}, path
            sent = client.get(path)
            assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, "/login"), path
        for path in [*CLOSED, "/_stcore/health/", "/_stcore/Health"]:
            assert client.get(path, headers={"Accept": "*/*"}).status_code in {401, 404}
        assert client.get("/_stcore/health").text == "ok"
        assert client.get("/login").status_code == 200
    assert websocket_status(port) == 403


def test_the_pages_of_logging_in_are_kept_from_caches_and_scripts(port: int) -> None:
    with browser(port) as client:
        for answer in (client.get("/login"), client.get("/logout"), log_in(client, "no password of ours")):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert any("default-src 'none'" in each for each in answer.headers.get_list("content-security-policy"))
            assert "<script" not in answer.text
            for line in answer.headers.get_list("set-cookie"):
                assert {"httponly", "secure", "path=/"} <= set(line.lower().split("; "))


def test_a_password_opens_the_page_and_the_websocket(port: int) -> None:
    with browser(port) as client:
        answer = log_in(client, READERS, "/incident?id=ban-1&ui=ar")
        assert (answer.status_code, answer.headers["location"]) == (303, "/incident?id=ban-1&ui=ar")
        [line] = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE)]
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(line.split("; "))
        cookie = cookies_of(answer)[COOKIE]
        assert client.get("/", headers=jar({COOKIE: cookie})).status_code == 200
        assert client.get("/_stcore/host-config", headers=jar({COOKIE: cookie})).status_code == 200
        assert websocket_status(port, cookie) == 101


def test_a_session_that_is_not_ours_is_none(port: int) -> None:
    """A cookie that was made up, changed, signed by another key, or set before a login."""
    with browser(port) as client:
        cookie = session(client, READERS)
        payload, _, signed = cookie.rpartition(".")
        for forged in (
            "x",
            payload,
            f"{payload}.{signed[::-1]}",
            cookie.replace(payload[:8], payload[:8].swapcase()),
            "eyJpZCI6IjEiLCJuYW1lIjoiTm9yYSIsInJvbGUiOiJvcGVyYXRvciIsImV4cGlyZXMiOjk5OTk5OTk5OTl9." + signed,
        ):
            assert client.get("/", headers=jar({COOKIE: forged})).status_code == 303
            assert websocket_status(port, forged) == 403
        fixed = client.get("/login", headers=jar({COOKIE: "chosen by somebody else"}))
        assert COOKIE not in cookies_of(fixed)
        assert session(client, READERS) not in {cookie, "chosen by somebody else"}
        other = jar({"banwatch-session": cookie})
        assert client.get("/", headers=other).status_code == 303, "behind https only the cookie of https counts"


def page_of(opened: ClientConnection) -> str:
    """The id under which Streamlit keeps the state of the page."""
    opened.send(RERUN)
    while True:
        message = ForwardMsg.FromString(opened.recv(timeout=60))
        if message.WhichOneof("type") == "new_session":
            return str(message.new_session.initialize.session_id)


def test_a_page_is_resumed_by_whom_it_belongs_to_and_nobody_else(port: int) -> None:
    """The page of an operator holds what only an operator may press."""
    with browser(port) as client:
        operator, viewer = session(client, OPERATORS), session(client, READERS)
    with websocket(port, operator) as opened:
        own = page_of(opened)
        with websocket(port, viewer, resume=own) as other:
            assert page_of(other) != own
    with websocket(port, viewer, resume=own) as other:
        assert page_of(other) != own
    with websocket(port, viewer, resume=own, **{SESSION_HEADER: "guessed"}) as other:
        assert page_of(other) != own
    with websocket(port, operator, resume=own) as again:
        assert page_of(again) == own


def keep_asking(opened: ClientConnection, message: bytes) -> NoReturn:
    while True:
        opened.send(message)
        opened.recv(timeout=60)


def test_logging_out_ends_the_session_and_its_websockets(port: int) -> None:
    with browser(port) as client:
        cookie = session(client)
        with websocket(port, cookie) as opened:
            opened.send(RERUN)
            assert opened.recv(timeout=60)
            asked = client.get("/logout", headers=jar({COOKIE: cookie}) | {"Sec-Fetch-Site": "cross-site"})
            assert websocket_status(port, cookie) == 101, "a link on another site logs nobody out"
            [token] = re.findall(r'name="token" value="([^"]+)"', asked.text)
            own = jar(cookies_of(asked) | {COOKIE: cookie}) | {"Origin": HTTPS}
            assert client.post("/logout", headers=jar({COOKIE: cookie})).status_code == 200
            assert websocket_status(port, cookie) == 101, "neither does a form without its token"
            left = client.post("/logout", data={"token": token}, headers=own)
            assert 'banwatch-session="";' in left.headers["set-cookie"]
            with pytest.raises(ConnectionClosed) as closed:
                keep_asking(opened, RERUN)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert client.get("/", headers=jar({COOKIE: cookie})).status_code == 303
        assert websocket_status(port, cookie) == 403
        again = session(client)
        assert client.get("/logout", headers=jar({COOKIE: again}) | {"Sec-Fetch-Site": "same-origin"}).is_success
        assert websocket_status(port, again) == 403


def test_a_form_of_another_site_or_another_browser_logs_nobody_in(port: int) -> None:
    with browser(port) as client:
        form = client.get("/login")
        [token] = re.findall(r'name="token" value="([^"]+)"', form.text)
        data = {"token": token, "name": "Nora", "password": READERS, "next": "/"}
        foreign = jar(cookies_of(form)) | {"Origin": "https://evil.example"}
        assert client.post("/login", data=data, headers=foreign).status_code == 403
        for headers in ({}, jar(cookies_of(client.get("/login")))):
            refused = client.post("/login", data=data, headers=headers)
            assert refused.status_code == 403
            assert COOKIE not in cookies_of(refused)


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example", "///evil.example"])
def test_nobody_is_sent_on_to_another_site(port: int, onward: str) -> None:
    with browser(port) as client:
        assert log_in(client, READERS, onward).headers["location"] == "/"
        shown = client.get("/login", params={"next": onward})
        assert 'name="next" value="/"' in shown.text


def test_hostile_text_is_shown_as_text(port: int) -> None:
    with browser(port) as client:
        shown = log_in(client, "no password of ours", name='"><script>alert(1)</script>')
        assert "<script" not in shown.text
        assert log_in(client, READERS, name="").status_code == 400
        assert log_in(client, READERS, name="x" * 101).status_code == 400
        assert client.post("/login", content=b"x" * 9_000).status_code == 400
        kept = parse_qs(urlsplit(client.get('/posts?q="><script>').headers["location"]).query)
        assert kept["next"][0].startswith("/posts?q=")


def test_guessing_is_braked_for_an_address_whatever_it_says_of_itself(port: int) -> None:
    with browser(port, "192.0.2.66") as client:
        for number in range(FAILURES_OF_ONE):
            spoofed = f"203.0.113.{number}, 192.0.2.66"
            client.headers["X-Forwarded-For"] = spoofed
            assert log_in(client, "no password of ours").status_code == 403
        refused = log_in(client, OPERATORS)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    with browser(port, "192.0.2.67") as client:
        assert log_in(client, OPERATORS).status_code == 303


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-User", "Remote-User"]
)
def test_no_header_of_a_request_opens_the_gate(port: int, header: str) -> None:
    with browser(port) as client:
        for value in ("127.0.0.1", "/login", "/_stcore/health", "operator"):
            assert client.get("/", headers={header: value}).status_code == 303
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("accepts", "said"), [("ar-EG,en;q=0.5", "تسجيل الدخول"), ("fr-CA", "Se connecter"), ("xx", "Log in")]
)
def test_the_login_speaks_the_language_of_the_browser(port: int, accepts: str, said: str) -> None:
    with browser(port) as client:
        shown = client.get("/login", headers={"Accept-Language": accepts})
        assert said in shown.text
        assert ('dir="rtl"' in shown.text) is accepts.startswith("ar")


NORA = {"email": "nora@example.org", "email_verified": True, "name": "Nora"}


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def organisation(provider: OidcProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A page of an organisation whose people log in by their provider."""
    with page(tmp_path_factory.mktemp("organisation"), **settings_for(provider)) as port:
        yield port


def settings_for(provider: OidcProvider) -> dict[str, str]:
    return {
        "BANWATCH_PUBLIC_URL": HTTPS,
        "BANWATCH_OIDC_METADATA_URL": f"{provider.url}/.well-known/openid-configuration",
        "BANWATCH_OIDC_CLIENT_ID": CLIENT,
        "BANWATCH_OIDC_CLIENT_SECRET": SECRET,
        "BANWATCH_OIDC_OPERATORS": "nora@example.org",
        "BANWATCH_OIDC_VIEWERS": "@example.org",
    }


@pytest.fixture
def agreeing(provider: OidcProvider) -> OidcProvider:
    """The provider, where Nora agrees next."""
    provider.claims, provider.token, provider.signs_with = NORA, {}, None
    provider.lean, provider.said = False, None
    return provider


def come_back(client: httpx.Client, onward: str = "/") -> tuple[httpx.Response, dict[str, str]]:
    """Go to the provider, agree, and return what the dashboard sends to who comes back, and the cookies of the way."""
    begun = client.get("/login/provider", params={"next": onward})
    cookies = cookies_of(begun)
    agreed = httpx.get(begun.headers["location"], verify=False)
    [action] = re.findall(r'action="([^"]+)"', agreed.text)
    back = httpx.post(str(agreed.url.join(action)), verify=False).headers["location"]
    assert back.startswith(f"{HTTPS}/login/callback?")
    return client.get(back.removeprefix(HTTPS), headers=jar(cookies)), {"back": back, **cookies}


def test_who_the_provider_vouches_for_is_let_in(organisation: int, agreeing: OidcProvider) -> None:
    with browser(organisation) as client:
        answer, _ = come_back(client, "/posts?q=x")
        assert (answer.status_code, answer.headers["location"]) == (303, "/posts?q=x")
        assert websocket_status(organisation, cookies_of(answer)[COOKIE]) == 101


@pytest.mark.parametrize(
    "claims", [{"email": "omar@elsewhere.example", "email_verified": True}, NORA | {"email_verified": False}, {}]
)
def test_who_is_in_no_list_gets_no_access(organisation: int, agreeing: OidcProvider, claims: dict[str, object]) -> None:
    agreeing.claims = claims
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 403
        assert "has no access" in answer.text
        assert COOKIE not in cookies_of(answer)


@pytest.mark.parametrize(
    "token", [{"aud": "another"}, {"iss": "https://evil.example"}, {"nonce": "another"}, {"exp": 1}, {"iat": 2**40}]
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    organisation: int, agreeing: OidcProvider, token: dict[str, object]
) -> None:
    agreeing.token = token
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 502
        assert COOKIE not in cookies_of(answer)


def test_who_is_named_by_userinfo_alone_is_let_in(organisation: int, agreeing: OidcProvider) -> None:
    agreeing.lean = True
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 303
        assert websocket_status(organisation, cookies_of(answer)[COOKIE]) == 101


@pytest.mark.parametrize(
    "said",
    [
        JSONResponse({"sub": "2"} | NORA),
        JSONResponse(NORA),
        JSONResponse([NORA]),
        JSONResponse({"error": "server_error"}, 500),
        Response("ey.not.json", media_type="application/jwt"),
    ],
    ids=["of another", "of nobody", "a list", "a fault", "no JSON"],
)
def test_userinfo_that_cannot_be_used_lets_nobody_in(organisation: int, agreeing: OidcProvider, said: Response) -> None:
    agreeing.said = said
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 502
        assert "did not succeed" in answer.text
        assert "Traceback" not in answer.text
        assert COOKIE not in cookies_of(answer)


def test_an_address_of_userinfo_counts_only_as_userinfo_has_verified_it(
    organisation: int, agreeing: OidcProvider
) -> None:
    agreeing.claims = {"email": "omar@elsewhere.example", "email_verified": True}
    agreeing.said = JSONResponse({"sub": "1", "email": "nora@example.org"})
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 403
        assert COOKIE not in cookies_of(answer)


def test_a_provider_that_takes_the_secret_in_the_form_alone_and_has_no_userinfo(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        oidc_provider(methods=("client_secret_post",), has_userinfo=False, claims=NORA) as provider,
        page(tmp_path_factory.mktemp("form"), **settings_for(provider)) as port,
        browser(port) as client,
    ):
        answer, _ = come_back(client)
        assert answer.status_code == 303


def test_a_token_of_another_key_lets_nobody_in(organisation: int, agreeing: OidcProvider) -> None:
    agreeing.signs_with = agreeing.key.generate_key(2048, {"kid": "1"})
    with browser(organisation) as client:
        answer, _ = come_back(client)
        assert answer.status_code == 502


def test_an_answer_that_nobody_asked_for_lets_nobody_in(organisation: int, agreeing: OidcProvider) -> None:
    """Without the browser's own state, with a state of another browser, a second time, or with a fault."""
    with browser(organisation) as client:
        good, way = come_back(client)
        assert good.status_code == 303
        back = way.pop("back").removeprefix(HTTPS)
        for headers in ({}, jar(way), jar(cookies_of(client.get("/login/provider")))):
            assert client.get(back, headers=headers).status_code == 502
        assert client.get("/login/callback", headers=jar(way)).status_code == 502
        assert client.get("/login/callback?error=access_denied&state=x", headers=jar(way)).status_code == 502


def test_a_provider_that_is_away_is_said_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {
        "BANWATCH_PUBLIC_URL": HTTPS,
        "BANWATCH_OIDC_METADATA_URL": f"http://127.0.0.1:{free_port()}/metadata",
        "BANWATCH_OIDC_CLIENT_ID": CLIENT,
        "BANWATCH_OIDC_CLIENT_SECRET": SECRET,
        "BANWATCH_OIDC_VIEWERS": "@example.org",
    }
    with page(tmp_path_factory.mktemp("away"), **settings) as port, browser(port) as client:
        answer = client.get("/login/provider")
        assert answer.status_code == 502
        assert "did not succeed" in answer.text
