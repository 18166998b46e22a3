"""Who is told which secret: the writer's password, those that write, and a store that has proved to be ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.relays import relayed
from tests.support.serving import Asked, Says, served
from tests.support.stacks import Installation, Running, listens
from tests.support.waiting import eventually, free_port

WRITING = [("backup", "{other}"), ("restore", "{copy}"), ("migrate",), ("forget", "--source", "x", "--yes")]
ANSWERS = "banwatch: What answers at http://127.0.0.1:{port} has not proved"
GIVEN = {
    "BANWATCH_CLICKHOUSE_PASSWORD": "of the writer",
    "BANWATCH_CLICKHOUSE_READER_PASSWORD": "of the reader",
    "BANWATCH_KAFKA_PASSWORD": "of the user of kafka",
    "BANWATCH_AUTHOR_KEY": "a key of 32 letters or a few more",
    "BANWATCH_REDDIT_CLIENT_SECRET": "of reddit",
    "BANWATCH_MASTODON_TOKENS": "mastodon.example=of-mastodon",
    "BANWATCH_ALERT_SECRETS": '{"hook": {"url": "http://127.0.0.1:9/of-the-hook"}}',
    "BANWATCH_HEARTBEAT_URL": "http://127.0.0.1:9/of-the-heartbeat",
    "BANWATCH_ANSWERS_KEY": "another key of 32 letters or a few more",
    "BANWATCH_DESK_KEY": "a third key of 32 letters or a few more",
    "BANWATCH_DASHBOARD_KEY": "a fourth key of 32 letters or a few more",
    "BANWATCH_DASHBOARD_OPERATOR_PASSWORD": "of the operators",
    "BANWATCH_DASHBOARD_VIEWER_PASSWORD": "of the viewers",
    "BANWATCH_OIDC_CLIENT_SECRET": "of the provider",
}
RULES = """
[channels.hook]
kind = "webhook"

[[rules]]
name = "all"
channels = ["hook"]
"""


@pytest.fixture
def alone(tmp_path: Path) -> Installation:
    """An installation for which no writer's password is set: its folder keeps one."""
    return Installation(tmp_path / "banwatch", writer_password=None)


def environments(running: Running) -> dict[str, Mapping[str, str]]:
    """The environment of every child, by its command."""
    return {command(pid): environment(pid) for pid in running.children()}


