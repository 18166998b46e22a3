"""`make bench-public`: what one process of the public pages serves, beside a bare Starlette that says "hello".

Both run on uvicorn with the same options, each in a process of its own; this process makes the load, over connections
that stay open. All share the machine, so the ratio of the two, and the processor's time for each request, say more than
requests a second do while others use the machine. Memory is the server's, resident.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import httptools
import httpx
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deploy.supervisor.endpoints import clickhouse_answers
from processing.store.migrate import migrate
from tests.conftest import WRITER_PASSWORD, as_writer
from tests.support import stock
from tests.support.processor_time import processor_seconds
from tests.support.waiting import eventually, free_port

CONNECTIONS = 32
SECONDS = 4.0
PATHS = ("/", "/ar/", f"/incident/{stock.incident().id}", "/feed.atom", "/chart.svg", "/api/counts.csv")


@dataclass
class Figures:
    """Milliseconds of each answer, bytes of all, and answers by status."""

    milliseconds: list[float] = field(default_factory=list)
    received: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def at(self, share: float) -> float:
        """Return the milliseconds within which this share of the answers came."""
        return sorted(self.milliseconds)[int(share * (len(self.milliseconds) - 1))]


class Client(asyncio.Protocol):
    """One connection, which asks for the next thing as soon as it has been answered."""

    def __init__(self, requests: list[bytes], figures: Figures, turns: Iterator[int], until: float) -> None:
        self._requests = requests
        self._figures = figures
        self._turns = turns
        self._until = until
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._figures.received += len(data)
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        status = self._parser.get_status_code()
        self._figures.statuses[status] = self._figures.statuses.get(status, 0) + 1
        self._figures.milliseconds.append(1_000 * (now - self._asked_at))
        if now < self._until:
            asyncio.get_running_loop().call_soon(self._ask)
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(error)

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._asked_at = time.perf_counter()
        self._transport.write(self._requests[next(self._turns) % len(self._requests)])  # type: ignore[attr-defined]


async def load(port: int, requests: list[bytes], seconds: float) -> Figures:
    """Ask over all connections at once, for some seconds."""
    figures, turns = Figures(), count()
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Client(requests, figures, turns, until), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.done for _, client in opened))
    return figures


def request(port: int, path: str, *headers: str) -> bytes:
    """Return the bytes of a request."""
    lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: gzip", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextmanager
def process(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of the processes."""
    started = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | environment)
    try:
        yield started
    finally:
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(timeout=20)
        started.kill()


def answers(port: int) -> bool:
    """Return whether a server answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def resident(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of a process in megabytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE") / 1e6


def told(name: str, figures: Figures, memory: float, seconds: float) -> float:
    """Print one run, whose requests took the server so many seconds, and return its requests a second."""
    rate = len(figures.milliseconds) / SECONDS
    statuses = ", ".join(f"{number} with {status}" for status, number in sorted(figures.statuses.items()))
    print(
        f"{name:<28} {rate:8,.0f} requests/s   p50 {figures.at(0.5):6.2f} ms   p99 {figures.at(0.99):6.2f} ms   "
        f"{figures.received / SECONDS / 1e6:6.1f} MB/s   {memory:5.0f} MB   "
        f"{1e6 * seconds / len(figures.milliseconds):5.0f} µs of a processor each   ({statuses})",
        flush=True,
    )
    return rate


def hello(port: int) -> None:
    """Serve the bare Starlette, as the public pages are served."""
    from dashboard.public.server import server  # noqa: PLC0415 - only this process serves

    async def said(request: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    own = server(Starlette(routes=[Route("/", said)]))
    own.config.host, own.config.port = "127.0.0.1", port
    own.run()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, pages, bare = free_port(), free_port(), free_port()
        url = f"http://127.0.0.1:{store}"
        password = {"BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD}
        shared = {"BANWATCH_CLICKHOUSE_URL": url, "BANWATCH_DATA_DIR": folder}
        with process("deploy.cli", "warehouse", **shared, **password):
            assert eventually(lambda: clickhouse_answers(url))
            stocked = as_writer(url, "stocked")
            migrate(stocked)
            stock.filled(stocked)
            own = {"BANWATCH_CLICKHOUSE_DATABASE": "stocked", "BANWATCH_PUBLIC_PORT": str(pages)}
            with (
                process("deploy.cli", "public", **shared, **own) as served,
                process("tests.benchmarks.public", "hello", str(bare)) as plain,
            ):
                assert eventually(lambda: answers(pages), timedelta(minutes=3))
                assert eventually(lambda: answers(bare), timedelta(minutes=3))
                measure(pages, served, bare, plain)


def measure(pages: int, served: subprocess.Popen[bytes], bare: int, plain: subprocess.Popen[bytes]) -> None:
    """Print the runs: hello before and after the pages, so that a change of the machine's load is seen."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {CONNECTIONS} connections")
    tags = [httpx.get(f"http://127.0.0.1:{pages}{path}", timeout=30).headers["etag"] for path in PATHS]
    runs = {
        "hello": (bare, plain, [request(bare, "/")]),
        "pages, packed": (pages, served, [request(pages, path) for path in PATHS]),
        "pages, not changed (304)": (
            pages,
            served,
            [request(pages, path, f"If-None-Match: {tag}") for path, tag in zip(PATHS, tags, strict=True)],
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for name in ("hello", "pages, packed", "pages, not changed (304)", "hello", "pages, packed"):
        port, process, requests = runs[name]
        before = processor_seconds(process.pid)
        figures = uvloop.run(load(port, requests, SECONDS))
        rates[name].append(told(name, figures, resident(process), processor_seconds(process.pid) - before))
    mean = {name: sum(each) / len(each) for name, each in rates.items()}
    print(f"pages to hello: {mean['pages, packed'] / mean['hello']:.2f}")
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    hello(int(sys.argv[2])) if sys.argv[1:2] == ["hello"] else main()
