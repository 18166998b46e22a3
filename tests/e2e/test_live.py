"""Live sources as a user starts them, against a local Jetstream."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus

import pytest

from tests.support.jetstream import Jetstream
from tests.support.stacks import Installation
from tests.support.waiting import eventually


@pytest.fixture
def server() -> Jetstream:
    return Jetstream()


@pytest.fixture
def network(server: Jetstream, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Jetstream to which this test's commands are pointed."""
    with server.served() as url:
        monkeypatch.setenv("BANWATCH_BLUESKY_BASE_URLS", url)
        monkeypatch.setenv("BANWATCH_BLUESKY_LOOKBACK", "3600")
        yield url


def counted(installation: Installation) -> int:
    return installation.number("SELECT sum(posts) FROM counts WHERE topic = '*'")


@pytest.mark.usefixtures("network")
def test_a_source_is_started_again_when_it_dies_given_up_when_it_must_be_and_ends_when_told(
    server: Jetstream, installation: Installation
) -> None:
    for number in range(20):
        server.post(f"TikTok ban {number}")
    stack = installation.start("up", "--source", "bluesky", "--no-dashboard")
    with closing(stack):
        assert stack.says("bluesky     listening"), stack.said
        eventually(lambda: counted(installation) == 20)
        stack.kill_child("bluesky")
        server.post("behind a death")
        eventually(lambda: counted(installation) == 21)
        assert "bluesky was ended by SIGKILL, as the kernel does where memory runs out; starting it again" in stack.said

        server.refuse(HTTPStatus.NOT_FOUND)
        assert stack.says("Everything else goes on"), stack.said
        eventually(lambda: b"failed" in installation.run("sql", "SELECT state FROM source_health").stdout)
        assert stack.said.count("bluesky does not run") == 1
        assert stack.children("process")
        assert not stack.children("bluesky")

        server.post("behind a mending")
        source = installation.start("ingest", "bluesky")
        with closing(source):
            eventually(lambda: counted(installation) == 22)
            server.freeze()
            os.kill(source.process.pid, signal.SIGTERM)
            assert source.wait() == 0, source.said
        server.thaw()
        server.post("behind an end")
        with closing(installation.start("ingest", "bluesky")):
            eventually(lambda: counted(installation) == 23)
        assert stack.interrupt() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("up", "--source", "myspace"), "There is no live source 'myspace'"),
        (("ingest", "bluesky", "--idle", "soon"), "BANWATCH_BLUESKY_IDLE (--idle) cannot be used"),
        (("ingest", "bluesky", "--base-urls", "https://example.org"), "no address of the form wss://host"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    installation: Installation, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = installation.run(*arguments)
    said = " ".join(refused.stderr.decode().replace("│", " ").split())
    assert refused.returncode != 0
    assert sentence in said
    assert "Traceback" not in said


def test_the_list_and_the_help_tell_what_a_user_sets(installation: Installation) -> None:
    listed = installation.run("ingest", "--list").stdout.decode()
    assert "bluesky" in listed
    assert "archive" in listed
    helped = installation.run("ingest", "bluesky", "--help").stdout.decode()
    for word in ("--base-urls", "BANWATCH_BLUESKY_WIRE", "--silent-after", "120 s"):
        assert word in helped
