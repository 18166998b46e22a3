"""`make bench-live`: what banwatch takes of a processor while a live stream of 30 posts a second comes in.

The stream is synthetic, has the mean rate of Bluesky, and is played as an archive at the speed of the clock. All parts
are embedded. Each line is one installation, whose workers' batches wait that long for more posts
(`BANWATCH_BATCH_LINGER`); nobody looks at the dashboard.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.benchmarks.soak import PARTS
from tests.support import weekly_stream
from tests.support.processor_time import processor_seconds
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

LINGERS = (0.0, 0.5, 1.0, 2.0)
WARM_UP, SECONDS = 20, 60
"""All parts start, and the rules are compiled, in the first of them."""
WORDS = PARTS | {"broker": "broker"}


def main() -> None:
    """Print the share of one core that each process takes."""
    print(f"{'linger, s':<12}" + "".join(f"{name:>12}" for name in (*WORDS.values(), "supervisor", "all")))
    for linger in LINGERS:
        with tempfile.TemporaryDirectory(prefix="live-") as folder:
            shares = _measured(Path(folder), linger)
        print(f"{linger:<12g}" + "".join(f"{share:>12.1%}" for share in (*shares, sum(shares))), flush=True)


def _measured(folder: Path, linger: float) -> list[float]:
    path = folder / "live.ndjson"
    weekly_stream.write(path, 2 * (WARM_UP + SECONDS), lambda _: weekly_stream.MEAN)
    installation = Installation(folder / "banwatch", settings={"BANWATCH_BATCH_LINGER": f"{linger:g}"})
    with closing(installation.start("up", "--archive", str(path), "--speed", "1", "--no-dashboard")) as running:
        eventually(lambda: all(running.children(word) for word in WORDS), timedelta(minutes=1))
        time.sleep(WARM_UP)
        before = _seconds(running)
        time.sleep(SECONDS)
        return [(now - then) / SECONDS for now, then in zip(_seconds(running), before, strict=True)]


def _seconds(running: Running) -> list[float]:
    """Return the processor's seconds of each part, and of the process that starts them all."""
    parts = [sum(map(processor_seconds, running.children(word))) for word in WORDS]
    return [*parts, processor_seconds(running.process.pid)]


if __name__ == "__main__":
    main()
