"""What the store refuses for good is rejected alone, with the reason: nothing else waits, and the worker lives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import msgspec
import pytest
from kafka import KafkaProducer

from ingest.contract import CONTRACT_VERSION, KafkaAddress, Post, Progress, encode
from ingest.kafka import PostProducer
from ingest.kafka.codec import HEADER, LARGEST_RECORD
from processing import queries
from processing.store.client import RowsRefused, Store, StoreRefused, StoreUnavailable
from processing.store.refusals import write_apart
from processing.worker import Pipeline
from tests.conftest import NOON, a_post
from tests.integration.test_worker import producer, rejected, send, taxonomy_file, worker
from tests.support.stored import counted
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

__all__ = ["producer", "taxonomy_file", "worker"]

MINUTE = timedelta(minutes=1)
Item = TypeVar("Item")
BAN = "The government will ban TikTok next week"


@pytest.fixture
def foreign(log_address: KafkaAddress, producer: PostProducer) -> Iterator[KafkaProducer]:
    """A producer of somebody else's, which keeps to nothing; the topics are there."""
    writer = KafkaProducer(bootstrap_servers=log_address.bootstrap, max_request_size=64 * 1024 * 1024)
    yield writer
    writer.close()


def write_raw(foreign: KafkaProducer, value: bytes, kind: str = "post") -> None:
    foreign.send("posts", value, headers=[(HEADER, f"{kind}/{CONTRACT_VERSION}".encode())]).get(timeout=20)


def posts_of_noon(number: int) -> list[Post]:
    return [a_post(id=f"good-{n}", text=BAN, author=f"a{n}", created_at=NOON + (n % 5) * MINUTE) for n in range(number)]


def of_everything(store: Store) -> int:
    return sum(posts for (_, topic, *_), (posts, _) in counted(store).items() if topic == "*")


def test_long_texts_are_stored_however_many_there_are(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    """Sixty posts of 100,000 emoji about a ban, which is what keeps their text, weigh 24 MB in one batch."""
    send(producer, *(a_post(id=str(n), text=BAN + "\N{GRINNING FACE}" * 99_900) for n in range(60)))
    eventually(lambda: of_everything(store) == 60)


def test_a_batch_over_many_years_is_stored(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    months = [NOON.replace(year=2006 + n // 12, month=1 + n % 12) for n in range(150)]
    send(producer, *(a_post(id=str(n), created_at=at) for n, at in enumerate(months)))
    eventually(lambda: of_everything(store) == len(months))


def test_a_record_that_is_too_large_for_a_post_is_rejected(
    worker: Pipeline, producer: PostProducer, foreign: KafkaProducer, store: Store, log_address: KafkaAddress
) -> None:
    write_raw(foreign, encode(a_post(id="large", url="x" * LARGEST_RECORD)))
    send(producer, *posts_of_noon(20))
    eventually(lambda: of_everything(store) == 20)
    [found] = rejected(log_address)
    assert "bytes" in found.reason
    assert found.raw.startswith('{"source":"example"')


def test_progress_that_no_column_holds_is_rejected(
    worker: Pipeline, producer: PostProducer, foreign: KafkaProducer, store: Store, log_address: KafkaAddress
) -> None:
    progress = Progress(source="example", since=NOON, until=NOON + MINUTE, complete=True)
    for partitions in (65_536, 0, -1):
        write_raw(foreign, encode(msgspec.structs.replace(progress, partitions=partitions)), "progress")
    send(producer, *posts_of_noon(20))
    producer.report(progress)
    eventually(lambda: bool(queries.coverage(store)))
    assert of_everything(store) == 20
    found = rejected(log_address, 3)
    assert len(found) == 3
    assert all("partitions" in each.reason for each in found)


# What a constraint refuses stands for whatever else the engine may refuse a row for.
FORBIDDEN = {
    "post": ("post_versions", "id != 'bad'", [a_post(id="bad", text=BAN)]),
    "delete": ("tombstone_versions", "source != 'bad'", [a_post(source="bad", op="delete", text="")]),
    "recount": ("count_versions", "minute != '2020-07-10 11:00:00'", [a_post(id="bad", created_at=NOON - 60 * MINUTE)]),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_store_refuses_is_rejected_alone(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress, what: str
) -> None:
    table, allowed, bad = FORBIDDEN[what]
    store.command(f"ALTER TABLE {table} ADD CONSTRAINT not_this CHECK {allowed}")
    good = posts_of_noon(100)
    send(producer, *good[:50], *bad, *good[50:])
    send(producer, a_post(id="good-1", op="delete", text=""))
    eventually(lambda: store.query("SELECT sum(posts), sum(deleted) FROM counts WHERE topic = '*'") == [(100, 1)])
    [found] = rejected(log_address)
    assert "not_this" in found.reason
    assert (found.source, found.where) in {
        ("example", "example:bad"),
        ("bad", "bad:1"),
        ("counts", "2020-07-10T11:00Z"),
    }
    assert "for url" not in found.reason


def test_progress_that_the_store_refuses_is_rejected_alone(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    store.command("ALTER TABLE source_health_versions ADD CONSTRAINT not_this CHECK source != 'bad'")
    for source in ("bad", "good"):
        producer.report(Progress(source=source, since=NOON, until=NOON + MINUTE, complete=True))
    eventually(lambda: [each.source for each in queries.coverage(store)] == ["good"])
    wanted = {f"progress of bad in partition {partition}" for partition in (0, 1)}
    assert {each.where for each in rejected(log_address, 2)} == wanted


def test_a_store_with_another_schema_is_to_blame_itself(store: Store) -> None:
    with pytest.raises(StoreRefused) as refusal:
        store.insert("post_versions", ["source", "no_such_column"], [["example"], [1]])
    assert not isinstance(refusal.value, RowsRefused)


def failing(items: list[int], bad: set[int], error: Exception) -> tuple[list[int], list[int]]:
    written: list[int] = []

    def write(some: list[int]) -> None:
        if bad & set(some):
            raise error
        written.extend(some)

    refused = write_apart(items, write)  # type: ignore[arg-type]
    return written, [each.item for each in refused]


@pytest.mark.parametrize("bad", [set(), {0}, {9}, {3, 4, 8}, set(range(10))])
def test_all_others_are_written_once_and_in_order(bad: set[int]) -> None:
    items = list(range(10))
    written, refused = failing(items, bad, RowsRefused("no"))
    assert written == [item for item in items if item not in bad]
    assert refused == sorted(bad)


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), StoreRefused("no such table")])
def test_nothing_is_refused_for_what_is_not_the_rows(error: Exception) -> None:
    with pytest.raises(type(error)):
        failing(list(range(10)), {3}, error)


# Out of memory, no room on the disk, too many parts, a time-out, a query ended by hand, no network.
@pytest.mark.parametrize("code", [241, 243, 252, 159, 394, 210])
def test_what_passes_is_never_the_rows(store: Store, code: int) -> None:
    with pytest.raises(StoreUnavailable):
        store.command(
            f"SELECT throwIf(true, 'not now', toInt16({code})) SETTINGS allow_custom_error_code_in_throwif = true"
        )
