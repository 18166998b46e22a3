"""What is deleted stays deleted: whatever comes again, in whatever order, and wherever a worker was cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from deploy.settings import load
from ingest.contract import Post
from processing.queries.scopes import Scope
from processing.store.client import Store
from processing.store.deletions import (
    MINUTES_AT_ONCE,
    DeletionTarget,
    delete_posts,
    milliseconds,
    named_by,
    posts_named,
    redact_deleted,
    write_tombstones,
)
from processing.store.deletions import delete as delete_named
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.writer import insert_posts, recount, write_posts
from processing.verdicts.authorship import concentrations
from tests.conftest import NOON, a_post
from tests.support.stored import MINUTE, counted, recounted, some_posts, tagged, write

DAY = timedelta(days=1)


def of_post(name: str = "1", **fields: object) -> Post:
    return a_post(id=name, op="delete", text="", **fields)


def of_author(author: str = "someone", **fields: object) -> Post:
    return a_post(
        **{"id": "gone", "op": "delete_author", "text": "", "author": author, "created_at": NOON + DAY} | fields
    )


def delete(store: Store, *deletions: Post) -> None:
    recount(store, delete_posts(store, list(deletions)))


def texts(store: Store) -> dict[str, tuple[str, bool]]:
    return {name: (text, deleted) for name, text, deleted in store.query("SELECT id, text, deleted FROM posts")}


def deleted_of_ban(store: Store) -> int:
    [(deleted,)] = store.query("SELECT sum(deleted) FROM counts WHERE topic = 'ban'")
    return int(deleted)


GONE = ("", True)
THERE = ("TikTok banned", False)


@pytest.mark.parametrize("batches", [("ped",), ("p", "e", "d"), ("p", "d", "e"), ("d", "p", "e"), ("d", "pe")])
def test_an_edit_decides_the_tags_before_and_behind_the_deletion(store: Store, batches: tuple[str, ...]) -> None:
    post = tagged(a_post(seen_at=NOON))
    edit = tagged(a_post(text="TikTok verboten", seen_at=NOON + MINUTE), language="de")
    for batch in batches:
        touched = write_posts(store, [{"p": post, "e": edit}[each] for each in batch if each != "d"])
        recount(store, touched | delete_posts(store, [of_post()] if "d" in batch else []))
    assert store.query("SELECT language, posts, deleted FROM counts WHERE topic = 'ban'") == [("de", 1, 1)]
    assert texts(store) == {"1": GONE}


def test_a_deleted_post_loses_its_text_and_keeps_its_place(store: Store) -> None:
    posts = [tagged(a_post(id="1", author="someone", url="https://example.org/1")), tagged(a_post(id="2"))]
    write(store, posts)
    delete(store, of_post())
    write(store, posts)
    rows = store.query("SELECT id, text, author, url, deleted FROM posts ORDER BY id")
    assert rows == [("1", "", "", "", True), ("2", "TikTok banned", "", "", False)]
    assert store.query("SELECT posts, deleted FROM counts WHERE topic = 'ban'") == [(2, 1)]


def test_an_author_who_goes_takes_all_texts_along(store: Store) -> None:
    write(store, [tagged(a_post(id=str(n), author="someone" if n else "other")) for n in range(3)])
    delete(store, of_author())
    assert texts(store) == {"0": THERE, "1": GONE, "2": GONE}


@pytest.mark.parametrize("deletion", [of_post(), of_author(), of_post(created_at=NOON - 9_000 * DAY)])
def test_a_delete_ahead_of_its_post_waits_for_it(store: Store, deletion: Post) -> None:
    delete(store, deletion)
    write(store, [tagged(a_post(author="someone")), tagged(a_post(id="2", author="other"))])
    assert texts(store) == {"1": GONE, "2": THERE}
    assert store.query("SELECT posts, deleted FROM counts WHERE topic = 'ban'") == [(2, 1)]


def test_an_edit_behind_a_delete_brings_nothing_back(store: Store) -> None:
    write(store, [tagged(a_post(author="someone"))])
    delete(store, of_author())
    write(store, [tagged(a_post(author="someone", text="TikTok banned, edited", seen_at=NOON + MINUTE))])
    assert texts(store) == {"1": GONE}


def test_an_account_that_comes_back_may_speak(store: Store) -> None:
    back = a_post(id="2", author="someone", created_at=NOON + 2 * DAY, seen_at=NOON + 2 * DAY)
    late = a_post(id="3", author="someone", created_at=NOON, seen_at=NOON + 2 * DAY)
    write(store, [tagged(a_post(author="someone")), tagged(back)])
    delete(store, of_author())
    write(store, [tagged(back), tagged(late)])
    assert texts(store) == {"1": GONE, "2": THERE, "3": GONE}


def test_a_clock_that_runs_ahead_saves_no_post_from_its_deletion(store: Store) -> None:
    ahead = a_post(author="someone", created_at=NOON + 3 * MINUTE, seen_at=NOON)
    write(store, [tagged(ahead)])
    delete(store, of_author(created_at=NOON + MINUTE))
    assert texts(store) == {"1": GONE}


def test_an_old_deletion_that_comes_again_does_not_shorten_a_newer_one(store: Store) -> None:
    delete(store, of_author(created_at=NOON + 2 * DAY))
    delete(store, of_author(created_at=NOON))
    write(store, [tagged(a_post(author="someone", created_at=NOON + DAY))])
    assert texts(store) == {"1": GONE}


def test_a_deletion_is_of_one_source_only(store: Store) -> None:
    write(store, [tagged(a_post(source="other", author="someone"))])
    delete(store, of_post(), of_author())
    write(store, [tagged(a_post(source="other", id="2", author="someone"))])
    assert texts(store) == {"1": THERE, "2": THERE}


@pytest.mark.parametrize("deletion", [of_post(), of_author()])
class TestTwoWorkersAtOnce:
    """One writes a post while another deletes it; each of their steps may come between any two of the other's."""

    def test_the_post_is_written_between_the_tombstone_and_the_search(self, store: Store, deletion: Post) -> None:
        write_tombstones(store, named_by("example", [deletion]))
        touched = insert_posts(store, [tagged(a_post(author="someone"))])
        delete(store, deletion)
        redact_deleted(store, touched)
        recount(store, touched)
        assert (texts(store), deleted_of_ban(store)) == ({"1": GONE}, 1)

    def test_the_post_is_written_behind_the_search(self, store: Store, deletion: Post) -> None:
        touched = delete_posts(store, [deletion])
        written = insert_posts(store, [tagged(a_post(author="someone"))])
        recount(store, touched)
        redact_deleted(store, written)
        recount(store, written)
        assert (texts(store), deleted_of_ban(store)) == ({"1": GONE}, 1)

    def test_the_writer_looks_for_tombstones_before_there_is_one(self, store: Store, deletion: Post) -> None:
        written = insert_posts(store, [tagged(a_post(author="someone"))])
        redact_deleted(store, written)
        touched = delete_posts(store, [deletion])
        recount(store, written)
        recount(store, touched)
        assert (texts(store), deleted_of_ban(store)) == ({"1": GONE}, 1)


