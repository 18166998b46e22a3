"""`make bench-warehouse`, its second part: what readers without manners cost the writer of an embedded warehouse.

Each attack runs against a warehouse of its own, from processes of its own, for some seconds. Beside it a writer writes
small batches and asks, each time over a new connection. Ends with status 1 when the writer failed, when its 99th
percentile rose tenfold, or when the warehouse took more than 1.5 GB.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import socket
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import zstandard

from tests.integration.test_warehouse.conftest import READER, UNENCRYPTED, Warehouse, start, stop
from tests.integration.test_warehouse.conftest import wait_until_ready as ready
from tests.support.waiting import free_port

MOST_TIMES = 10
MOST_BYTES = 1_500_000_000
AUTH = b64encode(f"reader:{READER}".encode()).decode()
HEAD = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {AUTH}\r\n"


def ask(url: str, until: float, **options: object) -> None:
    """Send the same request again and again; a warehouse that refuses or hangs up is what the attack looks for."""
    while time.time() < until:
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(url, auth=("reader", READER), timeout=20, verify=UNENCRYPTED, **options)  # type: ignore[arg-type]


def comments(url: str, until: float) -> None:
    """A text of comments in comments, of 120 kB and of 16 MB."""
    threads = [threading.Thread(target=ask, args=(url, until), kwargs={"content": b"/* " * 40_000}) for _ in range(8)]
    threads.append(threading.Thread(target=ask, args=(url, until), kwargs={"content": b"/* " * 5_300_000}))
    run_all(threads)


def drip(url: str, until: float) -> None:
    """The head of an insert of 255 kB that does not end, and then byte by byte."""
    head = b"INSERT INTO t (" + b"a," * 127_000
    sockets = [connected(url) for _ in range(20)]
    for each in sockets:
        each.sendall(f"{HEAD}Content-Length: 16000000\r\n\r\n".encode() + head)
    while time.time() < until:
        for number, each in enumerate(sockets):
            try:
                each.sendall(b"a")
            except OSError:
                each.close()
                sockets[number] = connected(url)
                sockets[number].sendall(f"{HEAD}Content-Length: 16000000\r\n\r\n".encode() + head)
        time.sleep(0.002)


def swelling(url: str, until: float) -> None:
    """Twenty bodies of 33 kB that unpack to a gigabyte each."""
    body = zstandard.ZstdCompressor().compress(bytes(1_000_000_000))
    headers = {"Content-Encoding": "zstd"}
    run_all(
        [
            threading.Thread(target=ask, args=(url, until), kwargs={"content": body, "headers": headers})
            for _ in range(20)
        ]
    )


def parameters(url: str, until: float) -> None:
    """One parameter of 60 kB, used 20,000 times."""
    asked = {"content": b"EXPLAIN SELECT " + b",".join([b"{p:String}"] * 20_000), "params": {"param_p": "x" * 60_000}}
    run_all([threading.Thread(target=ask, args=(url, until), kwargs=asked) for _ in range(4)])


def sleepers(url: str, until: float) -> None:
    """Seventy readers that sleep."""
    asked = {"content": b"SELECT sleep(3)"}
    run_all([threading.Thread(target=ask, args=(url, until), kwargs=asked) for _ in range(70)])


def half_open(url: str, until: float) -> None:
    """A thousand sockets that begin a head and do not end it; one that is closed is opened again."""
    sockets = [connected(url) for _ in range(1_000)]
    while time.time() < until:
        for number, each in enumerate(sockets):
            try:
                each.sendall(b"X")
            except OSError:
                each.close()
                sockets[number] = connected(url)
                time.sleep(0.002)
        time.sleep(0.05)


def run_all(threads: list[threading.Thread]) -> None:
    """Start them, and wait until all have ended."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def connected(url: str) -> socket.socket:
    """A connection to the warehouse; one that waits to be accepted is one."""
    parts = httpx.URL(url)
    while True:
        with contextlib.suppress(OSError):
            return socket.create_connection((parts.host, parts.port), timeout=5)


