"""What a command loads, and what is said where something of it is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deploy.cli import COMMANDS, FOR_CHILDREN
from tests.conftest import ROOT


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", COMMANDS | FOR_CHILDREN)
def test_a_command_loads_the_page_or_the_engine_only_if_it_serves_it(name: str) -> None:
    program = (
        "import sys, typer.main; from deploy.cli import app; group = typer.main.get_command(app)\n"
        f"assert group.get_command(typer.Context(group), {name!r}) is not None\n"
        "print(*{'streamlit', 'chdb', 'pandas'} & set(sys.modules))"
    )
    found = python(program)
    assert (found.returncode, found.stdout) == (0, "\n"), found.stderr


def test_commands_that_only_ask_the_store_load_no_network_and_no_language() -> None:
    loaded = python(
        "import sys, deploy.commands.sql, deploy.commands.store, deploy.stages.watch\n"
        "print(*{'ingest.sources', 'processing.language'} & set(sys.modules))"
    )
    assert (loaded.returncode, loaded.stdout) == (0, "\n"), loaded.stderr


@pytest.mark.parametrize(
    ("command", "package", "extra"), [("dashboard", "streamlit", "dashboard"), ("warehouse", "chdb", "embedded")]
)
def test_a_part_that_is_not_installed_is_said_to_be(command: str, package: str, extra: str) -> None:
    told = python(
        f"import sys; sys.modules[{package!r}] = None; sys.argv = ['banwatch', {command!r}]\n"
        "from deploy.cli import main; main()"
    )
    assert told.returncode == 1
    assert told.stderr == f"banwatch: {package} is not installed: `pip install 'banwatch[{extra}]'` brings it.\n"
