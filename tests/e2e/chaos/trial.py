"""One trial: play an archive, kill on the way, compare at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event

from deploy.supervisor.endpoints import clickhouse_answers
from ingest.contract import Post
from tests.e2e.chaos.archive import write
from tests.e2e.chaos.monkey import Monkey
from tests.e2e.chaos.truth import Bucket, Figures, counted, differences, recounted
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

PATIENCE = timedelta(minutes=10)
LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Result:
    """What came of it."""

    messages: int
    buckets: int
    kills: dict[str, int]
    freezes: int
    different: dict[Bucket, tuple[Figures, Figures]]


def attempt(
    installation: Installation,
    messages: list[Post],
    *,
    workers: int,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Result:
    """Play `messages` with this many workers and kills, and compare `counts` with a recount of them.

    Raises:
        AssertionError: the stack gave up, or did not come to an end.
    """
    path = write(installation.folder.with_suffix(".ndjson"), messages)
    running = _start(installation, path, workers)
    with closing(running):
        monkey = Monkey(running, Random(seed))
        _disturb(installation, monkey, len(messages), kills, say)
        status = running.wait(PATIENCE)
        assert status == 0, running.said
    found = counts_of(installation)
    expected = recounted(messages)
    by_part = {part: len(times) for part, times in monkey.kills.items()}
    return Result(len(messages), len(expected), by_part, monkey.freezes, differences(expected, found))


def _start(installation: Installation, path: Path, workers: int) -> Running:
    installation.folder.mkdir(parents=True, exist_ok=True)
    return installation.start("up", "--archive", str(path), "--until-done", "--no-dashboard", "--workers", str(workers))


def _disturb(installation: Installation, monkey: Monkey, messages: int, kills: int, say: Callable[[str], None]) -> None:
    """Strike whenever another share of the posts has arrived, until all strikes are done or the stack ends."""
    strikes = sorted(monkey.chance.random() * 0.95 * messages for _ in range(kills))
    freeze_at = monkey.chance.random() * 0.5 * messages
    pause = Event()
    while strikes and monkey.running.process.poll() is None:
        monkey.thaw()
        stored = posts_in_store(installation)
        if stored >= strikes[0] and (part := monkey.strike()):
            strikes.pop(0)
            say(f"{stored:,} posts stored: killed {part}")
        if stored >= freeze_at and monkey.freezes == 0 and monkey.freeze():
            say(f"{stored:,} posts stored: froze a worker")
        pause.wait(LOOK_EVERY)
    eventually(lambda: monkey.thaw() or monkey.freezes == 0 or monkey.idle)


def posts_in_store(installation: Installation) -> int:
    """Rows so far, every version of every post; 0 while nothing answers."""
    return installation.number("SELECT count() FROM post_versions")


def counts_of(installation: Installation) -> dict[Bucket, Figures]:
    """What an installation that does not run has counted."""
    store = installation.start("warehouse")
    with closing(store):
        eventually(lambda: clickhouse_answers(installation.store.url))
        return counted(installation.store)
