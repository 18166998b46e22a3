"""On one machine the operators' desk works without configuration: what the dashboard is lent reaches the store."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.services import DeskUnavailable
from deploy.desk import DESK_KEY, desk_of
from deploy.settings import load
from processing import queries
from processing.contract import ClickHouseAddress
from tests.e2e.test_secrets import environments
from tests.support.stacks import Installation
from tests.support.waiting import eventually

pytestmark = pytest.mark.long


def test_what_an_operator_saves_is_in_the_store(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(installation.start("up", "--no-sources")) as running:
        assert running.says("dashboard "), running.said
        eventually(lambda: environments(running).keys() >= {"answers", "dashboard"})
        told = environments(running)["dashboard"]
        assert not any("KEY" in name for name in told if name.startswith("BANWATCH_"))
        assert "BANWATCH_CLICKHOUSE_PASSWORD" not in told
        for name in ("BANWATCH_DATA_DIR", "BANWATCH_DESK_URL"):
            monkeypatch.setenv(name, told[name])
        desk = desk_of(load(os.environ))
        assert desk is not None
        with closing(desk), queries.connect(reader_of(installation)) as reader:
            eventually(lambda: saves(desk.save_query))
            [query] = queries.saved_queries(reader)
            assert (query.name, query.sql, query.by) == ("languages", "SELECT 1", "Nora")


def saves(save: object) -> bool:
    try:
        save("languages", "SELECT 1", "Nora")  # type: ignore[operator]
    except DeskUnavailable:  # the server is still starting
        return False
    return True


def reader_of(installation: Installation) -> ClickHouseAddress:
    return ClickHouseAddress(installation.store.url, "reader", load({}).dashboard.clickhouse_reader_password)


def test_without_a_key_there_is_no_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_DATA_DIR", str(tmp_path))
    assert desk_of(load(os.environ)) is None
    DESK_KEY.made_up(tmp_path)
    with closing(desk_of(load(os.environ))) as own:  # type: ignore[type-var]
        assert own is not None
    monkeypatch.setenv("BANWATCH_DESK_URL", "https://answers.example.org")
    assert desk_of(load(os.environ)) is None, "a key that was made up is for this machine alone"
