from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Post, Rejected, encode
from ingest.errors import Misconfigured
from ingest.source import Item, Watermark
from ingest.sources.archive.formats import recognise
from ingest.sources.archive.source import Archive
from ingest.sources.archive.table import columns_from
from ingest.sources.archive.x import snowflake_time
from ingest.transport.files import LONGEST_LINE
from ingest.transport.mapping import moment_of
from tests.conftest import NOON, a_post

MADE = datetime(2020, 7, 10, 16, 25, 34, tzinfo=UTC)
SNOWFLAKE = ((int(MADE.timestamp()) * 1000 - 1288834974657) << 22) + 77
"""The number of a post that was made then."""


def found(path: Path, **options: str) -> list[Post | Rejected]:
    return [step.found for step in Archive(path, **options).read({}) if isinstance(step, Item)]  # type: ignore[arg-type]


def posts(path: Path, **options: str) -> list[Post]:
    return [each for each in found(path, **options) if isinstance(each, Post)]


def a_tweet(number: int = SNOWFLAKE, **fields: object) -> dict[str, object]:
    return {
        "id": str(number),
        "text": "TikTok banned",
        "created_at": "2020-07-10T16:25:34.000Z",
        "author_id": "5",
    } | fields


def a_status(number: int = SNOWFLAKE, **fields: object) -> dict[str, object]:
    return {
        "id_str": str(number),
        "created_at": "Fri Jul 10 16:25:34 +0000 2020",
        "text": "TikTok banned",
        "user": {"screen_name": "ada", "id_str": "5"},
        "lang": "en",
    } | fields


def a_comment(**fields: object) -> dict[str, object]:
    return {
        "id": "abc",
        "created_utc": 1594396800,
        "author": "ada",
        "body": "TikTok banned",
        "subreddit": "tech",
    } | fields


def ndjson(path: Path, *lines: object) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def only(path: Path, **options: str) -> Post:
    (post,) = found(path, **options)
    assert isinstance(post, Post), post
    return post


def test_a_line_of_a_stream_of_v2_has_its_author_from_what_is_included(tmp_path: Path) -> None:
    tweet = a_tweet(
        lang="en",
        entities={
            "hashtags": [{"tag": "TikTokBan"}],
            "urls": [{"url": "https://t.co/a", "expanded_url": "https://e.org/"}],
        },
        public_metrics={"like_count": 3, "reply_count": 2, "retweet_count": 1, "quote_count": 0},
        referenced_tweets=[{"type": "replied_to", "id": "7"}, {"type": "quoted", "id": "8"}],
    )
    line = {"data": tweet, "includes": {"users": [{"id": "5", "username": "ada"}]}, "matching_rules": [{"id": "1"}]}
    post = only(ndjson(tmp_path / "a.jsonl", line))
    assert (post.source, post.id, post.author, post.langs) == ("x", str(SNOWFLAKE), "ada", ("en",))
    assert (post.likes, post.replies, post.reposts, post.reply_to) == (3, 2, 1, "7")
    assert (post.links, post.hashtags) == (("https://e.org/",), ("TikTokBan",))
    assert post.created_at == MADE
    assert post.url == f"https://x.com/ada/status/{SNOWFLAKE}"


def test_a_page_of_v2_holds_many_posts_and_is_behind_us_with_its_last(tmp_path: Path) -> None:
    page = {"data": [a_tweet(SNOWFLAKE + n) for n in range(3)], "meta": {"result_count": 3}}
    path = ndjson(tmp_path / "a.jsonl", page, {"data": [a_tweet(SNOWFLAKE + 9)], "meta": {}})
    steps = [step for step in Archive(path).read({}) if isinstance(step, Item)]
    assert [step.cursor["line"] for step in steps] == [0, 0, 1, 2]
    assert len(posts(path)) == 4


@pytest.mark.parametrize("key", ["author", "author_user"])
def test_flattened_posts_of_v2_carry_their_account(tmp_path: Path, key: str) -> None:
    assert only(ndjson(tmp_path / "a", a_tweet(**{key: {"id": "5", "username": "ada"}}))).author == "ada"


def test_an_edited_post_is_the_one_it_was_and_a_long_one_is_whole(tmp_path: Path) -> None:
    tweet = a_tweet(
        SNOWFLAKE + (600_000 << 22),
        edit_history_tweet_ids=[str(SNOWFLAKE), str(SNOWFLAKE + (600_000 << 22))],
        note_tweet={"text": "long " * 100},
    )
    post = only(ndjson(tmp_path / "a", tweet))
    assert post.id == str(SNOWFLAKE)
    assert post.created_at == MADE
    assert post.text.count("long") == 100


