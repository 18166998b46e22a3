"""A dispatcher that is killed in the middle of deliveries: nothing is lost, and nothing doubled where that can be."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.support.forks import Forks, forking
from tests.support.http_channel import ChannelServer, channel_server
from tests.support.queued import Decided, decide

pytestmark = pytest.mark.long

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
POINTS = ("compose", "trying", "sent", "outcome")


Dispatch = Callable[..., None]


@pytest.fixture(scope="module")
def dispatchers() -> Iterator[Forks]:
    with forking("tests.support.killed_dispatcher:main") as forks:
        yield forks


@pytest.fixture
def dispatch(dispatchers: Forks, address: ClickHouseAddress) -> Dispatch:
    """Run a dispatcher until it has told everything, or is killed."""

    def run(server: ChannelServer, *, can_tell: bool, dies_at: str = "") -> None:
        store = (address.url, address.password.get_secret_value(), address.database)
        dispatcher = dispatchers.start(*store, server.served.url, "yes" if can_tell else "no", dies_at)
        assert dispatcher.wait() == (-signal.SIGKILL if dies_at else 0)

    return run


@pytest.mark.parametrize("can_tell", [True, False])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_nothing_is_lost_and_doubled_only_with_the_same_key(
    store: Store, dispatch: Dispatch, point: str, can_tell: bool
) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW))
    with channel_server() as server:
        dispatch(server, can_tell=can_tell, dies_at=point)
        dispatch(server, can_tell=can_tell)

    took = Counter(server.keys)
    assert took == {"a/slack/1": 2 if point == "sent" and not can_tell else 1, "b/slack/1": 1}
    sent = store.query("SELECT key FROM deliveries WHERE reason = 'sent' ORDER BY key")
    assert sent == [("a/slack/1",), ("b/slack/1",)]


@pytest.mark.parametrize("can_tell", [True, False])
def test_twenty_kills_lose_nothing(store: Store, dispatch: Dispatch, can_tell: bool) -> None:
    chance = random.Random(14)
    points = [chance.choice(POINTS) for _ in range(20)]
    night = [Decided(f"n{number}", NOW, bundle="night") for number in range(3)]
    decide(store, *night, *(Decided(f"a{number:02}", NOW) for number in range(40)))
    with channel_server() as server:
        for point in points:
            dispatch(server, can_tell=can_tell, dies_at=point)
        dispatch(server, can_tell=can_tell)

    took = Counter(server.keys)
    assert took.keys() == {"digest:n0/slack/1", *(f"a{number:02}/slack/1" for number in range(40))}
    # Each message that is doubled was cut off behind its answer.
    assert took.total() - len(took) == (0 if can_tell else points.count("sent"))
