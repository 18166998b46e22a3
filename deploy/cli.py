"""The command `banwatch`: it imports a subcommand when it is called, and reports a failure as one sentence."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from deploy import logs
from deploy.open_files import raise_limit, require_enough
from deploy.optional_dependencies import EXTRAS, NotInstalled
from deploy.supervisor.parent_death import die_with_parent
from deploy.terminal.progress import printable
from ingest.errors import Failure

COMMANDS = {
    "up": "deploy.commands.up:up",
    "demo": "deploy.commands.up:demo",
    "doctor": "deploy.commands.doctor:doctor",
    "process": "deploy.processes.worker:process",
    "watch": "deploy.processes.watch:watch",
    "claims": "deploy.processes.claims:claims",
    "dashboard": "deploy.processes.dashboard:dashboard",
    "public": "deploy.processes.public:public",
    "answers": "deploy.processes.answers:answers",
    "sql": "deploy.commands.sql:sql",
    "spikes": "deploy.commands.store:spikes",
    "backtest": "deploy.commands.backtest:backtest",
    "explain": "deploy.commands.explain:explain",
    "export": "deploy.commands.export:export",
    "verify": "deploy.commands.export:verify",
    "retag": "deploy.commands.retag:retag",
    "forget": "deploy.commands.store:forget",
    "tag": "deploy.commands.filters:tag",
    "detect": "deploy.commands.filters:detect",
    "backup": "deploy.commands.backup:backup",
    "restore": "deploy.commands.backup:restore",
    "migrate": "deploy.commands.store:migrate_schema",
    "ingest": "deploy.commands.ingest:app",
    "topics": "deploy.commands.topics:app",
    "alerts": "deploy.commands.alerts:app",
}

FOR_CHILDREN = {
    "warehouse": "deploy.processes.warehouse:warehouse",
    "broker": "deploy.processes.broker:broker",
}
"""Subcommands that only `up` starts."""

LACKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that mean the machine has run out of a resource; such an error does not always name a file."""


class Commands(TyperGroup):
    """The subcommands. A subcommand is imported when it is called, so no command loads another command's libraries."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        """Return the names of the subcommands that people use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the library's signature
        """Return the subcommand of this name, or None if there is none."""
        place = (COMMANDS | FOR_CHILDREN).get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A monitor of what people post on a subject: live dashboard, alerts on spikes, ad-hoc SQL.",
)


@app.callback()
def banwatch() -> None:
    """Do nothing: typer calls this function before the subcommand."""


def main() -> None:
    """Run the command. A known failure prints one sentence and ends the process with the failure's exit status."""
    die_with_parent()
    # The files of banwatch hold posts, addresses and secrets, so only the user who runs it may read them.
    os.umask(0o077)
    logs.configure()
    try:
        require_enough(raise_limit())
        app()
    except Failure as failure:
        _end(failure)
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        _end(NotInstalled(package))
    except BrokenPipeError:
        # The reader of standard output has closed the pipe, so the remaining output has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        _say("There is not enough memory for this: make room, or raise the limit under which banwatch runs.")
    except OSError as failure:
        if failure.filename is None and failure.errno not in LACKS:
            raise
        # The person who runs banwatch can repair a folder that is not writable or a full disk.
        if failure.filename is None:
            _say(f"This machine does not have what that takes: {failure.strerror}.")
        _say(f"{failure.filename} cannot be used: {failure.strerror}.")


def _end(failure: Failure) -> NoReturn:
    _say(failure.sentence, failure.exit_status)


def _say(sentence: str, status: int = 1) -> NoReturn:
    print(f"banwatch: {printable(sentence)}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