def test_a_line_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    line = json.dumps({"data": a_tweet(), "includes": {}}).encode()
    first, cut, last = found(ndjson(tmp_path / "a", line, line[:-40], line))
    assert isinstance(first, Post)
    assert isinstance(last, Post)
    assert isinstance(cut, Rejected)
    assert "line 2" in cut.where
    assert cut.reason.endswith(".")


def test_compliance_deletes_in_the_minute_of_the_post(tmp_path: Path) -> None:
    event = {"id": str(SNOWFLAKE), "action": "delete", "created_at": "2020-07-10T16:25:34.000Z", "reason": "deleted"}
    post = only(ndjson(tmp_path / "a", event))
    assert (post.op, post.id, post.source) == ("delete", str(SNOWFLAKE), "x")
    assert post.created_at == MADE


def test_a_status_of_v1_is_whole_and_a_retweet_shows_what_it_repeats(tmp_path: Path) -> None:
    longer = a_status(extended_tweet={"full_text": "the whole text", "entities": {"hashtags": [{"text": "ban"}]}})
    retweet = a_status(SNOWFLAKE + 1, text="RT @ada: the wh…", retweeted_status=longer)
    first, second = posts(ndjson(tmp_path / "a", longer, retweet))
    assert (first.text, first.hashtags, first.author) == ("the whole text", ("ban",), "ada")
    assert (second.text, second.repost_of) == ("RT @ada: the whole text", str(SNOWFLAKE))


def test_the_stream_grab_is_read_out_of_its_tar(tmp_path: Path) -> None:
    minutes = [
        [{"delete": {"status": {"id_str": str(SNOWFLAKE - (10**9 << 22)), "user_id_str": "5"}, "timestamp_ms": "1"}}],
        [a_status(), {"limit": {"track": 5}}, b'{"created_at": "Fri', a_status(SNOWFLAKE + (60_000 << 22))],
        [a_status(SNOWFLAKE + (120_000 << 22), user={"screen_name": "bob"})],
    ]
    path = tmp_path / "grab.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(_directory("2020/07/10/16"))
        for number, lines in enumerate(minutes):
            body = bz2.compress(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines))
            archive.addfile(_entry(f"2020/07/10/16/{number:02}.json.bz2", len(body)), io.BytesIO(body))
    gone, first, cut, second, third = found(path)
    assert isinstance(gone, Post)
    assert gone.op == "delete"
    assert isinstance(cut, Rejected)
    assert cut.where == f"{path} 2020/07/10/16/01.json.bz2 line 3"
    assert [post.author for post in (first, second, third) if isinstance(post, Post)] == ["ada", "ada", "bob"]
    reached = [step for step in Archive(path).read({}) if isinstance(step, Watermark)]
    assert all(step.since == MADE <= step.until for step in reached)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


def _directory(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    return entry


def test_a_broken_file_in_a_tar_does_not_take_the_next_along(tmp_path: Path) -> None:
    path = tmp_path / "grab.tar"
    broken, whole = bz2.compress(json.dumps(a_status()).encode())[:-20], json.dumps(a_status()).encode()
    with tarfile.open(path, "w") as archive:
        for name, body in (("a", broken), ("../../b", whole)):
            archive.addfile(_entry(name, len(body)), io.BytesIO(body))
    rejected, post = found(path)
    assert isinstance(rejected, Rejected)
    assert "cannot be read on" in rejected.reason
    assert isinstance(post, Post)


def test_a_tar_with_a_broken_number_in_a_head_says_so(tmp_path: Path) -> None:
    path = tmp_path / "grab.tar"
    entry = _entry("a", 4)
    entry.pax_headers = {"GNU.sparse.map": "no number", "GNU.sparse.size": "4"}
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(b"text"))
    [rejected] = found(path)
    assert isinstance(rejected, Rejected)
    assert "cannot be read on" in rejected.reason


def test_a_tar_cut_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "grab.tar.gz"
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        lines = b"\n".join(json.dumps(a_status(SNOWFLAKE + n)).encode() for n in range(500))
        archive.addfile(_entry("a", len(lines)), io.BytesIO(lines))
    path.write_bytes(gzip.compress(body.getvalue()[:50_000]))
    *given, last = found(path)
    assert len(given) > 100
    assert isinstance(last, Rejected)


