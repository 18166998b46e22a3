"""Counts are those of the archive, whatever is killed, stopped or full on the way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from deploy.supervisor.endpoints import clickhouse_answers
from ingest.contract import Post
from processing.store.client import Store, StoreUnavailable
from tests.e2e.chaos.archive import messages, write
from tests.e2e.chaos.monkey import VICTIMS
from tests.e2e.chaos.trial import attempt, counts_of, posts_in_store
from tests.e2e.chaos.truth import Bucket, Figures, counted, differences, recounted
from tests.support.stacks import Installation
from tests.support.waiting import eventually

SEED = 7
OUTAGE_SECONDS = 6.0
SMALL_BATCH = 500
"""So that there are many, and something is under way whenever a part is killed."""
MOST_GROWTH = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def archive() -> list[Post]:
    """Posts, duplicates, late ones, edits and deletes, of three days with a surge."""
    return messages(scale=0.3, seed=SEED, since=datetime(2020, 7, 10, tzinfo=UTC))


@pytest.fixture(scope="module")
def short() -> list[Post]:
    """The first two of these days, for a fault that happens once."""
    day = datetime(2020, 7, 10, tzinfo=UTC)
    return messages(scale=0.3, seed=SEED, since=day, until=day + timedelta(days=2))


@pytest.fixture(scope="module")
def expected(short: list[Post]) -> dict[Bucket, Figures]:
    return recounted(short)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "banwatch", batch_posts=SMALL_BATCH)


def test_nothing_is_lost_or_doubled_whatever_is_killed(installation: Installation, archive: list[Post]) -> None:
    result = attempt(installation, archive, workers=3, kills=len(VICTIMS) + 1, seed=SEED)
    assert set(result.kills) == set(VICTIMS)
    assert result.freezes == 1
    assert result.different == {}


def test_everything_killed_at_once_goes_on_where_it_was(
    installation: Installation, short: list[Post], expected: dict[Bucket, Figures], tmp_path: Path
) -> None:
    path = write(tmp_path / "posts.ndjson", short)
    arguments = ("up", "--archive", str(path), "--until-done", "--no-dashboard")
    with closing(installation.start(*arguments)) as first:
        eventually(lambda: posts_in_store(installation) > 0.2 * len(short))
        first.kill()
    with closing(installation.start(*arguments)) as second:
        assert second.wait() == 0, second.said
    assert differences(expected, counts_of(installation)) == {}


def test_a_store_that_is_away_is_waited_for(
    installation: Installation, short: list[Post], expected: dict[Bucket, Figures], tmp_path: Path
) -> None:
    path = write(tmp_path / "posts.ndjson", short)
    store = installation.start("warehouse")
    with closing(store):
        eventually(lambda: clickhouse_answers(installation.store.url))
        running = installation.start("up", "--archive", str(path), "--until-done", "--no-dashboard")
        with closing(running):
            eventually(lambda: posts_in_store(installation) > 0.1 * len(short))
            store.process.kill()
            store.process.wait()
            [worker] = running.children(VICTIMS["worker"])
            before = resident(worker)
            Event().wait(OUTAGE_SECONDS)
            assert running.children(VICTIMS["worker"]) == [worker], running.said
            assert resident(worker) - before < MOST_GROWTH
            with closing(installation.start("warehouse")):
                assert running.wait() == 0, running.said
                assert differences(expected, counted(installation.store)) == {}


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_stops_the_counting_and_loses_nothing(
    small_disk: Path, short: list[Post], expected: dict[Bucket, Figures], tmp_path: Path
) -> None:
    installation = Installation(small_disk / "banwatch", batch_posts=SMALL_BATCH)
    path = write(tmp_path / "posts.ndjson", short)
    ballast = small_disk / "ballast"
    with closing(installation.start("up", "--archive", str(path), "--until-done", "--no-dashboard")) as running:
        eventually(lambda: posts_in_store(installation) > 0.1 * len(short))
        with Store(installation.store) as store:
            eventually(lambda: finds_no_space(store, ballast))
        told = f"The disk of ClickHouse at {installation.store.url} is full"
        assert running.says(told), running.said
        Event().wait(OUTAGE_SECONDS)
        assert running.process.poll() is None, running.said
        ballast.unlink()
        assert running.says("There is room again"), running.said
        assert running.wait() == 0, running.said
        assert str(installation.folder / "warehouse") in running.said
        assert running.said.count(told) == 1
    assert differences(expected, counts_of(installation)) == {}


def finds_no_space(store: Store, ballast: Path) -> bool:
    """Fill the disk, and see whether the store says so: what it gives up for want of space leaves a little."""
    fill(ballast)
    try:
        store.insert("silence_versions", ["id"], [[str(n) for n in range(1000)]])
    except StoreUnavailable as error:
        return re.search(r"No space left on device|not enough space", str(error)) is not None
    return False


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("ab") as file:
        left = shutil.disk_usage(path.parent).free
        while left >= 4096:
            file.write(b"0" * min(left, 1 << 20))
            file.flush()
            left = shutil.disk_usage(path.parent).free
