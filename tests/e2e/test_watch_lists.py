"""Two watch lists at once: posts of both surge, and each has an incident, pages and alerts of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from dashboard.services import Services
from dashboard.settings import DashboardSettings
from deploy.processes.dashboard import topics_of
from deploy.shipped_topics import topics_files
from ingest.contract import Post, encode
from processing import queries
from processing.store.client import Store
from processing.tagging.topics import ReloadingTaxonomy
from tests.dashboard import pages
from tests.support.channels.receiver import Reply, receiving
from tests.support.quiet_archive import LOUD, START, posts
from tests.support.stacks import Installation
from tests.support.waiting import eventually

LISTS = ("tiktok-bans", "outages")
TOPICS = topics_of(ReloadingTaxonomy(*topics_files(LISTS)))
ROOTS = ("ban", "outage")
LANGUAGES = ("en", "ar")
OUTAGES = {
    "TikTok ban": "Instagram outage",
    "prohíben TikTok": "Instagram caído",
    "حظر تيك توك": "إنستغرام معطل",
    "interdiction de TikTok": "panne chez Instagram",
    "TikTok-Verbot": "Störung bei Instagram",
    "proibição do TikTok": "Instagram fora do ar",
}
NEWS = {"ban": "senate", "outage": "downdetector"}
"""What only posts of the loud day say, of each subject."""

PATIENCE = timedelta(seconds=300)


def both() -> Iterator[Post]:
    """Two weeks of talk of two subjects, each by people of its own, and both loud on the same day."""
    for post in posts(3.0):
        yield with_news(post, "ban") if ": " in post.text else post
    for post in posts(4.0):
        subject, _, rest = post.text.partition(": ")
        if rest:
            own = {"id": f"o{post.id}", "author": f"other {post.author}", "text": f"{OUTAGES[subject]}: {rest}"}
            yield with_news(msgspec.structs.replace(post, **own), "outage")


def with_news(post: Post, root: str) -> Post:
    loud = (post.created_at - START).days == LOUD
    return msgspec.structs.replace(post, text=f"{post.text} {NEWS[root]}") if loud else post


def rules() -> str:
    """A channel for each list and language."""
    return "".join(
        f'[channels.{root}-{language}]\nkind = "webhook"\nlanguage = "{language}"\n\n'
        f'[[rules]]\nname = "{root} {language}"\ntopic = "{root}"\nchannels = ["{root}-{language}"]\n\n'
        for root in ROOTS
        for language in LANGUAGES
    )


def terms(store: Store, root: str) -> set[str]:
    """The driving terms of the incident of a list on the loud day; none before there is one."""
    loud = START + timedelta(days=LOUD)
    found = [each for each in queries.incidents(store) if each.topic == root and (each.end is None or each.end > loud)]
    assert len(found) <= 1, found
    return {term.term.casefold() for incident in found for term in incident.terms}


def test_two_lists_that_surge_have_incidents_pages_and_alerts_of_their_own(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "both.ndjson"
    archive.write_bytes(b"\n".join(encode(each) for each in sorted(both(), key=lambda each: each.created_at)))
    (tmp_path / "alerts.toml").write_text(rules())
    monkeypatch.setenv("BANWATCH_TOPICS_FILE", ",".join(LISTS))
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", str(tmp_path / "alerts.toml"))
    channels = [f"{root}-{language}" for root in ROOTS for language in LANGUAGES]
    with receiving(lambda _: Reply(204)) as desk:
        monkeypatch.setenv(
            "BANWATCH_ALERT_SECRETS", json.dumps({name: {"url": f"{desk.url}/{name}"} for name in channels})
        )
        options = ("--archive", str(archive), "--no-dashboard", "--public", "--alert")
        with closing(installation.start("up", *options)) as stack:
            eventually(lambda: {each.path for each in desk.received} == {f"/{name}" for name in channels}, PATIENCE)
            with Store(installation.store) as store:
                eventually(lambda: terms(store, "ban") and terms(store, "outage"), PATIENCE)
                said = {root: terms(store, root) for root in ROOTS}
            assert {root: [word for word in NEWS.values() if word in said[root]] for root in ROOTS} == {
                root: [NEWS[root]] for root in ROOTS
            }
            for root in ROOTS:
                for language in LANGUAGES:
                    assert_the_public_page_shows_one(installation, root, language)
            assert_the_page_shows_one(installation, "ban", "ar")
            assert_the_page_shows_one(installation, "outage", "en")
            assert stack.process.poll() is None
            assert "\nALERT " not in stack.said, "no rule names the console"
    for received in desk.received:
        root, language = received.path.strip("/").split("-")
        told = received.json["data"]
        assert told["incident"]["topic"] == root
        assert TOPICS[root].names[language] in told["message"]["title"]
        assert TOPICS[other(root)].names[language] not in json.dumps(told, ensure_ascii=False)


def other(root: str) -> str:
    return ROOTS[1 - ROOTS.index(root)]


def assert_the_page_shows_one(installation: Installation, root: str, language: str) -> None:
    settings = DashboardSettings(clickhouse_url=installation.store.url)
    shown = pages.run(settings, Services(topics=lambda: TOPICS), "", ui=language, watch=root)
    named, unnamed = TOPICS[root].names[language], TOPICS[other(root)].names[language]
    assert shown.selectbox(key="watch").value == root
    assert shown.selectbox(key="watch").options == [TOPICS[each].names[language] for each in ROOTS]
    assert any(named in each.value for each in shown.caption)
    assert named in pages.html(shown)
    assert unnamed not in pages.html(shown)


def assert_the_public_page_shows_one(installation: Installation, root: str, language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    path = prefix + ("/" if root == ROOTS[0] else f"/watch/{root}")
    main = httpx.get(f"{installation.public_url}{path}", timeout=60).text.partition("<main")[2].partition("</main>")[0]
    assert TOPICS[root].names[language] in main
    assert TOPICS[other(root)].names[language] not in main