def test_reddit_dumps_are_read_with_their_widest_window(tmp_path: Path) -> None:
    lines = [
        {"id": "s1", "created_utc": 1594396800, "author": "ada", "title": "Ban &amp; all", "selftext": "", "score": 5}
        | {"url": "https://e.org/a", "is_self": False, "num_comments": 2, "permalink": "/r/tech/comments/s1/ban/"},
        {"id": "s2", "created_utc": "1594396801", "author": "bob", "title": "Gone", "selftext": "[removed]"},
    ]
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=31)
    path = tmp_path / "RS_2020-07.zst"
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path.write_bytes(packed.compress("\n".join(map(json.dumps, lines)).encode()) + packed.flush())
    story, gone = posts(tmp_path)
    assert (story.source, story.id, story.likes, story.replies) == ("reddit", "t3_s1", 5, 2)
    assert (story.links, story.url) == (("https://e.org/a",), "https://www.reddit.com/r/tech/comments/s1/ban/")
    assert (gone.op, gone.id) == ("delete", "t3_s2")


def test_a_comment_of_a_dump_replies(tmp_path: Path) -> None:
    post = only(ndjson(tmp_path / "RC", a_comment(parent_id="t3_s1", link_id="t3_s1", score=-3)))
    assert (post.id, post.reply_to, post.likes, post.text) == ("t1_abc", "t3_s1", 0, "TikTok banned")
    assert post.url == "https://www.reddit.com/r/tech/comments/s1/_/abc/"
    assert only(ndjson(tmp_path / "RC", a_comment(parent_id=13368))).reply_to == "t1_abc"


def test_a_deleted_author_is_nobody(tmp_path: Path) -> None:
    assert only(ndjson(tmp_path / "RC", a_comment(author="[deleted]"))).author is None
    assert only(ndjson(tmp_path / "RC", a_comment(author="[deleted]", body="[deleted]"))).op == "delete"


def a_table(path: Path, *rows: dict[str, str], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


FOURCAT = {"id": "9", "thread_id": "9", "timestamp": "2020-07-10 16:00:00", "subject": "", "body": "TikTok,\nbanned"}


def test_what_4cat_exports_is_known_by_its_columns(tmp_path: Path) -> None:
    row = FOURCAT | {"author": "ada", "hashtags": "tiktok,ban", "like_count": "3", "urls": "https://e.org/"}
    post = only(a_table(tmp_path / "a.csv", row))
    assert (post.source, post.id, post.text, post.author) == ("4cat", "9", "TikTok,\nbanned", "ada")
    assert (post.hashtags, post.links, post.likes) == (("tiktok", "ban"), ("https://e.org/",), 3)
    assert post.created_at == datetime(2020, 7, 10, 16, tzinfo=UTC)
    assert only(ndjson(tmp_path / "a.ndjson", row)) == post


def test_a_table_is_read_by_the_columns_that_are_named(tmp_path: Path) -> None:
    path = a_table(
        tmp_path / "a.csv",
        {"when": "10 Jul 2020 16:00:00 +0200", "title": "One", "words": "two", "by": "ada"},
        {"when": "soon", "title": "x", "words": "y", "by": "z"},
        {"when": "2020-07-10T15:00:00Z", "title": "", "words": "", "by": ""},
        {"when": "1594396800000", "title": "", "words": "last", "by": ""},
    )
    first, late, empty, last = found(path, columns="text=title+words,created_at=when,author=by,source==forum")
    assert isinstance(first, Post)
    assert (first.text, first.author, first.source) == ("One\ntwo", "ada", "forum")
    assert first.created_at == datetime(2020, 7, 10, 14, tzinfo=UTC)
    assert isinstance(late, Rejected)
    assert "'soon' is not a time" in late.reason
    assert late.where == f"{path} line 3"
    assert isinstance(empty, Rejected)
    assert "no text" in empty.reason
    assert isinstance(last, Post)
    assert last.author is None
    assert last.id != first.id


def test_another_mapping_is_another_archive(tmp_path: Path) -> None:
    path = a_table(tmp_path / "a.csv", {"a": "x", "b": "2020-07-10"})
    names = {Archive(path, columns=columns).name for columns in ("text=a,created_at=b", "text=b,created_at=b")}
    assert len(names) == 2


def test_a_source_that_is_no_name_is_rejected_not_sent(tmp_path: Path) -> None:
    path = a_table(tmp_path / "a.csv", {"a": "x", "b": "2020-07-10", "c": "My Forum!"})
    (rejected,) = found(path, columns="text=a,created_at=b,source=c")
    assert isinstance(rejected, Rejected)
    assert "source" in rejected.reason


def test_a_row_of_too_many_fields_is_rejected_and_one_of_too_few_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,date\n"one","2020-07-10"\na,b,c\ntwo,2020-07-11\nthree\n')
    kinds = [type(each) for each in found(path, columns="text=text,created_at=date")]
    assert kinds == [Post, Rejected, Post, Rejected]


@pytest.mark.parametrize(
    "row",
    [
        f"{'x' * (LONGEST_LINE + 1)},2020-07-10",
        f"{'x' * 3 * LONGEST_LINE},2020-07-10",
        f'"{"x" * LONGEST_LINE}",2020-07-10',
        f"{'a' * (LONGEST_LINE // 2)},{'b' * (LONGEST_LINE // 2)}",
    ],
    ids=["one cell", "much more", "in quotes", "several cells"],
)
def test_a_row_over_the_bound_does_not_take_the_next_one_along(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'text,date\n"o\nne",2020-07-10\n{row}\ntwo,2020-07-11\nthree\n')
    first, rejected, second, third = found(path, columns="text=text,created_at=date")
    assert isinstance(rejected, Rejected)
    assert "longer than" in rejected.reason
    assert rejected.where == f"{path} line 4"
    assert isinstance(first, Post)
    assert isinstance(second, Post)
    assert isinstance(third, Rejected)
    assert third.where == f"{path} line 6"


def test_a_table_without_a_header_that_can_be_read_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{'x' * (LONGEST_LINE + 1)},date\ntext,date\none,2020-07-10\n")
    (rejected,) = found(path, columns="text=text,created_at=date")
    assert isinstance(rejected, Rejected)
    assert rejected.where == f"{path} line 1"


@pytest.mark.parametrize(
    "given", ["", "text", "text=a", "words=a,text=b,created_at=c", "text==x,created_at=d", "text="]
)
def test_a_mapping_that_cannot_be_used_is_a_sentence(given: str) -> None:
    with pytest.raises(Misconfigured, match=r"mapping|FIELD"):
        columns_from(given)


def test_columns_do_not_hinder_other_forms(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(encode(a_post()))
    assert only(path, columns="text=a,created_at=b") == a_post()


def test_forms_may_be_mixed_by_file(tmp_path: Path) -> None:
    ndjson(tmp_path / "a.ndjson", encode(a_post()))
    ndjson(tmp_path / "b.jsonl", {"data": a_tweet(), "includes": {}})
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(json.dumps(a_comment()).encode()))
    a_table(tmp_path / "d.csv", FOURCAT)
    assert [post.source for post in posts(tmp_path)] == ["example", "x", "reddit", "4cat"]


def test_a_post_with_a_client_s_name_as_source_is_still_of_x(tmp_path: Path) -> None:
    assert only(ndjson(tmp_path / "a", a_tweet(source="twitterfeed"))).source == "x"


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b"1", b"null", b"\xff", b"[" * 99_999])
def test_what_is_of_no_form_is_none(line: bytes) -> None:
    assert recognise(line) is None


