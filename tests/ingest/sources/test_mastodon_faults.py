from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ingest.source import Transient
from ingest.sources.mastodon import Mastodon
from tests.ingest.sources.mastodon_reader import Reader, names, now, settings
from tests.ingest.sources.mastodon_server import Instance, mastodon
from tests.serving import Asked, Says, served


@pytest.fixture
def reef() -> Iterator[Instance]:
    with mastodon() as instance:
        yield instance


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "localhost"])
def test_an_instance_of_the_world_cannot_send_us_to_a_private_address(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """The local server is the proxy through which addresses of the world are asked."""

    def answer(asked: Asked) -> Says:
        return Says(status=302, headers={"Location": f"http://{inside}/latest/meta-data"})

    with served(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        reader = Reader(Mastodon(settings(Instance(url="http://9.9.9.9"), streamed=False), now))
        with closing(reader), pytest.raises(Transient, match="private address"):
            reader.until(lambda: False)
    assert "/latest/meta-data" not in server.paths()


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
def test_an_instance_that_refuses_does_not_end_the_others(reef: Instance, status: int) -> None:
    with served(lambda asked: Says(b'{"error":"no"}', status)) as closed:
        reef.publish(reef.status("here"))
        with closing(Reader(Mastodon(settings(Instance(url=closed.url), reef, streamed=False), now))) as reader:
            reader.until(lambda: closed.asked and reader.found)
            reef.publish(reef.status("still here"))
            assert names(reader.until(lambda: len(reader.found) == 2)) == ["post here", "post still here"]
