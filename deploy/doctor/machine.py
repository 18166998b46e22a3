"""This machine: the data folder, room on its disk and in its memory, ports, open files and optional packages."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import httpx

from deploy.desk import DESK_KEY, reached_at
from deploy.doctor.attempt import findings
from deploy.doctor.finding import Finding, error, ok, warning
from deploy.errors import PortTaken
from deploy.kept_secrets import KeptSecret
from deploy.open_files import ENOUGH, raise_limit
from deploy.optional_dependencies import NotInstalled
from deploy.settings import Settings
from deploy.supervisor.endpoints import ANSWER_TIMEOUT, Endpoint, require_free
from deploy.supervisor.environments import METRICS_PORT
from deploy.supervisor.supervisor import running
from deploy.writer import WRITER_PASSWORD
from processing.claims.embedding import is_installed

GIB = 2**30
LEAST_ROOM, SCARCE_ROOM = GIB, 10 * GIB
"""Bytes free on a disk. A store that merges its parts needs room for a second copy of the largest."""

SCARCE_MEMORY = GIB
FOLDER = "data folder"


def check_machine(settings: Settings) -> Iterator[Finding]:
    """Yield the state of this machine."""
    folder = settings.data_dir
    yield from findings(FOLDER, lambda: _folder(folder))
    for kept in (WRITER_PASSWORD, DESK_KEY):
        yield from findings(kept.file, partial(_kept, kept, folder))
    yield from findings("disk of the data folder", lambda: _disk(folder))
    yield from findings("memory", lambda: _memory(Path("/proc/meminfo")))
    yield _open_files(raise_limit())
    yield from _ports(settings)
    yield from _packages(settings)


def _folder(folder: Path) -> Iterator[Finding]:
    """Yield whether the folder, or the one in which it would be made, can be written to. Nothing is made."""
    if not folder.exists():
        above = _existing(folder)
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            yield ok(FOLDER, f"{folder} does not exist yet: `banwatch up` makes it.")
        else:
            yield error(
                FOLDER, f"{folder} cannot be made, because {above} cannot be written to.", _another_folder(above)
            )
        return
    owner = folder.stat().st_uid
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield error(FOLDER, f"{folder} cannot be written to.", _another_folder(folder))
    elif owner != os.geteuid():
        said = f"{folder} belongs to user {owner}, and this is user {os.geteuid()}."
        yield warning(FOLDER, said, "Run banwatch as that user, or set BANWATCH_DATA_DIR to another folder.")
    elif folder.stat().st_mode & 0o022:
        remedy = f"Run `chmod 700 {shlex.quote(str(folder))}`."
        yield error(FOLDER, f"Others can write to {folder}, where secrets and cursors lie.", remedy)
    else:
        yield ok(FOLDER, f"{folder} belongs to this user and can be written to.")


def _another_folder(folder: Path) -> str:
    user = os.geteuid()
    return f"Give it to user {user} (`chown -R {user} {shlex.quote(str(folder))}`), or set BANWATCH_DATA_DIR."


def _existing(folder: Path) -> Path:
    """Return the nearest folder above that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _kept(secret: KeptSecret, folder: Path) -> Iterator[Finding]:
    """Yield whether a kept secret can be used. One that is not there is made up when it is needed."""
    if secret.kept(folder) is not None:
        yield ok(secret.file, f"{folder / secret.file} can be used, and only this user can read it.")


def _disk(folder: Path) -> Iterator[Finding]:
    yield room("disk of the data folder", shutil.disk_usage(_existing(folder)).free, str(folder))


def room(what: str, free: int, where: str) -> Finding:
    """Return whether a disk has room."""
    said = f"{free / GIB:,.1f} GiB are free at {where}."
    if free < LEAST_ROOM:
        return error(what, said, "Make room: a full disk stops the counting.")
    if free < SCARCE_ROOM:
        return warning(what, said, "Make room soon, or let texts expire (BANWATCH_TEXT_DAYS).")
    return ok(what, said)


def _memory(table: Path) -> Iterator[Finding]:
    """Yield how much memory is available, where the operating system says so."""
    if not table.exists():
        return
    lines = dict(line.split(":", 1) for line in table.read_text().splitlines())
    total, available = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    said = f"{available / GIB:,.1f} of {total / GIB:,.1f} GiB are available."
    if available < SCARCE_MEMORY:
        yield warning("memory", said, "Stop other programs, or run Kafka and ClickHouse on other machines.")
    else:
        yield ok("memory", said)


def _open_files(limit: int) -> Finding:
    said = f"A process may open {limit:,} files."
    if limit < ENOUGH:
        return warning("open files", said, f"Raise `ulimit -n`, or LimitNOFILE of its service, to {ENOUGH:,} or more.")
    return ok("open files", said)


@dataclass(frozen=True)
class _Port:
    """A port that banwatch listens on, and the path at which its server says that it is well, if it has one."""

    what: str
    host: str
    port: int
    setting: str
    health: str = ""


def _ports(settings: Settings) -> Iterator[Finding]:
    """Yield whether the ports that `up` would listen on are free, or banwatch's."""
    stack = running(settings.data_dir)
    dashboard, public, alerts = settings.dashboard, settings.public, settings.alerts
    ports = [
        _Port(
            "dashboard's port",
            dashboard.dashboard_host,
            dashboard.dashboard_port,
            "BANWATCH_DASHBOARD_PORT",
            "/_stcore/health",
        )
    ]
    if public.public:
        ports.append(
            _Port("public pages' port", public.public_host, public.public_port, "BANWATCH_PUBLIC_PORT", "/healthz")
        )
    if alerts.links is not None:
        ports.append(_Port("answers' port", alerts.answers_host, alerts.answers_port, "BANWATCH_ANSWERS_PORT"))
    if (port := settings.process.metrics_port) is not None:
        ports.append(_Port("first port of metrics", settings.process.metrics_host, port, METRICS_PORT, "/healthz"))
    for each in ports:
        yield from findings(each.what, partial(_port, each, stack))


def _port(port: _Port, stack: str | None) -> Iterator[Finding]:
    endpoint = Endpoint(port.host, port.port)
    try:
        require_free(endpoint, port.setting)
    except PortTaken as taken:
        if stack is not None:
            yield ok(port.what, f"{endpoint} is held while process {stack} runs banwatch from the data folder.")
        elif port.health and _is_well(f"http://{reached_at(port.host)}:{port.port}{port.health}"):
            yield warning(port.what, str(taken))  # perhaps a process of banwatch that was started by itself
        else:
            yield error(port.what, str(taken))
    else:
        yield ok(port.what, f"{endpoint} is free.")


def _is_well(url: str) -> bool:
    try:
        answer = httpx.get(url, timeout=ANSWER_TIMEOUT.total_seconds(), trust_env=False, verify=False)  # noqa: S501 - no https
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def _packages(settings: Settings) -> Iterator[Finding]:
    """Yield the packages that a part of `up` lacks. The embedded parts' are looked for where they would be started."""
    needed = {"streamlit": "`banwatch up --no-dashboard` goes without the page"}
    if settings.public.public:
        needed["jinja2"] = "or unset BANWATCH_PUBLIC to go without the public pages"
    for package, otherwise in needed.items():
        if find_spec(package) is None:
            yield error(package, str(NotInstalled(package, otherwise)))
    if all(find_spec(package) is not None for package in needed):
        yield ok("packages", "The packages of the pages that are served are installed.")
    if not is_installed():
        yield ok("claims", "Found within a language alone: `pip install 'banwatch[claims]'` compares languages.")
