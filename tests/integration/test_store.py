"""The writes of the pipeline against the real engine: each may happen again and changes nothing then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources

import msgspec
import pytest

from ingest.contract import Progress
from ingest.event_time import LATEST
from processing import queries
from processing.contract import ClickHouseAddress
from processing.retag import retag
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.writer import StoredBefore, recount, write_posts, write_progress
from processing.tagging.language import DETECTORS
from processing.tagging.tagger import Enricher
from processing.tagging.topics import parse_taxonomy
from tests.conftest import NOON, a_post
from tests.support.parts import shipped_enricher
from tests.support.stored import MINUTE, counted, recounted, some_posts, tagged, write
from tests.support.waiting import free_port


def test_counts_are_those_of_the_posts(store: Store) -> None:
    posts = some_posts()
    write(store, posts)
    assert counted(store) == recounted(posts)


def test_redelivery_counts_nothing_twice(store: Store) -> None:
    posts = some_posts()
    write(store, posts)
    write(store, posts[10:40])
    write(store, reversed(posts))
    assert counted(store) == recounted(posts)


def test_posts_written_and_never_recounted_are_counted_by_the_redelivery(store: Store) -> None:
    posts = some_posts()
    write_posts(store, posts)
    assert counted(store) == {}
    write(store, posts)
    assert counted(store) == recounted(posts)


def test_new_tags_leave_it_known_whose_clock_a_post_is_placed_by(store: Store) -> None:
    ahead, right = a_post(id="ahead", created_at=NOON + timedelta(days=1), seen_at=NOON), a_post(id="right")
    # As Bluesky's source places a post of the year 0: by the time in its key.
    keyed = a_post(id="keyed", seen_at=NOON, clock_replaced=True)
    write(store, [tagged(ahead), tagged(keyed), tagged(right)])
    assert retag(store, shipped_enricher(), NOON, NOON + MINUTE, lambda _: None).changed == 3
    assert store.query("SELECT id, created_at, clock_replaced FROM posts ORDER BY id") == [
        ("ahead", NOON, True),
        ("keyed", NOON, True),
        ("right", NOON, False),
    ]


def test_a_late_post_is_counted_in_its_own_minute(store: Store) -> None:
    posts = some_posts()
    write(store, posts)
    late = tagged(a_post(id="late", created_at=NOON - timedelta(days=3)))
    write(store, [late])
    assert counted(store) == recounted([*posts, late])


def test_an_edit_moves_the_post_between_topics(store: Store) -> None:
    before = tagged(a_post(seen_at=NOON), topics=("ban",))
    edited = msgspec.structs.replace(
        tagged(a_post(seen_at=NOON + MINUTE, text="TikTok dance")), topics=("employer-ban",), language="fr"
    )
    write(store, [before])
    write(store, [edited])
    assert counted(store) == recounted([edited])
    write(store, [before])
    assert counted(store) == recounted([edited]), "the older version came again and won"


def test_a_post_off_the_subject_keeps_its_place_and_not_its_text(store: Store) -> None:
    post = a_post(url="https://example.org", author="someone", reply_to="7", langs=("fr",), likes=3)
    write(store, [tagged(post, topics=())])
    rows = store.query("SELECT text, url, reply_to, langs, likes, language, author FROM posts")
    assert rows == [("", "", "", [], None, "en", "someone")]
    assert store.query("SELECT topic, posts FROM counts") == [("*", 1)]


def readable(store: Store) -> list[tuple[object, ...]]:
    return list(store.query("SELECT id, text, author FROM posts WHERE text != '' AND NOT deleted"))


def test_hostile_text_is_a_value(store: Store) -> None:
    text = "'); DROP TABLE post_versions; -- \\ \0 \N{RIGHT-TO-LEFT OVERRIDE} {x:String} ?"
    write(store, [tagged(a_post(id=text, text=text, author=text))])
    assert readable(store) == [(text, text, text)]
    recount(store, delete_posts(store, [a_post(id=text, op="delete", text="")]))
    assert readable(store) == []


def test_a_deletion_keeps_the_tags_of_the_last_retag(store: Store) -> None:
    """A retag has the version of the post, and its rows may lie in another part for good."""
    store.command("SYSTEM STOP MERGES post_versions")
    try:
        posts = [a_post(id=str(number), seen_at=NOON) for number in range(50)]
        for topic in ("ban", "security", "employer-ban"):
            write(store, [tagged(post, topics=(topic,)) for post in posts])
        recount(store, delete_posts(store, [a_post(id=post.id, op="delete", text="") for post in posts]))
    finally:
        store.command("SYSTEM START MERGES post_versions")
    assert store.query("SELECT DISTINCT deleted, topics FROM post_versions FINAL") == [(True, ["employer-ban"])]


def test_a_minute_is_covered_once_all_partitions_have_said_so(store: Store) -> None:
    def report(partition: int, until: datetime) -> None:
        progress = Progress(source="archive-1", since=NOON, until=until, partitions=2)
        write_progress(store, [(partition, progress)])

    report(0, NOON + 10 * MINUTE)
    assert queries.coverage(store) == ()
    report(1, NOON + 4 * MINUTE)
    [stretch] = queries.coverage(store)
    assert (stretch.since, stretch.until, stretch.complete) == (NOON, NOON + 4 * MINUTE, False)


def test_partitions_that_a_topic_has_no_longer_hold_nothing_back(store: Store) -> None:
    for partitions, until in ((4, NOON + 10 * MINUTE), (2, NOON + 50 * MINUTE)):
        for partition in range(partitions):
            progress = Progress(source="archive-1", since=NOON, until=until, partitions=partitions)
            write_progress(store, [(partition, progress)])
    [stretch] = queries.coverage(store)
    assert (stretch.since, stretch.until) == (NOON, NOON + 50 * MINUTE)


def test_a_block_that_is_equal_to_an_earlier_one_is_written(store: Store) -> None:
    """A replicated table would take it for a repetition: rules that are changed back and forth tag a post so."""
    store.command("ALTER TABLE post_versions MODIFY SETTING non_replicated_deduplication_window = 100")
    post = a_post(seen_at=NOON)
    for topic in ("ban", "security", "ban"):
        write_posts(store, [tagged(post, topics=(topic,))], before=[StoredBefore(NOON, clock_replaced=False)])
    assert store.query("SELECT topics FROM posts") == [(["ban"],)]


def test_all_languages_together_are_a_series_of_their_own(store: Store) -> None:
    write(store, some_posts())
    found = queries.binned_counts(store, NOON, NOON + timedelta(hours=1), timedelta(minutes=5))
    by_series = {(count.topic, count.language): count.posts for count in found}
    assert by_series["ban", "*"] == by_series["ban", "en"] + by_series["ban", "ar"] == 40
    assert by_series["*", "*"] == 60


def test_a_store_that_is_away_and_one_that_refuses_are_told_apart(address: ClickHouseAddress) -> None:
    nowhere = ClickHouseAddress(f"http://127.0.0.1:{free_port()}", "writer", address.password)
    with pytest.raises(StoreUnavailable):
        Store(nowhere)
    with Store(address) as store, pytest.raises(StoreRefused) as refusal:
        store.query("SELECT no_such_column FROM posts")
    assert refusal.value.code == 47


# Too few replicas, an unfinished write before, a replica behind the quorum, a query ended by an operator or a shutdown,
# no free thread, an ALTER that met another one, too much to do.
@pytest.mark.parametrize("code", [285, 286, 289, 394, 439, 517, 745])
def test_what_a_cluster_cannot_do_now_is_waited_for(store: Store, code: int) -> None:
    with pytest.raises(StoreUnavailable, match="cannot serve this now"):
        store.query(
            f"SELECT throwIf(true, 'not now', toInt16({code})) SETTINGS allow_custom_error_code_in_throwif = true"
        )


def test_a_retag_tags_history_with_todays_rules_and_recounts_it(store: Store) -> None:
    posts = [a_post(id=str(n), text="The government will ban TikTok", created_at=NOON + n * MINUTE) for n in range(30)]
    write(store, [tagged(post, topics=("ban",)) for post in posts])
    before = counted(store)
    done = retag(store, shipped_enricher(), NOON + 10 * MINUTE, NOON + 20 * MINUTE, lambda _: None)
    assert (done.posts, done.changed) == (10, 10)
    after = counted(store)
    assert {key: value for key, value in after.items() if not NOON + 10 * MINUTE <= key[0] < NOON + 20 * MINUTE} == {
        key: value for key, value in before.items() if not NOON + 10 * MINUTE <= key[0] < NOON + 20 * MINUTE
    }
    assert (NOON + 15 * MINUTE, "government-ban", "en", "example") in after
    again = retag(store, shipped_enricher(), NOON, NOON + 30 * MINUTE, lambda _: None)
    assert (again.posts, again.changed) == (30, 20)
    assert store.query("SELECT count(), uniqExact(id), uniqExact(rules) FROM posts") == [(30, 30, 1)]


def test_a_topic_written_later_is_found_in_what_was_said_of_the_app_before(store: Store) -> None:
    write(store, shipped_enricher().tag_many([a_post(id="1", text="The duet feature of TikTok is gone since Tuesday")]))
    shipped = (resources.files("deploy") / "config/topics.toml").read_text("utf-8")
    later = parse_taxonomy(shipped + '\n[topics.duet]\nnames = { en = "Duets", ar = "دويتو" }\nrules.any = "duet"\n')
    done = retag(store, Enricher(DETECTORS["vote"](), later), NOON, NOON + MINUTE, lambda _: None)
    assert done.changed == 1
    assert store.query("SELECT posts FROM counts WHERE topic = 'duet'") == [(1,)]


def test_a_retag_by_narrower_rules_takes_no_text_away_unless_told_to(store: Store) -> None:
    texts = ["TikTok has a duet feature", "The government will ban TikTok", "I like cats"]
    write(store, shipped_enricher().tag_many([a_post(id=str(n), text=text) for n, text in enumerate(texts)]))
    shown = "SELECT text, topics FROM posts ORDER BY id"
    before = store.query(shown)
    assert [text for text, _ in before] == [*texts[:2], ""]
    written = '[topics.ban]\nnames = { en = "Ban", ar = "حظر" }\nrules.any = "ban"\n'
    only_bans = Enricher(DETECTORS["vote"](), parse_taxonomy(written))
    done = retag(store, only_bans, NOON, NOON + MINUTE, lambda _: None)
    assert (done.posts, done.changed, done.off_subject) == (2, 2, 1)
    assert store.query(shown) == [(texts[0], []), (texts[1], ["ban"]), ("", [])]
    assert store.query("SELECT posts FROM counts WHERE topic = 'tiktok' AND posts > 0") == []
    assert retag(store, shipped_enricher(), NOON, NOON + MINUTE, lambda _: None).off_subject == 0
    assert store.query(shown) == before
    retag(store, only_bans, NOON, NOON + MINUTE, lambda _: None, drop_texts=True)
    assert store.query(shown) == [("", []), (texts[1], ["ban"]), ("", [])]
    assert retag(store, only_bans, NOON, NOON + MINUTE, lambda _: None).off_subject == 0


def test_a_delete_wins_over_a_retag(store: Store) -> None:
    write(store, [tagged(a_post(text="The government will ban TikTok"))])
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    assert retag(store, shipped_enricher(), NOON, NOON + MINUTE, lambda _: None).posts == 0
    assert store.query("SELECT text FROM posts") == [("",)]


def test_progress_that_claims_the_end_of_time_is_believed_as_far_as_the_clock(store: Store) -> None:
    before = datetime.now(UTC)
    write_progress(store, [(0, Progress(source="archive-1", since=NOON, until=datetime.max.replace(tzinfo=UTC)))])
    assert store.query("SELECT until FROM source_health") == [(LATEST,)]
    [coverage] = queries.coverage(store)
    assert coverage.since == NOON
    assert before - timedelta(seconds=1) < coverage.until <= datetime.now(UTC)


@pytest.mark.parametrize("complete", [True, False])
def test_nothing_is_covered_that_is_still_to_come(store: Store, complete: bool) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    said = Progress(source="archive-1", since=later, until=later + timedelta(hours=1), complete=complete)
    write_progress(store, [(0, said)])
    assert queries.coverage(store) == ()
