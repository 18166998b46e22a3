"""What is stored of rejected records: who rejected them and why, once each, and no word of their text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kafka import KafkaProducer
from msgspec.structs import replace

from ingest.contract import Rejected
from ingest.kafka import PostProducer
from ingest.kafka.codec import HEADER
from processing import queries
from processing.queries import RejectedShare, Rejections
from processing.store.client import Store
from processing.store.rejections import LONGEST_REASON, reason_of, write_rejections
from processing.worker import Pipeline
from tests.conftest import a_post
from tests.integration.test_refusals import foreign
from tests.integration.test_worker import producer, send, taxonomy_file, worker
from tests.support.waiting import eventually

__all__ = ["foreign", "producer", "taxonomy_file", "worker"]

HOUR = timedelta(hours=1)
SECRET = "what nobody may read any more"
BY_COLLECTOR = Rejected(
    source="rss", where=f"https://example.org/{SECRET}", reason=f"No date: {SECRET!r}", raw=SECRET, stage="collector"
)


def found(store: Store) -> dict[tuple[str, str, str], Rejections]:
    now = datetime.now(UTC)
    return {(each.stage, each.source, each.kind): each for each in queries.rejections(store, now - HOUR, now + HOUR)}


def test_each_rejection_is_stored_with_its_reason_and_without_its_text(
    worker: Pipeline, producer: PostProducer, foreign: KafkaProducer, store: Store
) -> None:
    foreign.send("posts", f'{{"text":"{SECRET}"}}'.encode(), headers=[(HEADER, b"post/1")]).get(timeout=20)
    foreign.send("posts.rejected", f"no rejection: {SECRET}".encode()).get(timeout=20)
    before = datetime.now(UTC).replace(microsecond=0) - HOUR / 2
    by_0_1 = f'{{"source":"telegram","where":"a","reason":"a row with {SECRET}","raw":""}}'
    foreign.send("posts.rejected", by_0_1.encode(), timestamp_ms=int(before.timestamp() * 1000)).get(timeout=20)
    store.command("ALTER TABLE post_versions ADD CONSTRAINT not_this CHECK id != 'bad'")
    send(producer, a_post(id="old", text=SECRET, created_at=datetime(1, 1, 1, tzinfo=UTC)), a_post(id="good"))
    send(producer, a_post(id="bad", text=f"TikTok is banned: {SECRET}"), a_post(id="x", text=SECRET + "x" * 950_000))
    for _ in range(2):
        producer.reject(BY_COLLECTOR, lambda _: None)
    kinds = {
        ("collector", "rss", "unreadable"),
        ("collector", "telegram", "unreadable"),
        ("collector", "example", "too_large"),
        ("worker", "kafka", "unreadable"),
        ("worker", "example", "impossible_time"),
        ("store", "example", "refused"),
    }
    eventually(lambda: found(store).keys() == kinds)
    assert {each.records for each in found(store).values()} == {1}
    assert found(store)["collector", "rss", "unreadable"].reason == "No date: …"
    assert found(store)["collector", "telegram", "unreadable"].newest == before
    assert found(store)["collector", "telegram", "unreadable"].reason == ""
    assert "required field `source`" in found(store)["worker", "kafka", "unreadable"].reason
    rows = store.query("SELECT toString(tuple(*)) FROM rejected_versions")
    assert not any(SECRET in row for (row,) in rows)


def test_a_batch_that_is_stored_again_doubles_no_rejection(store: Store) -> None:
    other = Rejected(source="rss", where="another place", reason=BY_COLLECTOR.reason, raw=SECRET)
    for _ in range(2):
        write_rejections(store, [BY_COLLECTOR, other, BY_COLLECTOR])
    assert found(store)["collector", "rss", "unreadable"].records == 2


def test_a_rejection_has_any_time_and_none_to_come(store: Store) -> None:
    ends = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    write_rejections(store, [replace(BY_COLLECTOR, where=str(end), seen_at=end) for end in ends])
    assert found(store)["collector", "rss", "unreadable"].records == 1


def test_the_share_is_of_what_was_delivered_and_unknown_where_nothing_was(
    worker: Pipeline, producer: PostProducer, store: Store
) -> None:
    now = datetime.now(UTC)
    send(producer, *(a_post(source="rss", id=str(number), created_at=now - HOUR) for number in range(3)))
    producer.reject(BY_COLLECTOR, lambda _: None)
    producer.reject(Rejected(source="gdelt", where="a", reason="b", raw=""), lambda _: None)
    expected = (RejectedShare("gdelt", 1, 0), RejectedShare("rss", 1, 3))
    eventually(lambda: queries.rejected_shares(store, now - 2 * HOUR, now + HOUR) == expected)
    assert [each.share for each in expected] == [None, 0.25]


def test_a_reason_ends_where_a_quotation_begins() -> None:
    quoting = replace(BY_COLLECTOR, reason="Not a time: \"soon\" and 'later'")
    assert reason_of(quoting) == "Not a time: …"
    assert len(reason_of(replace(BY_COLLECTOR, reason="x" * 1_000))) == LONGEST_REASON
    assert reason_of(Rejected(source="a", where="b", reason="a row", raw="", stage="store", kind="refused")) == ""


def test_the_disk_of_the_store_is_known(store: Store) -> None:
    [disk] = queries.disk_space(store)
    assert 0 < disk.free < disk.total
