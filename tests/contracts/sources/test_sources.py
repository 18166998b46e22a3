"""What every live source promises, over a server that speaks its protocol and a real broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract import KafkaAddress
from ingest.cursors import CursorFile
from ingest.kafka import BrokerUnavailable
from ingest.sources import SOURCES
from tests.contracts.sources.conftest import new_topics
from tests.contracts.sources.network import Network
from tests.contracts.sources.networks import NETWORKS
from tests.support import brokers
from tests.support.live import run_source
from tests.support.log_reader import LogReader
from tests.support.waiting import eventually


def texts(word: str, amount: int = 5) -> list[str]:
    return [f"TikTok {word} {number}" for number in range(amount)]


def arrived(log: LogReader, ids: list[str]) -> Callable[[], bool]:
    return lambda: {post.id for post in log.posts()} >= set(ids)


def test_every_registered_source_is_tested_here() -> None:
    assert set(SOURCES) <= set(NETWORKS)


def test_posts_arrive_and_the_next_run_goes_on_behind_them(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    first = network.publish(texts("first"))
    with run_source(network.source(), address, cursor_file):
        eventually(arrived(log, first))
    assert cursor_file.read()
    second = network.publish(texts("second"))
    with run_source(network.source(), address, cursor_file):
        eventually(arrived(log, second))
    assert {post.text for post in log.posts()} == {*texts("first"), *texts("second")}
    assert {post.id for post in log.posts()} == {*first, *second}


def test_a_connection_that_breaks_loses_nothing(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    wanted = network.publish(texts("before"))
    with run_source(network.source(), address, cursor_file) as running:
        eventually(arrived(log, wanted))
        for cut in range(3):
            network.cut()
            wanted += network.publish(texts(f"behind cut {cut}"))
            eventually(arrived(log, wanted))
            eventually(lambda cut=cut: running.tally.reconnects > cut)
        eventually(lambda: running.tally.state == "listening")
    assert {post.id for post in log.posts()} == set(wanted)


def test_a_network_that_asks_for_time_is_given_it(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    wanted = network.publish(texts("before"))
    with run_source(network.source(), address, cursor_file):
        eventually(arrived(log, wanted))
        network.refuse(2)
        wanted += network.publish(texts("behind"))
        eventually(arrived(log, wanted))
    refused, taken = network.attempts[:2]
    assert taken - refused >= 2


def test_what_is_no_post_is_rejected_with_a_reason_and_stops_nothing(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    network.publish_garbage()
    wanted = network.publish(texts("behind"))
    with run_source(network.source(), address, cursor_file) as running:
        eventually(arrived(log, wanted))
        assert eventually(lambda: running.tally.rejected) >= 1
    assert eventually(log.rejected)
    assert all(rejected.reason.strip() and rejected.where for rejected in log.rejected())


def test_the_cursor_stays_behind_what_the_broker_has_and_a_stop_loses_nothing(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile, own_broker: brokers.Broker
) -> None:
    known = network.publish(texts("known"))
    with run_source(network.source(), address, cursor_file) as running:
        eventually(arrived(log, known))
        with own_broker.frozen():
            taken = network.publish(texts("taken"))
            eventually(lambda: running.tally.posts >= len(known) + len(taken))
            with pytest.raises(BrokerUnavailable):
                running.stop()
    # Into an empty log: what the first run sent and the broker took after all cannot be mistaken for a second sending.
    elsewhere = new_topics(own_broker)
    with LogReader(elsewhere) as second_log, run_source(network.source(), elsewhere, cursor_file):
        eventually(arrived(second_log, taken))


def test_a_network_that_hangs_does_not_keep_a_source_from_ending(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    wanted = network.publish(texts("before"))
    with run_source(network.source(), address, cursor_file):
        eventually(arrived(log, wanted))
        network.freeze()
        behind = network.publish(texts("unheard"))
    network.thaw()
    with run_source(network.source(), address, cursor_file):
        eventually(arrived(log, [*wanted, *behind]))


ASKED = {"gdelt", "reddit", "rss", "snscrape", "telegram"}
"""Networks that are asked in their own time. The others push their posts, or are asked every few seconds."""


def test_a_live_source_is_never_complete_and_one_that_is_asked_is_idle(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    source = network.source()
    with run_source(source, address, cursor_file):

        def covered() -> bool:
            network.publish(texts("more", 1))
            return any(said.until > said.since for said in log.progress())

        eventually(covered)
    said = log.progress()
    assert not any(each.complete for each in said)
    assert {each.idle for each in said if each.until > each.since} == {source.name in ASKED}


def test_a_network_that_hangs_is_silent_after_its_own_time_and_covers_nothing(
    network: Network, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    with run_source(network.source(), address, cursor_file, silent_after=timedelta(seconds=1)) as running:

        def covered() -> bool:
            network.publish(texts("more", 1))
            return any(said.until > said.since for said in log.progress())

        eventually(covered)
        network.freeze()
        hung = datetime.now(UTC)
        eventually(lambda: any(said.state == "silent" for said in log.progress()))
        quiet = [said for said in log.progress() if said.state != "listening"]
        assert all(said.until <= hung + timedelta(seconds=1) for said in quiet)
        assert {said.silent_after for said in quiet} == {1}
        network.thaw()
        network.publish(texts("behind"))
        eventually(lambda: running.tally.state == "listening")
