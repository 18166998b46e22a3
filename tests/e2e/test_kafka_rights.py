"""The users of Kafka that the manifests make: their rights are enough for the work of each, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.kafka import server
from tests.support.cluster.workers import warehouse
from tests.support.kafka_with_acls import KafkaWithACLs, kafka_with_acls
from tests.support.stacks import Installation
from tests.support.waiting import eventually, free_port

pytestmark = pytest.mark.kafka

USERS = Path("deploy/kubernetes/kafka/users.yaml")
POSTS = 200
COUNTED_WITHIN = timedelta(minutes=1)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWithACLs]:
    if reason := server.missing():
        pytest.skip(reason)
    with kafka_with_acls(tmp_path_factory.mktemp("kafka")) as running:
        for user in yaml.safe_load_all(USERS.read_text("utf-8")):
            running.allow(user["metadata"]["name"], *user["spec"]["authorization"]["acls"])
        yield running


@pytest.fixture
def store(kafka: KafkaWithACLs, tmp_path: Path) -> Iterator[dict[str, Installation]]:
    """A store that runs, and what each user starts beside it."""
    port = free_port()
    users = {user: Installation(tmp_path, clickhouse=port, settings=kafka.settings(user)) for user in kafka.passwords}
    with closing(warehouse(users["worker"])):
        yield users


def test_each_user_can_do_its_own_work_and_not_that_of_the_other(
    kafka: KafkaWithACLs, store: dict[str, Installation], tmp_path: Path
) -> None:
    source, worker, archive = store["source"], store["worker"], _archive(tmp_path)
    for user, command in ((source, ("ingest", "archive", archive)), (worker, ("process",))):
        assert "does not let it be created. Create the topics as an administrator" in _refused(user, *command)
    kafka.create_topics()

    assert "does not let the user source do what banwatch needs on the group" in _refused(source, "process")
    assert "does not let the user worker do what banwatch needs on the topics" in _refused(
        worker, "ingest", "archive", archive
    )
    with closing(worker.start("process")) as working:
        sent = source.run("ingest", "archive", archive)
        assert sent.returncode == 0, sent.stderr.decode()
        counted = "SELECT sum(posts) FROM counts WHERE topic = '*'"
        eventually(lambda: worker.number(counted) == POSTS, COUNTED_WITHIN)
        eventually(lambda: worker.number("SELECT count() FROM rejected") == 1, COUNTED_WITHIN)
        assert working.process.poll() is None, working.said


def _refused(installation: Installation, *command: str) -> str:
    """What a command says that Kafka refuses: one sentence, at the end."""
    ended = installation.run(*command)
    assert ended.returncode == 1
    return ended.stderr.decode().splitlines()[-1]


def _archive(folder: Path) -> str:
    """An archive of synthetic posts, with one line that is none."""
    begun = datetime(2020, 7, 10, 12, tzinfo=UTC)
    posts = (
        {
            "source": "example",
            "id": str(number),
            "text": "A synthetic post about the TikTok ban",
            "created_at": (begun + timedelta(seconds=number)).isoformat(),
            "author": f"author-{number}",
        }
        for number in range(POSTS)
    )
    archive = folder / "posts.ndjson"
    archive.write_text("".join(f"{json.dumps(post)}\n" for post in posts) + "no post\n", encoding="utf-8")
    return str(archive)
