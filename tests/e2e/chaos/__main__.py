"""`make chaos`: the long run, with one to four workers. Prints what differs; the status says whether anything did."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from deploy import logs
from tests.e2e.chaos.archive import messages
from tests.e2e.chaos.trial import attempt
from tests.support.stacks import Installation

POSTS_AT_SCALE_ONE = 68_688


def main() -> None:
    """Run trials with other seeds and other numbers of workers."""
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3, 4])
    asked = parser.parse_args()
    different = 0
    for number, workers in enumerate(asked.workers):
        seed = asked.seed + number
        archive = messages(asked.posts / POSTS_AT_SCALE_ONE, seed)
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            installation = Installation(Path(folder) / "banwatch", batch_posts=500)
            result = attempt(installation, archive, workers=workers, kills=asked.kills, seed=seed, say=_say)
        killed = ", ".join(f"{part} {times}" for part, times in sorted(result.kills.items()))
        print(
            f"seed {seed}, {workers} workers, {result.messages:,} messages, killed: {killed}, frozen {result.freezes}: "
            f"{len(result.different):,} of {result.buckets:,} buckets differ",
            flush=True,
        )
        for bucket, (expected, found) in list(result.different.items())[:10]:
            print(f"  {bucket}: expected {expected}, found {found}")
        different += len(result.different)
    sys.exit(1 if different else 0)


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
