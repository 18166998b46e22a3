"""`banwatch forget` as a user meets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from deploy.supervisor.endpoints import clickhouse_answers
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.conftest import a_post
from tests.support.clocks import as_if_ahead
from tests.support.stacks import Installation
from tests.support.stored import tagged, write
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    own = Installation(tmp_path_factory.mktemp("forget") / "banwatch")
    with closing(own.start("warehouse")):
        eventually(lambda: clickhouse_answers(own.store.url))
        migrate(own.store)
        yield own


def texts(own: Installation) -> list[str]:
    with Store(own.store) as store:
        return [text for (text,) in store.query("SELECT text FROM posts ORDER BY id")]


def test_it_says_what_it_will_do_and_does_it_when_told_yes(installation: Installation) -> None:
    with Store(installation.store) as store:
        write(store, [tagged(a_post(id=str(n), author=("one", "two")[n % 2])) for n in range(6)])
    refused = installation.run("forget", "--author", "example:one", stdin=b"n\n")
    assert refused.returncode == 1
    assert b"3 posts of example lose their text" in refused.stdout
    assert texts(installation) == ["TikTok banned"] * 6
    done = installation.run("forget", "--author", "example:one", "--yes")
    assert done.returncode == 0, done.stderr
    assert texts(installation) == ["", "TikTok banned"] * 3
    assert installation.run("forget", "--post", "example:1", "--yes").returncode == 0
    assert texts(installation)[1] == ""
    assert installation.run("forget", "--source", "example", "--yes").returncode == 0
    assert set(texts(installation)) == {""}
    with Store(installation.store) as store:
        assert store.query("SELECT posts, deleted FROM counts WHERE topic = 'ban'") == [(6, 6)]


def test_posts_of_before_the_clock_was_set_back_are_forgotten_too(installation: Installation) -> None:
    """Their minutes are still to come by the clock as it is now."""
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    with Store(installation.store) as store:
        write(store, [tagged(a_post(id="ahead", source="ahead", author="one", created_at=later))])
        as_if_ahead(store, timedelta(hours=2))
    assert installation.run("forget", "--author", "ahead:one", "--yes").returncode == 0
    with Store(installation.store) as store:
        assert store.query("SELECT text, deleted FROM posts WHERE source = 'ahead'") == [("", True)]


@pytest.mark.parametrize("asked", [[], ["--post", "1"], ["--post", "a:1", "--source", "a"]])
def test_what_is_not_clear_is_asked_back(installation: Installation, asked: list[str]) -> None:
    refused = installation.run("forget", *asked)
    assert refused.returncode == 2
    assert b"Traceback" not in refused.stderr