def test_a_deletion_cut_off_before_its_recount_recounts_when_it_comes_again(store: Store) -> None:
    posts = [tagged(a_post(id=str(n), author="someone", created_at=NOON + n * MINUTE)) for n in range(5)]
    write(store, posts)
    delete_posts(store, [of_author()])
    assert deleted_of_ban(store) == 0, "nothing to mend: the test shows nothing"
    delete(store, of_author())
    assert deleted_of_ban(store) == 5


def test_a_post_blanked_behind_its_write_is_counted_by_the_redelivery(store: Store) -> None:
    delete(store, of_author())
    post = tagged(a_post(author="someone"))
    redact_deleted(store, insert_posts(store, [post]))
    write(store, [post])
    assert deleted_of_ban(store) == 1


def test_buckets_keep_their_posts_and_tell_how_many_are_deleted(store: Store) -> None:
    posts = some_posts()
    write(store, posts)
    before = {bucket: count for bucket, (count, _) in counted(store).items()}
    delete(store, *(of_post(str(n)) for n in range(0, 60, 4)))
    assert {bucket: count for bucket, (count, _) in counted(store).items()} == before
    left = [each for n, each in enumerate(posts) if n % 4]
    without = store.query(
        "SELECT minute, topic, language, source, posts - deleted, authors - deleted FROM counts WHERE posts > deleted"
    )
    assert {tuple(row[:4]): tuple(row[4:]) for row in without} == recounted(left)


