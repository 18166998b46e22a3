"""How the embedded warehouse runs: where its data lies, whom it lets in and how far a reader may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.host_names import HostNames

if TYPE_CHECKING:
    from pydantic import SecretStr


DISPLAY_NAME = "banwatch"

OWN_FOLDER = Path("/proc/self/cwd")
"""The folder of its data as the engine knows it, where there is such a name: it tells of paths, to readers too."""


class Role(StrEnum):
    """The two users of the warehouse. A writer may do everything that the engine can; a reader only reads."""

    WRITER = "writer"
    READER = "reader"


@dataclass(frozen=True)
class ReaderLimits:
    """What one query of a reader may take before the engine stops it. `disk_bytes` is what it may put aside."""

    seconds: int = 30
    memory_bytes: int = 2_000_000_000
    read_rows: int = 2_000_000_000
    read_bytes: int = 200_000_000_000
    disk_bytes: int = 4_000_000_000
    result_rows: int = 1_000_000
    result_bytes: int = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class WarehouseSettings:
    """One warehouse process.

    `readers` and `writers` are the queries of each user that run side by side; `queries` bounds the requests of each
    that are under way, waiting ones included, and `connections` the sockets of both. `head_seconds` is how long a
    request's head may take to come, `stall_seconds` how long a client may neither send nor take anything, and
    `pulse_seconds` how long the engine may take to say what time it is before the process is given up. `readable`
    are the tables, of whatever database, that are granted to the reader, and `database` is where the reader is who
    names none. An empty reader password lets everyone on this machine read, so it is for loopback only. `proves`
    is whether whoever asks is shown that the writer's password is known here: only where that was made up, because
    one that a person chose could be guessed from the answers.

    Raises:
        ValueError: when a password is missing that must be there, or a number is below one.
    """

    directory: Path
    writer_password: SecretStr
    reader_password: SecretStr
    host: str = "127.0.0.1"
    port: int = 8123
    readers: int = 4
    writers: int = 4
    queries: int = 64
    connections: int = 512
    head_seconds: int = 10
    stall_seconds: int = 300
    pulse_seconds: int = 120
    proves: bool = False
    limits: ReaderLimits = field(default_factory=ReaderLimits)
    readable: frozenset[str]
    database: str = "banwatch"

    def __post_init__(self) -> None:
        if min(self.readers, self.writers, self.queries) < 1:
            raise ValueError("The warehouse needs at least one reader, one writer and one query at a time.")
        if self.connections <= 2 * self.queries:
            raise ValueError("The warehouse needs more connections than both users may have queries under way.")
        if not self.writer_password.get_secret_value():
            raise ValueError("The warehouse's writer needs a password: set one.")
        if not self.loopback and not self.reader_password.get_secret_value():
            raise ValueError(f"The warehouse's reader needs a password, because {self.host} is not loopback.")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return HostNames(self.host).loopback
