"""A command of banwatch in a process that is forked once all commands are imported."""

from __future__ import annotations

import json
import os
import sys
import threading
from importlib import import_module
from pathlib import Path

from deploy import cli

for place in (*cli.COMMANDS.values(), "dashboard.server"):
    import_module(place.partition(":")[0])


def run(files: str, folder: str, environment: str, *arguments: str) -> None:
    """Be `banwatch` with these arguments in this folder. Its input and output are three files of `files`."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.dup2(os.open(Path(files, name), os.O_RDWR | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(json.loads(environment))
    sys.argv = ["banwatch", *arguments]
    status = 0
    try:
        cli.main()
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    for thread in threading.enumerate():  # as an interpreter does at its end: a command that hangs there is found
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    os._exit(status)