def test_speakers_are_those_whose_posts_are_still_there(store: Store) -> None:
    write(store, [tagged(a_post(id=str(n), author="bot" if n < 9 else f"person-{n}")) for n in range(12)])
    delete(store, of_author("bot"))
    [spoke] = concentrations(store, [Scope("ban", "*", NOON, NOON + MINUTE)])
    assert (spoke.posts, spoke.authors) == (3, 3)


def test_more_deletions_and_minutes_than_one_statement_takes(store: Store) -> None:
    count = MINUTES_AT_ONCE + 100
    posts = [tagged(a_post(id=f"{n:0>400}", created_at=NOON + n * MINUTE)) for n in range(count)]
    write(store, posts)
    delete(store, *(of_post(each.post.id) for each in posts[::5]))
    assert store.query("SELECT countIf(deleted), count() FROM posts") == [(count // 5, count)]
    assert deleted_of_ban(store) == count // 5


def test_hostile_names_are_values(store: Store) -> None:
    name = "'); DROP TABLE post_versions; -- \\ \0 \N{RIGHT-TO-LEFT OVERRIDE} {x:String} ?"
    post = a_post(id=name, author=name)
    write(store, [tagged(post)])
    delete(store, of_author(name), of_post(name))
    write(store, [tagged(msgspec.structs.replace(post, id="2"))])
    assert set(texts(store).values()) == {GONE}


def test_a_whole_source_may_go_and_come_back(store: Store) -> None:
    write(store, [tagged(a_post(id=str(n), author=f"author-{n}")) for n in range(5)])
    write(store, [tagged(a_post(id="kept", source="other"))])
    everything = DeletionTarget("example", all_until=NOON + DAY)
    assert posts_named(store, everything) == 5
    recount(store, delete_named(store, everything))
    write(store, [tagged(a_post(id="late")), tagged(a_post(id="new", created_at=NOON + 2 * DAY))])
    assert {name for name, state in texts(store).items() if state == THERE} == {"new", "kept"}
    assert posts_named(store, everything) == 0


def test_an_author_is_forgotten_under_every_name_that_a_key_gave(store: Store) -> None:
    old, both = AuthorNames.from_setting("first"), AuthorNames.from_setting("second, first")
    for number, names in enumerate((PLAIN, old, both)):
        recount(store, write_posts(store, [tagged(a_post(id=str(number), author="someone"))], names))
    stored = [author for (author,) in store.query("SELECT author FROM posts ORDER BY id")]
    assert stored[0] == "someone"
    assert len(set(stored)) == 3
    assert stored[2] == both.stored("example", "someone") != both.stored("other", "someone")
    recount(store, delete_posts(store, [of_author()], both))
    recount(store, write_posts(store, [tagged(a_post(id="3", author="someone"))], both))
    assert set(texts(store).values()) == {GONE}


def test_milliseconds_are_exact_behind_2038() -> None:
    assert milliseconds(datetime(2038, 1, 19, 3, 47, 3, 206_000, tzinfo=UTC)) == 2_147_485_623_206


def test_nobody_is_not_hashed() -> None:
    assert AuthorNames((b"key",)).stored("example", "") == ""


def test_keys_come_from_the_settings_and_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_AUTHOR_KEY", "hush-two, hush-one")
    names = load({}).processing.authors
    assert names == AuthorNames((b"hush-two", b"hush-one"))
    assert "hush" not in f"{names!r} {load({}).processing!r}"
