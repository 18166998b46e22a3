"""A whole banwatch as a user would start it, on ports and in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from tests.conftest import WRITER_PASSWORD
from tests.support.commands import banwatch
from tests.support.mortal import mortal
from tests.support.waiting import PATIENCE, eventually, free_port


def arguments_of(pid: str) -> list[str]:
    """The command line of a process; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def listens(port: int) -> bool:
    """Whether anything does, on this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Installation:
    """Settings that collide with nothing else on this machine."""

    folder: Path
    kafka: int = field(default_factory=free_port)
    clickhouse: int = field(default_factory=free_port)
    dashboard: int = field(default_factory=free_port)
    public: int = field(default_factory=free_port)
    batch_posts: int = 10_000
    writer_password: str | None = WRITER_PASSWORD
    """None where the folder is to keep one that was made up."""
    settings: dict[str, str] = field(default_factory=dict)
    """Further settings, above those that are made of the fields."""

    @property
    def environment(self) -> dict[str, str]:
        password = {} if self.writer_password is None else {"BANWATCH_CLICKHOUSE_PASSWORD": self.writer_password}
        return (
            os.environ
            | password
            | {
                "BANWATCH_DATA_DIR": str(self.folder),
                "BANWATCH_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.kafka}",
                "BANWATCH_CLICKHOUSE_URL": f"http://127.0.0.1:{self.clickhouse}",
                "BANWATCH_DASHBOARD_PORT": str(self.dashboard),
                "BANWATCH_PUBLIC_PORT": str(self.public),
                "BANWATCH_BATCH_POSTS": str(self.batch_posts),
                "BANWATCH_CLAIMS": "0",  # its model would take a core for a minute of each demo
            }
            | self.settings
        )

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard}"

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.public}"

    @property
    def store(self) -> ClickHouseAddress:
        return ClickHouseAddress(f"http://127.0.0.1:{self.clickhouse}", "writer", SecretStr(WRITER_PASSWORD))

    def number(self, question: str) -> int:
        """What the store answers to a question for one number; 0 while it cannot.

        Whoever looks again and again asks so: to connect a client costs ten times as much.
        """
        store = self.store
        password = store.password.get_secret_value()
        try:
            answer = httpx.post(
                store.url,
                params={"database": store.database},
                content=question,
                auth=(store.user, password),
                verify=False,
            )
        except httpx.TransportError:
            return 0
        return int(answer.text) if answer.is_success else 0

    def start(self, *arguments: str) -> Running:
        """Run `banwatch` with these arguments; what it prints goes to a file."""
        output = self.folder / f"{arguments[0]}.out"
        self.folder.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", *arguments],
                env=mortal(self.environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        return Running(process, output)

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `banwatch` with these arguments to its end. What starts a whole stack or reads a pipe is not forked."""
        if not stdin and arguments[0] not in {"demo", "up"}:
            return banwatch(*arguments, environment=self.environment)
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env=mortal(self.environment),
            input=stdin,
            capture_output=True,
            timeout=180,
            check=False,
        )


@dataclass
class Running:
    """A banwatch that runs."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def children(self, word: str = "") -> list[int]:
        """Process ids of the children whose command line holds a word; of all, without one."""
        pids: list[str] = []
        for of_a_thread in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):  # the thread has ended
                pids += of_a_thread.read_text().split()
        return [int(pid) for pid in pids if not word or word in arguments_of(pid)]

    def kill_child(self, word: str) -> None:
        """Kill a child by SIGKILL, once there is one."""
        os.kill(eventually(lambda: self.children(word))[0], signal.SIGKILL)

    def kill(self) -> None:
        """Kill everything at once by SIGKILL."""
        for pid in [self.process.pid, *self.children()]:
            with suppress(ProcessLookupError):  # a child ends with its parent
                os.kill(pid, signal.SIGKILL)
        self.wait()

    def says(self, text: str, within: timedelta = PATIENCE) -> bool:
        """Whether a text appears in what it prints, before it ends or time runs out."""
        eventually(lambda: text in self.said or self.process.poll() is not None, within)
        return text in self.said

    def wait(self, within: timedelta = PATIENCE) -> int:
        return self.process.wait(within.total_seconds())

    def interrupt(self) -> int:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def close(self) -> None:
        """Leave nothing behind, whatever the test found."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
