"""Bluesky under load: the parser's speed, a broker that stops for 30 s, and a long replay with faults.

python -m tests.benchmarks.live_replay [seconds of the replay, else 600]
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.sources.bluesky.frames import Wire, read_frame
from ingest.sources.bluesky.mapping import to_found
from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.migrate import migrate
from tests.support.jetstream import Jetstream
from tests.support.parts import Parts
from tests.support.replay import Publisher, replay
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

FRAMES = 50_000
RATE = 200
STOPPED_FOR = 30
WIRES: tuple[Wire, ...] = ("v1", "v2")


def main(seconds: float = 600) -> None:
    """Print the figures."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # a store that is not up yet is asked often
    parser()
    with tempfile.TemporaryDirectory() as folder:
        stopped_broker(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        long_replay(Path(folder), seconds)


def parser() -> None:
    """Frames of posts to posts, one core."""
    server = Jetstream()
    facets = [{"index": {}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/a"}]}]
    for number in range(1_000):
        server.post(f"TikTok is to be banned, they say, for the {number}th time", langs=["en"], facets=facets)
    for wire in WIRES:
        frames = [event.frame(wire) for event in server.events] * (FRAMES // 1_000)
        begun = time.process_time()
        posts = sum(to_found(event, "") is not None for frame in frames if (event := read_frame(frame, wire)))
        took = time.process_time() - begun
        size = sum(map(len, frames)) // len(frames)
        print(f"bluesky {wire}: {posts / took:,.0f} posts/s parsed from frames of {size} bytes")


def stopped_broker(folder: Path) -> None:
    """`banwatch up` at 200 posts/s while its broker is stopped: how much each process grows, and what is lost."""
    server, installation = Jetstream(), Installation(folder / "banwatch")
    publisher = Publisher(server, RATE)
    with server.served() as url:
        os.environ["BANWATCH_BLUESKY_BASE_URLS"] = url
        os.environ["BANWATCH_BLUESKY_LOOKBACK"] = "3600"
        running = installation.start("up", "--source", "bluesky", "--no-dashboard")
        with closing(running), publisher.publishing():
            eventually(lambda: counted(installation.store) > 10 * RATE, timedelta(seconds=120))
            before, most = memory(running), {}
            [broker] = running.children("broker")
            os.kill(broker, signal.SIGSTOP)
            until = time.monotonic() + STOPPED_FOR
            while time.monotonic() < until:
                most = grown(most, memory(running))
                time.sleep(1)
            os.kill(broker, signal.SIGCONT)
            held_until = time.monotonic() + 10
            while time.monotonic() < held_until:
                most = grown(most, memory(running))
                time.sleep(1)
            publisher.end()
            eventually(lambda: counted(installation.store) >= len(publisher.uris), timedelta(seconds=120))
            print(f"broker stopped for {STOPPED_FOR} s at {RATE} posts/s:")
            for name, kilobytes in sorted(most.items()):
                more = kilobytes - before.get(name, kilobytes)
                print(f"  {name:<10} {more / 1024:+6.1f} MB, to {kilobytes / 1024:.0f} MB")
            print(f"  {len(publisher.uris):,} posts published, {counted(installation.store):,} counted")
            print(
                "  "
                + "\n  ".join(line for line in running.said.splitlines() if "ended with" in line or "bluesky" in line)
            )


def memory(running: Running) -> dict[str, int]:
    """Resident kilobytes of each child, by what it is."""
    sizes = {}
    for name in ("process", "watch", "bluesky", "warehouse", "broker"):
        for pid in running.children(name):
            sizes[name] = _resident(pid)
    # The broker's command line does not hold its name.
    return {name: size for name, size in sizes.items() if size}


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def grown(most: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """The largest size of each so far."""
    return {name: max(most.get(name, 0), now.get(name, 0)) for name in most.keys() | now.keys()}


def counted(address: ClickHouseAddress) -> int:
    """Posts in the counts."""
    try:
        with Store(address) as store:
            [(posts,)] = store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")
            return int(posts or 0)
    except (StoreUnavailable, StoreRefused):
        return 0


def long_replay(folder: Path, seconds: float) -> None:
    """The replay of the test, for longer."""
    with Parts(folder) as parts:
        migrate(parts.store)
        begun = datetime.now(UTC)
        with Store(parts.store) as store:
            found = replay(store, folder, wire="v2", seconds=seconds, rate=RATE, seed=7)
        print(
            f"replay of {(datetime.now(UTC) - begun).total_seconds():.0f} s at {RATE} posts/s: "
            f"{found.published:,} published, {found.stored:,} stored, {found.counted:,} counted; "
            f"{found.sent - found.published:,} read again behind {found.reconnects} reconnects; "
            f"faults: {', '.join(f'{count} {name}' for name, count in sorted(found.faults.items()))}"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 600)
