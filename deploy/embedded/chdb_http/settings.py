"""The settings of the embedded warehouse: its directory, its users and the limits of a reader."""

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
"""The engine's name for its data folder, on Linux. The engine shows paths to readers, and this one reveals nothing."""


class Role(StrEnum):
    """The two users of the warehouse. A writer may do everything that the engine can; a reader may only read."""

    WRITER = "writer"
    READER = "reader"


@dataclass(frozen=True)
class ReaderLimits:
    """The limits at which the engine stops a reader's query. `disk_bytes` bounds the query's temporary files."""

    seconds: int = 30
    memory_bytes: int = 2_000_000_000
    read_rows: int = 2_000_000_000
    read_bytes: int = 200_000_000_000
    disk_bytes: int = 4_000_000_000
    result_rows: int = 1_000_000
    result_bytes: int = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class WarehouseSettings:
    """The settings of one warehouse process.

    `readers` and `writers` are the numbers of queries of each user that run side by side. `queries` bounds each user's
    open requests, including waiting ones. `connections` bounds the sockets of both users.

    A request's head must arrive within `head_seconds`. A client may neither send nor receive for at most
    `stall_seconds`. The process ends if the engine does not return the time within `pulse_seconds`.

    `readable` holds the tables that are granted to the reader, in every database. `database` is the reader's database
    if the request names none. An empty reader password lets everyone on this machine read, so it is allowed on loopback
    only.

    `proves` lets any client check that this process knows the writer's password. It is only for a generated password,
    because a password chosen by a person could be guessed from the answers.

    Raises:
        ValueError: a required password is missing, or a number is too small.
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
        """Whether the server listens on a loopback address, which only this machine can reach."""
        return HostNames(self.host).loopback
