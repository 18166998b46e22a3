"""A store behind a proxy that fails, beside a proxy that it must not be told to, and what a closed store leaves."""

from __future__ import annotations

import pytest
from clickhouse_connect.driver.httputil import all_managers
from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreUnavailable
from tests.support.serving import Says, served


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_proxy_that_cannot_reach_the_store_is_waited_for(status: int) -> None:
    page = Says(b"<h1>Bad Gateway</h1>", status)
    with served(lambda _: page) as proxy, pytest.raises(StoreUnavailable) as unavailable:
        Store(ClickHouseAddress(proxy.url, "writer", SecretStr("secret")))
    assert unavailable.value.code is None
    assert f"status {status}" in str(unavailable.value)


def test_no_proxy_is_told_the_password_of_a_store_without_tls(
    address: ClickHouseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(lambda _: Says(status=502)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with Store(address) as store:
            assert store.query("SELECT 1") == [(1,)]
    assert proxy.asked == []


def test_a_store_that_is_closed_or_cannot_connect_leaves_no_pool(address: ClickHouseAddress) -> None:
    before = len(all_managers)
    with Store(address):
        pass
    with served(lambda _: Says(status=502)) as proxy, pytest.raises(StoreUnavailable):
        Store(ClickHouseAddress(proxy.url, "writer", SecretStr("secret")))
    assert len(all_managers) == before
