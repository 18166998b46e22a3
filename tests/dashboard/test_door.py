"""The page and the embedded warehouse go by one rule: which `Host` is a name of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.door import refusal
from dashboard.host_names import HostNames
from deploy.embedded.chdb_http.access import refuse_web_pages
from deploy.embedded.chdb_http.errors import EngineError
from deploy.embedded.chdb_http.settings import WarehouseSettings

BOUND = ["127.0.0.1", "localhost", "::1", "127.0.0.2", "192.168.0.1", "0.0.0.0"]
HOSTS = [
    *("127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:8501", "[::1]", "[::1]:8501", "127.0.0.2:1", "192.168.0.1"),
    *("", ":1", "evil.example", "evil.example:8501", "localhost.evil.example", "localhost.", "[::2]:1", "0.0.0.0:1"),
    *(
        "evil.example@127.0.0.1",
        "127.0.0.1.evil.example",
        "127.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "\u0131ocalhost",
    ),
]
ORIGINS = [
    None,
    "null",
    "http://{host}",
    "https://{host}",
    "http://evil.example",
    "http://{host}.evil.example",
    "{host}",
]


def warehouse_refuses(bound: str, host: str, origin: str | None) -> bool:
    settings = WarehouseSettings(
        directory=Path(),
        writer_password=SecretStr("w"),
        reader_password=SecretStr("r"),
        readable=frozenset(),
        host=bound,
    )
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    try:
        refuse_web_pages(headers, settings)
    except EngineError:
        return True
    return False


@pytest.mark.parametrize("bound", BOUND)
@pytest.mark.parametrize("host", HOSTS)
def test_the_page_refuses_what_the_warehouse_refuses(bound: str, host: str) -> None:
    for form in ORIGINS:
        origin = form and form.format(host=host)
        refused = refusal([host], origin, HostNames(bound)) is not None
        assert refused == warehouse_refuses(bound, host, origin), (bound, host, origin)


def test_the_rule_lets_its_own_names_in_and_no_other() -> None:
    let_in = [host for host in HOSTS if refusal([host], None, HostNames("127.0.0.1")) is None]
    assert let_in == ["127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:8501", "[::1]", "[::1]:8501"]
    assert refusal([], None, HostNames("127.0.0.1")) is not None
    assert refusal(["localhost", "localhost"], None, HostNames("127.0.0.1")) is not None