ATTACKS: dict[str, Callable[[str, float], None]] = {
    "comments in comments, 120 kB and 16 MB": comments,
    "bytes dripped behind 255 kB": drip,
    "twenty zstd bodies of a gigabyte": swelling,
    "a parameter of 60 kB used 20,000 times": parameters,
    "seventy sleeping readers": sleepers,
    "a thousand half-open sockets": half_open,
}


@dataclass(frozen=True)
class Outcome:
    """What one attack did: seconds of the writer's requests before it and under it, and the peak of memory in bytes."""

    quiet: list[float]
    attacked: list[float]
    failures: list[str]
    peak: int
    said: str
    """What the warehouse wrote to its log."""

    @property
    def times(self) -> float:
        """How many times longer the 99th percentile was."""
        return percentile(self.attacked, 0.99) / percentile(self.quiet, 0.99)

    @property
    def held(self) -> bool:
        """Whether the writer got through, soon enough, and the memory stayed small."""
        return not self.failures and self.times < MOST_TIMES and self.peak < MOST_BYTES


def write(warehouse: Warehouse, seconds: float, failures: list[str]) -> Iterator[float]:
    """Write and ask, each time over a new connection; yield how long each request took."""
    batch = b"INSERT INTO written FORMAT CSV\n" + b"".join(b"%d,text\n" % row for row in range(100))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for asked in (batch, b"SELECT count() FROM written"):
            began = time.monotonic()
            try:
                warehouse.post(asked).raise_for_status()
            except httpx.HTTPError as error:
                failures.append(repr(error))
            yield time.monotonic() - began
        time.sleep(0.02)


def attack(how: Callable[[str, float], None], folder: Path, *, quiet: float, seconds: float) -> Outcome:
    """Run one attack against a warehouse of its own."""
    warehouse = start(folder, free_port())
    ready(warehouse)
    warehouse.post("CREATE TABLE written (a UInt32, b String) ENGINE = MergeTree ORDER BY a").raise_for_status()
    failures: list[str] = []
    before = list(write(warehouse, quiet, failures))
    attacker = multiprocessing.get_context("spawn").Process(
        target=how, args=(warehouse.url, time.time() + seconds + 2), daemon=True
    )
    attacker.start()
    time.sleep(2)  # a process that starts takes a core: it is not yet the attack
    under = list(write(warehouse, seconds, failures))
    peak = high_water(warehouse.process.pid)
    attacker.kill()
    attacker.join()
    _, said = stop(warehouse)
    return Outcome(before, under, failures, peak, said)


def high_water(pid: int) -> int:
    """The most bytes of memory that a process has held."""
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def percentile(seconds: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]


def main() -> int:
    """Run the attacks, one after another, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quiet", type=float, default=10, help="seconds before each attack")
    options.add_argument("--seconds", type=float, default=15, help="seconds of each attack")
    options.add_argument("--only", default="", help="the attacks whose name holds this")
    given = options.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    print(
        f"{'attack':40} {'quiet p50':>9} {'p99':>8} {'p50':>8} {'p99':>8} {'times':>6} {'failed':>6} {'MB':>6} "
        f"{'log':>7}"
    )
    held = True
    for name, how in ATTACKS.items():
        if given.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = attack(how, Path(folder), quiet=given.quiet, seconds=given.seconds)
        held &= found.held
        at = [1000 * percentile(of, share) for of in (found.quiet, found.attacked) for share in (0.5, 0.99)]
        print(
            f"{name:40} {at[0]:6.0f} ms {at[1]:5.0f} ms {at[2]:5.0f} ms {at[3]:5.0f} ms {found.times:6.1f} "
            f"{len(found.failures):6} {found.peak / 1e6:6.0f} {len(found.said):7}",
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