def command(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[words.index("deploy.cli") + 1] if "deploy.cli" in words else Path(words[0]).name


def environment(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def are_up(running: Running) -> bool:
    names = [command(pid) for pid in running.children()]
    return set(names) >= {"tansu", "warehouse", "process", "watch", "answers", "dashboard"}


def test_each_child_is_told_the_secrets_of_its_own_stage_alone(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES)
    links = {"BANWATCH_ANSWERS_URL": "http://127.0.0.1", "BANWATCH_ANSWERS_PORT": str(free_port())}
    provider = {
        "BANWATCH_PUBLIC_URL": "https://watch.example",
        "BANWATCH_OIDC_METADATA_URL": "https://id.example/metadata",
        "BANWATCH_OIDC_CLIENT_ID": "banwatch",
        "BANWATCH_OIDC_VIEWERS": "@example.org",
    }
    links |= {"BANWATCH_PUBLIC": "1", "BANWATCH_PUBLIC_PORT": str(free_port())}
    for name, value in (GIVEN | links | provider | {"BANWATCH_ALERTS_FILE": str(rules)}).items():
        monkeypatch.setenv(name, value)
    installation.writer_password = GIVEN["BANWATCH_CLICKHOUSE_PASSWORD"]
    installation.settings["BANWATCH_CLAIMS"] = "1"
    with closing(installation.start("up", "--source", "hackernews")) as running:
        assert running.says("dashboard "), running.said
        eventually(lambda: are_up(running) and environments(running).keys() >= {"ingest", "answers", "public"})
        told = {name: {each for each in given if each in GIVEN} for name, given in environments(running).items()}
    writer, reader, kafka, authors, _, _, channels, heartbeat, answers, desk, *of_the_dashboard = GIVEN
    assert told == {
        "tansu": set(),
        "warehouse": {writer, reader},
        "process": {writer, kafka, authors},
        "watch": {writer, authors, channels, heartbeat, answers},
        "claims": {writer, authors},
        "answers": {writer, authors, answers, desk},
        "dashboard": {reader, desk, *of_the_dashboard},
        "public": {reader},
        "ingest": {kafka},
    }


@contextmanager
def squatter(port: int) -> Iterator[list[Asked]]:
    """Something that answers `/ping` as a ClickHouse does, and notes all else."""

    def answer(asked: Asked) -> Says:
        return Says(b"Ok.\n") if asked.path == "/ping" else Says(b"0" * 64)

    with served(answer, port) as server:
        yield server.asked


def keeps_one(installation: Installation) -> None:
    """Have the store started once, so that the folder keeps a password."""
    assert installation.run("migrate").returncode == 0


def test_a_squatter_that_answers_pings_is_never_told_the_password(alone: Installation, tmp_path: Path) -> None:
    keeps_one(alone)
    copy, other = tmp_path / "copy", tmp_path / "other"
    assert alone.run("backup", str(copy)).returncode == 0
    with squatter(alone.clickhouse) as asked:
        for words in WRITING:
            refused = alone.run(*(word.format(copy=copy, other=other) for word in words))
            assert refused.returncode == 1, words
            said = refused.stderr.decode()
            assert said.startswith(ANSWERS.format(port=alone.clickhouse))
            assert len(said.splitlines()) == 1, said
        beside = alone.run("up", "--no-sources", "--no-dashboard")
        assert beside.returncode == 1
        assert ANSWERS.format(port=alone.clickhouse) in beside.stderr.decode()
    assert asked
    assert not any("authorization" in each.headers or "password" in each.parameters for each in asked)


def test_a_squatter_that_passes_the_question_on_to_the_real_store_proves_nothing(alone: Installation) -> None:
    with closing(alone.start("warehouse")):
        eventually(lambda: listens(alone.clickhouse))
        assert alone.run("migrate").returncode == 0
        elsewhere = Installation(alone.folder, writer_password=None)
        with relayed(elsewhere.clickhouse, alone.clickhouse) as passed:
            refused = elsewhere.run("migrate")
    assert refused.returncode == 1
    assert refused.stderr.decode().startswith(ANSWERS.format(port=elsewhere.clickhouse))
    assert b"GET /proof" in b"".join(passed)
    assert re.search(rb"(?i)authorization", b"".join(passed)) is None


def test_a_running_store_that_is_replaced_by_a_squatter_is_told_nothing_more(alone: Installation) -> None:
    """Each connection is proved: a worker outlives its store, and goes on asking at its address."""
    with closing(alone.start("warehouse")) as store:
        eventually(lambda: listens(alone.clickhouse))
        with closing(alone.start("up", "--no-sources", "--no-dashboard")) as running:
            assert running.says("Kafka "), running.said
            eventually(lambda: running.children("watch"))
            store.process.kill()
            store.process.wait()
            with squatter(alone.clickhouse) as asked:
                eventually(lambda: any(each.path == "/proof" for each in asked))
    assert not any("authorization" in each.headers for each in asked)


def test_commands_beside_a_running_stack_find_it_to_be_ours(alone: Installation, tmp_path: Path) -> None:
    with closing(alone.start("up", "--no-sources", "--no-dashboard")) as running:
        assert running.says("Kafka "), running.said
        copy = alone.run("backup", str(tmp_path / "copy"))
        assert copy.returncode == 0, copy.stderr
    assert [path for path in (tmp_path / "copy").rglob("*") if path.stat().st_mode & 0o077] == []


def test_a_password_that_was_set_is_sent_as_it_was_set(installation: Installation) -> None:
    """A ClickHouse of one's own knows nothing of our proof."""
    with squatter(installation.clickhouse) as asked, closing(installation.start("migrate")):
        assert eventually(lambda: any("authorization" in each.headers for each in asked))
    assert not any(each.path == "/proof" for each in asked)
