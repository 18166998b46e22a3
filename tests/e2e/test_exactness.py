"""Counts are those of the archive, whatever was killed on the way."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from deploy.demo.generate import generate
from ingest.contract import Post, encode
from processing.enrich import Enricher
from processing.language import DETECTORS
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.writer import minute_of
from processing.topics import load_taxonomy
from tests.e2e.stacks import Installation
from tests.waiting import eventually

Bucket = tuple[datetime, str, str, str]


def recounted(posts: Iterable[Post]) -> dict[Bucket, tuple[int, int]]:
    """(posts, authors) per minute, topic, language and source, from the archive itself."""
    enricher = Enricher(DETECTORS["vote"](), load_taxonomy(Path(str(resources.files("deploy") / "config/topics.toml"))))
    seen: Counter[Bucket] = Counter()
    authors: dict[Bucket, set[str]] = {}
    for post in {(post.source, post.id): post for post in posts}.values():
        tagged = enricher.tag(post)
        for topic in (*tagged.topics, "*"):
            bucket = (minute_of(post.created_at), topic, tagged.language, post.source)
            seen[bucket] += 1
            authors.setdefault(bucket, set()).add(post.author or f"\0{post.id}")
    return {bucket: (count, len(authors[bucket])) for bucket, count in seen.items()}


def counted(installation: Installation) -> dict[Bucket, tuple[int, int]]:
    with Store(installation.store) as store:
        rows = store.query("SELECT minute, topic, language, source, posts, authors FROM counts")
    return {
        (minute, topic, language, source): (posts, authors) for minute, topic, language, source, posts, authors in rows
    }


def posts_in_store(installation: Installation) -> int:
    try:
        with Store(installation.store) as store:
            [(posts,)] = store.query("SELECT count() FROM post_versions")
            return int(posts)
    except (StoreUnavailable, StoreRefused):
        return 0


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    """A tenth of the demo, a twentieth of it delivered twice, somewhere else."""
    chance = random.Random(7)
    once = list(generate(scale=0.15))
    return sorted(
        [*once, *chance.sample(once, len(once) // 20)], key=lambda post: (post.created_at.date(), chance.random())
    )


@pytest.fixture
def archive(posts: list[Post], tmp_path: Path) -> Path:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"\n".join(map(encode, posts)))
    return path


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    installation: Installation, archive: Path, posts: list[Post]
) -> None:
    running = installation.start("up", "--archive", str(archive), "--until-done", "--no-dashboard", "--workers", "2")
    with closing(running):
        for share in (0.1, 0.4, 0.7):
            eventually(lambda share=share: posts_in_store(installation) > share * len(posts), timedelta(seconds=90))
            running.kill_child("process")
        assert running.says("incident", timedelta(seconds=150)), running.said
    again = installation.start("up", "--archive", str(archive), "--no-dashboard")
    with closing(again):
        assert again.says("incident"), again.said
        assert counted(installation) == recounted(posts)


def test_everything_killed_at_once_goes_on_where_it_was(
    installation: Installation, archive: Path, posts: list[Post]
) -> None:
    first = installation.start("up", "--archive", str(archive), "--no-dashboard")
    with closing(first):
        eventually(lambda: posts_in_store(installation) > 0.2 * len(posts), timedelta(seconds=90))
        everyone = [first.process.pid, *first.children()]
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        first.wait()
    second = installation.start("up", "--archive", str(archive), "--no-dashboard")
    with closing(second):
        assert second.says("incident"), second.said
        assert counted(installation) == recounted(posts)


def test_a_broker_that_loses_its_memory_loses_no_post(
    installation: Installation, archive: Path, posts: list[Post]
) -> None:
    running = installation.start("up", "--archive", str(archive), "--no-dashboard")
    with closing(running):
        eventually(lambda: posts_in_store(installation) > 0.2 * len(posts), timedelta(seconds=90))
        running.kill_child("broker")
        assert running.says("incident", timedelta(seconds=150)), running.said
        assert counted(installation) == recounted(posts)
