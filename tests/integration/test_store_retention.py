"""Texts go when their time is up, rows and counts stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deploy.settings import SettingsError, load
from processing.retag import retag
from processing.store.client import Store
from processing.store.retention import CONTENT, Retention, apply_retention
from processing.store.writer import StoredBefore, insert_posts, recount
from tests.conftest import NOON, a_post
from tests.support.parts import shipped_enricher
from tests.support.stored import MINUTE, counted, tagged

NOW = datetime.now(UTC)
DAY = timedelta(days=1)

GIVEN = {
    "text": "The government will ban TikTok",
    "url": "https://example.org/1",
    "links": ("https://example.org/2",),
    "hashtags": ("ban",),
    "reply_to": "7",
    "repost_of": "8",
    "author": "someone",
}


def put(store: Store, source: str, days_ago: int) -> None:
    post = tagged(a_post(source=source, id=str(days_ago), **GIVEN))
    before = StoredBefore(NOW - days_ago * DAY, clock_replaced=False)
    recount(store, insert_posts(store, [post], before=[before]))


def merge(store: Store) -> None:
    store.command("OPTIMIZE TABLE post_versions FINAL")


def left(store: Store) -> set[tuple[str, str]]:
    return set(store.query("SELECT source, id FROM posts WHERE text != ''"))


def test_a_text_goes_when_its_time_is_up_whenever_it_was_written(store: Store) -> None:
    for days in (1, 20, 40):
        put(store, "short", days)
        put(store, "other", days)
    assert apply_retention(store, Retention(30, {"short": 7}))
    merge(store)
    assert left(store) == {("short", "1"), ("other", "1"), ("other", "20")}
    [row] = store.query(f"SELECT {', '.join(CONTENT)}, author FROM posts WHERE source = 'short' AND id = '40'")
    assert row == ("", "", [], [], "", "", "someone")


def test_a_minute_recounted_after_its_texts_are_gone_comes_out_the_same(store: Store) -> None:
    for days in (1, 20, 40):
        put(store, "example", days)
    before = counted(store)
    apply_retention(store, Retention(7))
    merge(store)
    recount(store, {NOON})
    assert counted(store) == before


def test_without_a_setting_texts_stay_and_a_setting_taken_back_keeps_what_is_there(store: Store) -> None:
    put(store, "example", 4_000)
    put(store, "other", 4_000)
    assert not apply_retention(store, Retention())
    merge(store)
    assert len(left(store)) == 2
    apply_retention(store, Retention(None, {"other": 30}))
    merge(store)
    assert left(store) == {("example", "4000")}
    assert apply_retention(store, Retention())
    put(store, "other", 4_001)
    merge(store)
    assert len(left(store)) == 2


def test_the_same_retention_is_applied_once(store: Store) -> None:
    assert apply_retention(store, Retention(30, {"b": 1, "a": 2}))
    assert not apply_retention(store, Retention(30, {"a": 2, "b": 1}))
    assert store.query("SELECT policy FROM retention") == [('{"days":30,"by_source":{"a":2,"b":1}}',)]


def test_columns_keep_their_codec_and_comment(store: Store) -> None:
    asked = (
        "SELECT name, compression_codec, comment FROM system.columns WHERE database = currentDatabase() ORDER BY ALL"
    )
    before = store.query(asked)
    apply_retention(store, Retention(30))
    assert store.query(asked) == before


def test_new_tags_do_not_make_a_text_last_longer(store: Store) -> None:
    put(store, "example", 20)
    assert retag(store, shipped_enricher(), NOON, NOON + MINUTE, lambda _: None).changed == 1
    apply_retention(store, Retention(7))
    merge(store)
    assert left(store) == set()


def test_what_the_pipeline_writes_is_stored_now(store: Store) -> None:
    insert_posts(store, [tagged(a_post())])
    [(stored_at,)] = store.query("SELECT stored_at FROM posts")
    assert abs(stored_at - datetime.now(UTC)) < timedelta(hours=1)


def test_retention_comes_from_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_TEXT_DAYS", "30")
    monkeypatch.setenv("BANWATCH_TEXT_DAYS_BY_SOURCE", '{"bluesky": 7}')
    assert load({}).processing.retention == Retention(30, {"bluesky": 7})
    monkeypatch.setenv("BANWATCH_TEXT_DAYS_BY_SOURCE", '{"x\'); DROP": 7}')
    with pytest.raises(SettingsError, match="TEXT_DAYS_BY_SOURCE"):
        load({})