@given(st.integers(0, 2**63 - 1))
def test_a_number_s_time_is_a_time_or_none(number: int) -> None:
    moment = snowflake_time(str(number))
    assert moment is None or moment >= datetime(2010, 11, 4, tzinfo=UTC)


@given(st.integers(1_136_073_600, 3_786_912_000))
def test_times_are_read_in_every_form(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    forms = [
        moment.isoformat(),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        moment.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        moment.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        str(int(moment.timestamp())),
        str(int(moment.timestamp() * 1000)),
    ]
    assert {moment_of(form) for form in forms} == {moment}


def test_archives_of_x_in_the_wild_are_read(real_data: Path) -> None:
    folder = real_data / "payloads/x"
    streamed = found(folder / "streaming_output_with_error.jsonl")
    assert sum(isinstance(each, Post) for each in streamed) >= 5
    assert sum(isinstance(each, Rejected) for each in streamed) == 1
    assert len(posts(folder / "two_tweets.jsonl")) >= 1
    assert [post.op for post in found(folder / "tweets_compliance.jsonl") if isinstance(post, Post)] == ["delete"] * 2
    assert len(posts(folder / "track_streaming.json")) == 2
    for name in ("edited.jsonl", "withheld.jsonl"):
        assert found(folder / name)
        assert not [each for each in found(folder / name) if isinstance(each, Rejected)], name


def test_things_of_reddit_in_the_wild_are_read(real_data: Path, tmp_path: Path) -> None:
    lines: list[object] = []
    for file in sorted((real_data / "payloads/reddit").glob("*.json")):
        content = json.loads(file.read_bytes())
        for listing in content if isinstance(content, list) else [content]:
            lines += [child["data"] for child in listing["data"]["children"] if child["kind"] in {"t1", "t3"}]
    assert len(lines) > 50
    read = found(ndjson(tmp_path / "dump", *lines))
    assert all(isinstance(each, Post) for each in read), [each for each in read if isinstance(each, Rejected)][:2]
    assert NOON - timedelta(days=4_000) < min(each.created_at for each in read if isinstance(each, Post))
