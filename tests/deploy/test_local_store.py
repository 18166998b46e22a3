"""What a command says that asks a store which holds nothing, or which is another folder's."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from processing.store.client import NOTHING_STORED
from tests.support.commands import banwatch
from tests.support.stacks import Installation, listens
from tests.support.waiting import eventually, free_port

pytestmark = pytest.mark.long

JULY = ("--from", "2020-07-01", "--to", "2020-07-14")
READING = [("sql", "SELECT 1"), ("spikes",), ("explain", "ban-20200710T1606Z"), ("backtest", *JULY)]
ASKING = [*READING, ("retag", *JULY), ("migrate", "--status"), ("migrate", "--dry-run"), ("backup", "/nowhere/copy")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "BANWATCH_CLICKHOUSE_PASSWORD"} | {
        "BANWATCH_CLICKHOUSE_URL": f"http://127.0.0.1:{free_port()}",
        "BANWATCH_DATA_DIR": str(tmp_path / "data folder"),
    }


def said(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run a command: its status, and what it said to whom."""
    ran = banwatch(*arguments, environment=environment)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_nothing_is_made_where_there_is_no_store(
    environment: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert said(environment, *command) == (1, "", f"banwatch: {NOTHING_STORED}\n")
    assert list(tmp_path.iterdir()) == []


def test_the_demos_folder_is_named_as_it_can_be_set(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "data folder" / "demo"
    (folder / "warehouse").mkdir(parents=True)
    hint = f"The demo's is in '{folder}': set BANWATCH_DATA_DIR='{folder}'"
    assert said(environment, "spikes") == (1, "", f"banwatch: {NOTHING_STORED} {hint}\n")
    assert [each.name for each in folder.parent.iterdir()] == ["demo"]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_store_without_tables_is_told_of_in_the_same_sentence(
    environment: dict[str, str], warehouse_url: str, command: tuple[str, ...]
) -> None:
    environment |= {"BANWATCH_CLICKHOUSE_URL": warehouse_url, "BANWATCH_CLICKHOUSE_DATABASE": "absent"}
    assert said(environment, *command) == (1, "", f"banwatch: {NOTHING_STORED}\n")


def test_who_lacks_the_running_demos_password_hears_where_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "data folder" / "demo"
    demo = Installation(folder, writer_password=None)
    with closing(demo.start("warehouse")):
        eventually(lambda: listens(demo.clickhouse))
        environment |= {"BANWATCH_CLICKHOUSE_URL": demo.store.url}
        status, _, refused = said(environment, "retag", *JULY)
        assert status == 1
        assert refused == (
            f"banwatch: ClickHouse at {demo.store.url} does not accept user 'writer' with the password given. "
            f"The demo's is in '{folder}': set BANWATCH_DATA_DIR='{folder}'\n"
        )
        environment |= {"BANWATCH_DATA_DIR": str(folder)}
        assert said(environment, "retag", *JULY) == (1, "", f"banwatch: {NOTHING_STORED}\n")
