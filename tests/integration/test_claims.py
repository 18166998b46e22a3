"""Claims in the store: what the search writes, and what the views say, also of posts that are deleted since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import msgspec
import numpy as np
import pytest
from pydantic import SecretStr

from ingest.contract import Post
from processing import queries
from processing.claims.embedding import DIMENSIONS, Vectors
from processing.claims.find import language_centres
from processing.claims.search import ClaimSearch, VectorMemory
from processing.contract import ClaimRun, ClickHouseAddress, IncidentState, TaggedPost, VerdictName
from processing.explanation import claim_leads
from processing.store.claims import Placing, write_claims
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.records import write_incidents
from processing.store.versions import take_version
from processing.store.writer import minute_of, recount
from tests.conftest import NOON, a_post
from tests.integration.test_questions import an_incident
from tests.support.stored import MINUTE, tagged, write


def placed(store: Store, posts: Sequence[Post], claim: str = "a") -> None:
    """Place posts in one claim, the middle first."""
    run = ClaimRun(
        incident="ban-1", method="1", until=NOON, posts=len(posts), compared=len(posts), waiting=0, last=True
    )
    placings = [Placing(each.source, each.id, minute_of(each.created_at), claim, n) for n, each in enumerate(posts)]
    write_claims(store, run, placings, take_version(store))


def said(number: int, at: datetime) -> Post:
    return a_post(id=str(number), author=f"author-{number}", created_at=at, seen_at=at, text=f"text {number}")


def test_a_deleted_post_leaves_its_claim(address: ClickHouseAddress, store: Store) -> None:
    english = [said(number, NOON + number * MINUTE) for number in range(1, 5)]
    arabic = [said(10 * number, NOON + (number - 1) * MINUTE) for number in range(1, 4)]
    alone = said(99, NOON)
    write(store, [*map(tagged, [*english, alone]), *(tagged(each, language="ar") for each in arabic)])
    placed(store, [*english, *arabic])
    placed(store, [alone], "b")
    claims = "claims(incident = 'ban-1')"
    asked = f"SELECT posts, people, languages, title, first_id, first_at, round(share, 3) FROM {claims} ORDER BY claim"
    with Store(replace(address, user="reader", password=SecretStr(""))) as reader:
        assert reader.query(asked) == [
            (7, 7, ["ar", "en"], "text 1", "10", NOON, 0.875),
            (1, 1, ["en"], "text 99", "99", NOON, 0.125),
        ]
        posts = [a_post(id=each, op="delete", text="") for each in ("10", "99")]
        author = a_post(op="delete_author", author="author-1", text="", created_at=NOON + 60 * MINUTE)
        delete_posts(store, [*posts, author])
        assert reader.query(asked) == [(5, 5, ["ar", "en"], "text 2", "20", NOON + MINUTE, 1.0)]
        arabic_now = "SELECT id FROM claim_posts(incident = 'ban-1') WHERE language = 'ar' ORDER BY id"
        assert reader.query(arabic_now) == [("20",), ("30",)]
        placed(store, [english[1]], "")
        assert reader.query(f"SELECT posts FROM {claims}") == [(4,)]


def test_the_view_and_the_page_count_the_same_languages(store: Store) -> None:
    whom = {"en": range(30), "ar": range(30, 33), "hi": range(40, 42), "und": range(50, 60)}
    posts = [(language, said(number, WINDOW)) for language, numbers in whom.items() for number in numbers]
    write(store, [tagged(post, language=language) for language, post in posts])
    placed(store, [post for _, post in posts])
    [claim] = queries.claims(store, "ban-1")
    assert [each.language for each in claim.languages] == ["en", "ar"]
    assert [each.language for each in claim.spoken] == ["en", "ar", "und", "hi"]


TEXTS = ("the ministry has banned the app from every store in the country", "my cousin has baked bread again and again")
WINDOW = an_incident().start


def test_a_claim_says_which_language_led_and_has_the_languages_in_the_order_of_their_tenth_posts(store: Store) -> None:
    incident = msgspec.structs.replace(an_incident(), id="ban-1", verdict=VerdictName.ORGANIC)
    later = WINDOW + timedelta(hours=6)
    chance, posts = np.random.default_rng(1), []
    for language, behind, count in (("en", 0.0, 200), ("ar", 20.0, 120), ("fr", 0.0, 9), ("zh", -50.0, 4)):
        minutes = np.sort(chance.gamma(2.0, 15.0, count)) + behind
        came = [WINDOW + timedelta(minutes=each) for each in minutes]
        posts += [(language, said(len(posts) + number, at)) for number, at in enumerate(came)]
    write(store, [tagged(post, language=language) for language, post in posts])
    placed(store, [post for _, post in posts])
    claims = queries.claims(store, incident.id)
    times = {of: sorted(post.created_at for each, post in posts if each == of) for of in ("en", "ar", "zh", "fr")}
    tenth = {language: minute_of(own[9]) if len(own) > 9 else None for language, own in times.items()}
    assert {each.language: each.tenth_post for each in claims[0].languages} == tenth
    first = min((post for language, post in posts if language == "en"), key=lambda post: post.created_at)
    seen = store.query("SELECT languages, first_id FROM claims(incident = 'ban-1')")
    assert seen == [(list(tenth), first.id)], "four posts in Chinese come first, and do not stand first"
    [leads] = claim_leads(store, incident, claims, later).values()
    [follower] = leads.followers
    assert tenth["en"] is not None
    assert leads.start == tenth["en"] - 60 * MINUTE, "four posts are no begin"
    assert (leads.leader, follower.language, leads.undecided) == ("en", "ar", ())
    assert follower.lag.low <= 20 <= follower.lag.high
    doubted = msgspec.structs.replace(incident, verdict=VerdictName.CONCENTRATED)
    assert claim_leads(store, doubted, claims, later) == {}
    assert claim_leads(store, incident, claims, WINDOW + 80 * MINUTE) == {}, "too soon"


def test_the_claims_of_an_incident_are_read_without_the_posts_of_others(
    address: ClickHouseAddress, store: Store
) -> None:
    other = [said(1000 + number, NOON + timedelta(days=60)) for number in range(300)]
    write(store, [tagged(each) for each in [said(1, NOON), *other]])
    placed(store, [said(1, NOON)])
    run = ClaimRun(incident="ban-2", method="1", until=NOON, posts=300, compared=300, waiting=0, last=True)
    placings = [Placing(each.source, each.id, minute_of(each.created_at), "a", 0) for each in other]
    write_claims(store, run, placings, take_version(store))
    store.command("OPTIMIZE TABLE claim_post_versions FINAL")

    def read_for(incident: str) -> int:
        asked = {"query": f"SELECT * FROM claims(incident = '{incident}') FORMAT TSV", "database": address.database}
        user = {"X-ClickHouse-User": address.user, "X-ClickHouse-Key": address.password.get_secret_value()}
        answer = httpx.get(address.url, params=asked, headers=user).raise_for_status()
        return int(json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"])

    assert read_for("ban-1") == read_for("") - len(other)


class Model:
    """A model that finds texts alike that have as many letters, and counts what it was asked."""

    name = "letters"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        found[np.arange(len(texts)), [len(text) for text in texts]] = 1.0
        return found + language_centres()["en"]


def spoken(number: int, text: str, minutes: int = 0) -> TaggedPost:
    at = WINDOW + minutes * MINUTE
    return tagged(a_post(id=str(number), author=f"author-{number}", created_at=at, seen_at=at, text=text))


def test_the_search_writes_the_claims_of_an_incident_and_only_what_has_changed_since(store: Store) -> None:
    write_incidents(store, [msgspec.structs.replace(an_incident(), state=IncidentState.OPEN)])
    write(
        store, [spoken(1, TEXTS[0]), spoken(2, f"{TEXTS[0]}!!", 1), spoken(3, TEXTS[1]), spoken(4, "too late", 60 * 9)]
    )
    model = Model()
    search = ClaimSearch(lambda root: {"employer-ban"}, model, new_at_once=1, rests=0.0)

    def sizes() -> list[int]:
        return [posts for (posts,) in store.query("SELECT posts FROM claims(incident = '') ORDER BY posts DESC")]

    assert search.look(store) == 1
    assert queries.claim_runs(store)[an_incident().id].waiting == 1
    assert (search.look(store), search.look(store), sizes()) == (1, 0, [2, 1])
    assert sorted(model.asked) == sorted(TEXTS), "each text once"
    run = queries.claim_runs(store)[an_incident().id]
    assert (run.method, run.posts, run.compared, run.waiting, run.last) == ("1+letters", 3, 3, 0, False)
    write(store, [spoken(5, TEXTS[1], 2)])
    recount(store, delete_posts(store, [a_post(id="2", op="delete", text="")]))
    assert (search.look(store), sizes()) == (1, [2, 1])
    newest = "version = (SELECT max(version) FROM claim_post_versions)"
    changed = store.query(f"SELECT id, claim != '' FROM claim_post_versions WHERE {newest} ORDER BY id")
    assert changed == [("2", False), ("5", True)]
    write_incidents(store, [an_incident()])
    assert (search.look(store), search.look(store)) == (1, 0)
    assert ClaimSearch(lambda root: (), None).look(store) == 0, "what a model has compared is not made worse"
    found = queries.claims(store, an_incident().id, least_people=1)
    assert [(each.posts, each.people) for each in found] == [(2, 2), (1, 1)]
    assert [each.title("ar").nearest for each in found] == [TEXTS[1], TEXTS[0]]
    assert [each.language for each in found[0].languages] == ["en"]


def test_without_a_model_copies_alone_are_claims_until_there_is_one(store: Store) -> None:
    write_incidents(store, [an_incident()])
    write(store, [spoken(1, TEXTS[0]), spoken(2, TEXTS[0].upper())])
    assert ClaimSearch(lambda root: (), None).look(store) == 1
    assert not queries.claim_runs(store)[an_incident().id].across_languages
    assert ClaimSearch(lambda root: (), Model()).look(store) == 1
    assert queries.claim_runs(store)[an_incident().id].across_languages
    store.command("ALTER TABLE post_versions UPDATE text = '' WHERE true SETTINGS mutations_sync = 2")
    newer = Model()
    newer.name = "newer"
    assert ClaimSearch(lambda root: (), newer).look(store) == 1
    assert queries.claim_runs(store)[an_incident().id].posts == 0
    kept = store.query("SELECT posts FROM claims(incident = '')")
    assert kept == [(2,)], "what was found stays when the time of texts is over"


def test_an_incident_on_which_the_store_takes_too_long_rests_and_the_others_are_searched(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = msgspec.structs.replace(an_incident(), id="ban-slow", topic="slow", state=IncidentState.OPEN, end=None)
    write_incidents(store, [slow, an_incident()])
    write(store, [spoken(1, TEXTS[0])])
    search = ClaimSearch(lambda root: (), None, rests=1e6)
    real = Store.query

    def query(self: Store, sql: str, parameters: Parameters | None = None, **limits: timedelta) -> list[Row]:
        if "FROM posts" in sql and parameters is not None and parameters["topic"] == "slow":
            raise StoreUnavailable("Timeout exceeded", 159)
        return real(self, sql, parameters, **limits)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "query", query)
        assert search.look(store) == 1
    assert queries.claim_runs(store).keys() == {an_incident().id}
    assert search.look(store) == 0, "it rests"
    assert ClaimSearch(lambda root: (), None).look(store) == 1
    _, end = queries.claim_range(slow, slow.start + timedelta(days=100))
    assert end - slow.start < timedelta(days=8)


def test_no_vector_is_made_once_the_search_must_end() -> None:
    model = Model()
    memory = VectorMemory(model)
    memory.begin(2, lambda: not model.asked)
    assert [memory(text) is None for text in (*TEXTS, TEXTS[0])] == [False, True, False]
    assert model.asked == [TEXTS[0]]


def test_a_quote_says_what_its_own_words_say_and_a_retweet_what_it_repeats(store: Store) -> None:
    write_incidents(store, [an_incident()])
    posts = [spoken(1, TEXTS[0])]
    for number, text in enumerate([TEXTS[1], f"RT @author: {TEXTS[0][:12]}…", ""], 2):
        written = spoken(number, text)
        posts.append(msgspec.structs.replace(written, post=msgspec.structs.replace(written.post, repost_of="1")))
    write(store, posts)
    assert ClaimSearch(lambda root: (), None).look(store) == 1
    run = queries.claim_runs(store)[an_incident().id]
    assert (run.posts, run.compared) == (3, 3)
    found = store.query("SELECT arraySort(groupArray(id)) FROM claim_posts(incident = '') GROUP BY claim ORDER BY 1")
    assert found == [(["1", "3"],), (["2"],)]
