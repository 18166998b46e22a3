"""What a reader costs: nothing. The store is asked once a bucket, and caches hold what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import httpx
import pytest

from dashboard.i18n import WORDS
from dashboard.public import press
from dashboard.public.answer import PLAIN, Answer
from dashboard.public.asked import Asked, Kind
from processing.contract import ClickHouseAddress
from tests.dashboard.public.conftest import INCIDENT, OPENED, Served, serving
from tests.support import stock

PATHS = (
    "/", "/ar/", "/feed.atom", "/api/incidents.json", "/api/counts.csv", "/chart.svg", "/chart.png", "/healthz",
    f"/incident/{INCIDENT}",
)  # fmt: skip


def visit_all(served: Served) -> int:
    """Return how often the store is asked while one reader sees everything."""
    served.connection.asked.clear()
    for path in PATHS:
        assert served.get(path).status_code == 200
    return len(served.connection.asked)


async def crowd(served: Served, readers: int) -> set[int]:
    """Let many readers ask for everything at once; return the statuses."""
    async with httpx.AsyncClient(base_url=served.base, timeout=120, verify=False) as client:
        answers = await asyncio.gather(*(client.get(path) for _ in range(readers) for path in PATHS))
    return {answer.status_code for answer in answers}


@pytest.mark.long
def test_the_store_is_asked_once_a_bucket_whatever_the_number_of_readers(stocked: ClickHouseAddress) -> None:
    with serving(stocked) as alone:
        by_one = visit_all(alone)
        assert visit_all(alone) == 0
        alone.pass_buckets(5)
        in_the_next = visit_all(alone)
        assert 0 < in_the_next < by_one, "what was found in an incident stands while its posts do"
    with serving(stocked) as served:
        assert asyncio.run(crowd(served, 20)) == {200}
        assert len(served.connection.asked) == by_one > 0
        served.connection.asked.clear()
        served.pass_buckets(5)
        assert asyncio.run(crowd(served, 20)) == {200}
        assert len(served.connection.asked) == in_the_next


def test_other_parameters_make_no_new_entry_and_no_question(served: Served) -> None:
    whole = served.get("/chart.svg")
    asked = len(served.connection.asked)
    for number in range(50):
        assert served.get(f"/chart.svg?utm_source={number}&topic=ban&v={number}").content == whole.content
        assert served.get(f"/?fbclid={number}").status_code == 200
    assert len(served.connection.asked) == asked
    for number in range(press.MOST_HELD + 20):
        assert served.get(f"/incident/none-{number}").status_code == 404
        assert served.get(f"/api/counts.csv?topic=none-{number}").status_code == 404
    assert len(served.connection.asked) == asked


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "MOST_HELD", 8)
    made: list[Asked] = []

    def make(asked: Asked, _: datetime) -> Answer:
        made.append(asked)
        return Answer(b"here", PLAIN)

    async def ask(languages: Iterable[str]) -> None:
        for language in languages:
            await own.representation(Asked(Kind.COUNTS, "en", language=language))

    own = press.Press(make, {}, timedelta(minutes=1), lambda: OPENED)
    try:
        asyncio.run(ask(["aa", *"bcdefghijk", "k", "aa"]))
    finally:
        own.close()
    assert [each.language for each in made] == ["aa", *"bcdefghijk", "aa"], "the oldest is not held, the newest is"


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/healthz"])
def test_a_reader_who_has_it_gets_no_body_again(served: Served, path: str) -> None:
    first = served.get(path)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert first.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
    served.pass_buckets(3)
    for known in ({"if_none_match": tag}, {"if_none_match": f'"other", {tag}'}, {"if_modified_since": changed}):
        again = served.get(path, **known)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["last-modified"]) == (tag, changed)
    for unknown in (
        {"if_none_match": '"other"'},
        {"if_none_match": '"other"', "if_modified_since": changed},
        {"if_modified_since": "yesterday"},
        {"if_modified_since": "Wed, 01 Jul 2020 00:00:00 GMT"},
    ):
        assert served.get(path, **unknown).status_code == 200


def test_a_change_in_the_data_changes_the_tag(address: ClickHouseAddress, store: object) -> None:
    del store
    with serving(address) as served:
        before = served.get("/")
        stock.add(address, "new", "TikTok banned again")
        assert served.get("/").headers["etag"] == before.headers["etag"], "in the same bucket all see the same"
        served.pass_buckets(3)
        after = served.get("/", if_none_match=before.headers["etag"])
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["last-modified"] != before.headers["last-modified"]


def test_in_the_next_bucket_a_reader_does_not_wait_and_the_page_is_renewed_behind_him(served: Served) -> None:
    first = served.get("/")
    served.pass_buckets(1)
    assert served.get("/").content == first.content
    served.pass_buckets(1)
    served.get("/")
    assert served.get("/").headers["etag"] == first.headers["etag"]


def test_text_is_packed_for_those_who_take_it(served: Served) -> None:
    packed, plain = served.get("/", accept_encoding="br, gzip"), served.get("/", accept_encoding="gzip;q=0")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


def test_while_the_store_is_away_the_last_good_page_stands(served: Served) -> None:
    good = served.get("/")
    served.connection.away = True
    served.pass_buckets(3)
    kept = served.get("/")
    assert kept.status_code == 200
    words = WORDS["en"]
    assert words.public.not_renewed.format(at=words.moment(served.now)) in kept.text
    assert words.public.as_of.format(now=words.moment(stock.END)) in kept.text
    assert served.get("/healthz").json()["status"] == "stale"
    assert served.get("/healthz").status_code == 200
    asked = len(served.connection.asked)
    for path in PATHS:
        assert served.get(path).status_code in {200, 503}
    assert len(served.connection.asked) <= asked + 2, "a store that is away is left alone for some seconds"
    served.connection.away = False
    served.pass_buckets(3)
    assert served.get("/").text == good.text
    assert served.get("/healthz").json()["status"] == "ok"


def test_without_any_good_page_it_is_said_that_there_is_none(stocked: ClickHouseAddress) -> None:
    with serving(stocked) as served:
        served.connection.away = True
        for path in ("/", "/ar/", f"/incident/{INCIDENT}", "/feed.atom", "/chart.png", "/healthz"):
            answer = served.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store"), path
            assert answer.headers["retry-after"] == "60" or path == "/healthz"
        assert [served.get(path).status_code for path in ("/watch/ban", "/watch/nothing")] == [503, 404]
        assert WORDS["ar"].public.away in served.get("/ar/").text
        assert served.get("/healthz").json() == {"status": "unavailable"}
        served.connection.away = False
        served.now += timedelta(seconds=6)
        assert served.get("/").status_code == 200
