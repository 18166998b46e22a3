"""`banwatch demo` as a user meets it: what is found in it, how soon, in which languages, and why."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser

from deploy.demo.scenario import EVENTS, QUIET
from deploy.demo.truth import PlantedSurge, truth
from deploy.docs.example_queries import QUESTIONS
from processing import explanation, queries
from processing.backtest import backtest
from processing.contract import Incident, Spike, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.explanation import Explanation, Part, Terms
from processing.queries import Statement
from processing.store.client import Store
from processing.tagging.topics import load_taxonomy
from tests.conftest import ROOT
from tests.e2e import story
from tests.support.browser import browser
from tests.support.channels.receiver import Receiver, Reply, receiving
from tests.support.stacks import Installation, Running, listens
from tests.support.waiting import eventually

__all__ = ["browser"]

[SERIES] = [each.sql for each in QUESTIONS if each.name == "series"]
ROWS = """
SELECT toStartOfFiveMinutes(minute) AS timestamp, sum(posts) AS count
FROM counts WHERE topic = 'ban' AND language = 'ar' GROUP BY timestamp ORDER BY timestamp
"""
QUERY = "SELECT topic, language, sum(posts) FROM counts GROUP BY ALL ORDER BY 3 DESC LIMIT 10"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = datetime(2020, 6, 24, tzinfo=UTC)
LAST = datetime(2020, 7, 14, tzinfo=UTC)
CONFIG = ROOT / "deploy" / "config"
TAXONOMY = CONFIG / "topics.toml"
FOR_ARABIC = """
[channels.desk]
kind = "webhook"
language = "ar"

[[rules]]
name = "arabic"
languages = ["ar"]
channels = ["desk"]
"""
ARABIC = re.compile(r"[\u0600-\u06ff ]+")


@dataclass(frozen=True)
class Watched:
    """The store after the watch has been through it."""

    store: Store
    roots: dict[str, str]
    incidents: tuple[Incident, ...]
    spikes: tuple[Spike, ...]

    @property
    def friday(self) -> Incident:
        [found] = [each for each in self.incidents if each.start.date() == datetime(2020, 7, 10, tzinfo=UTC).date()]
        return found

    def spikes_of(self, surge: PlantedSurge) -> list[Spike]:
        """Those of its series while it lasts."""
        return [
            spike
            for spike in self.spikes
            if (spike.topic, spike.language) == (surge.topic, surge.language)
            and spike.start < surge.end
            and (spike.end or LAST) > surge.start
        ]


@pytest.fixture(scope="module")
def desk() -> Iterator[Receiver]:
    with receiving(lambda _: Reply(204)) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, desk: Receiver) -> Installation:
    """One whose desk hears of Arabic in Arabic, beside the console, which has the shipped rules."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "alerts.toml").write_text((CONFIG / "alerts.toml").read_text() + FOR_ARABIC)
    settings = {
        "BANWATCH_ALERTS_FILE": str(folder / "alerts.toml"),
        "BANWATCH_ALERT_SECRETS": json.dumps({"desk": {"url": desk.url}}),
    }
    return Installation(folder / "banwatch", settings=settings)


@pytest.fixture(scope="module")
def started(own: Installation) -> Iterator[Running]:
    with closing(own.start("demo", "--public")) as running:
        yield running


@pytest.mark.browser
def test_a_surge_is_seen_handled_asked_about_proved_and_published(
    browser: Browser, own: Installation, started: Running, tmp_path: Path
) -> None:
    story.live_through(browser, own, started, tmp_path)


@pytest.fixture(scope="module")
def demo(started: Running) -> Running:
    assert started.says("3 incidents", timedelta(seconds=400)), started.said
    assert started.says("banwatch explain ban-20200710T"), started.said
    return started


@pytest.fixture(scope="module")
def watched(demo: Running, own: Installation) -> Iterator[Watched]:
    taxonomy = load_taxonomy(Path(TAXONOMY))
    roots = {topic.id: taxonomy.root_of(topic.id) for topic in taxonomy.topics if topic.watched}
    with Store(own.store) as store:
        yield Watched(store, roots, queries.incidents(store), queries.spikes(store, FIRST, LAST))


def planted(*names: str, topic: str = "ban") -> list[PlantedSurge]:
    return [surge for surge in truth() if surge.name in names and surge.topic == topic]


def test_friday_is_one_incident_with_two_pulses_each_within_ten_minutes(watched: Watched) -> None:
    email, retraction = watched.friday.pulses
    for pulse, hour in ((email, 16), (retraction, 21)):
        assert abs(pulse.start - datetime(2020, 7, 10, hour, tzinfo=UTC)) <= 10 * MINUTE
    assert watched.friday.detected_at <= datetime(2020, 7, 10, 16, 10, tzinfo=UTC)


def test_the_second_pulse_is_a_correction_and_the_first_is_not(watched: Watched) -> None:
    """The languages with fewer posts have too few in half an hour, or are overtaken late."""
    corrects = load_taxonomy(Path(TAXONOMY)).corrections
    ran = {each.of.topic: each for each in explanation.corrections(watched.store, watched.friday, LAST, corrects)}
    assert [topic for topic, each in ran.items() if each.is_spoken_of] == ["retraction"]
    found = ran["retraction"]
    assert found.pulses == (False, True)
    assert not found.alone
    by_language = {each.language: each for each in found.languages}
    for language in ("en", "ar", "es", "pt", "fr"):
        [planted_at] = [each.start for each in planted("amazon-retraction") if each.language == language]
        overtaken = by_language[language].overtaken
        assert overtaken is not None, language
        assert planted_at <= overtaken <= planted_at + 60 * MINUTE, language
    others = [each for each in watched.incidents if each != watched.friday]
    elsewhere = [found for each in others for found in explanation.corrections(watched.store, each, LAST, corrects)]
    assert len(others) == 2
    assert [found.of.topic for found in elsewhere if found.is_spoken_of or found.of.topic != "denial"] == []


def test_english_led_the_email_and_the_others_followed_by_their_planted_delays(watched: Watched) -> None:
    [email] = [each for each in EVENTS if each.name == "amazon-email"]
    found = explanation.leads(watched.store, watched.friday, LAST)
    assert found is not None
    assert found.leader == "en"
    lags = {each.language: each.lag for each in found.followers}
    assert {"ar", "es", "pt", "fr", "tr"} <= lags.keys()
    held = [lags[one].low <= email.languages[one][1] <= lags[one].high for one in lags if one in email.languages]
    assert sum(held) >= len(held) - 2


def test_the_email_is_found_within_ten_minutes_in_the_large_languages(watched: Watched) -> None:
    """A language that has fewer than ten posts in half an hour has no spike of its own; the incident names it."""
    heard = [surge for surge in planted("amazon-email") if surge.language != "*" and surge.per_minute >= 5.0]
    assert {"en", "ar", "es"} == {surge.language for surge in heard}
    for surge in heard:
        assert min(spike.detected_at for spike in watched.spikes_of(surge)) - surge.start <= 10 * MINUTE, surge


def test_no_language_joins_that_did_not_have_it(watched: Watched) -> None:
    """But for the romanised Urdu that romanised Hindi is taken for: in writing they are one language."""
    for spike in watched.spikes:
        if (spike.topic, spike.language) != ("ban", "*") and spike.topic == "ban":
            events = [event for event in EVENTS if event.start <= spike.detected_at < event.start + 1.5 * DAY]
            spoken = {language for event in events for language in event.languages}
            assert spike.language in spoken | ({"ur-Latn"} if "hi-Latn" in spoken else set()), spike


def test_the_incident_names_every_language_that_had_the_email_and_none_that_had_not(watched: Watched) -> None:
    had_it = {surge.language for surge in planted("amazon-email")} - {"*"}
    spoken = {language for event in EVENTS if event.name.startswith("amazon") for language in event.languages}
    assert had_it <= set(watched.friday.languages) <= spoken | {"ur-Latn"}


def test_the_large_languages_have_the_second_pulse_within_ten_minutes(watched: Watched) -> None:
    heard = [surge for surge in planted("amazon-retraction") if surge.per_minute >= 0.9]
    assert {"en", "ar", "es", "pt", "fr", "tr", "ja", "id"} <= {surge.language for surge in heard}
    for surge in heard:
        starts = [pulse.start for spike in watched.spikes_of(surge) for pulse in spike.pulses]
        assert min(abs(start - surge.start) for start in starts) <= 10 * MINUTE, surge.language


def test_there_are_three_incidents_and_none_is_false(watched: Watched) -> None:
    """India's ban, the remark with Hong Kong, and the e-mail: no false alert in twenty days."""
    assert [incident.start.date().isoformat() for incident in watched.incidents] == [
        "2020-07-10",
        "2020-07-07",
        "2020-06-29",
    ]
    assert {incident.verdict for incident in watched.incidents} == {VerdictName.ORGANIC}
    for incident in watched.incidents:
        assert any(surge.start - 10 * MINUTE <= incident.start < surge.end for surge in truth())


def test_no_series_of_any_language_spikes_on_a_quiet_day(watched: Watched) -> None:
    for start, end in QUIET:
        assert [spike for spike in watched.spikes if start <= spike.start < end] == []


def test_a_backtest_finds_the_same(watched: Watched) -> None:
    policy = DetectorPolicy.for_bins(5 * MINUTE)
    found = backtest(watched.store, policy, watched.roots, FIRST, LAST).incidents
    assert {incident.id: incident for incident in found} == {incident.id: incident for incident in watched.incidents}


@pytest.fixture(scope="module")
def explained(watched: Watched) -> Explanation:
    return explanation.explain(watched.store, watched.friday, LAST)


def terms_in(explained: Explanation, language: str) -> list[str]:
    return [row.term for part in explained.terms if part.language == language for row in part.rows]


def test_each_language_has_terms_of_its_own(explained: Explanation) -> None:
    assert {"Amazon", "phones"} <= set(terms_in(explained, "en"))
    arabic = terms_in(explained, "ar")
    assert "أمازون" in arabic
    assert all(ARABIC.fullmatch(term) for term in arabic)
    assert any("アマゾン" in term for term in terms_in(explained, "ja"))
    assert any("अमेज़न" in term for term in terms_in(explained, "hi"))
    assert "empleados" in terms_in(explained, "es")


def test_the_alert_has_the_first_of_the_same_terms(watched: Watched, explained: Explanation) -> None:
    for language in ("en", "ar"):
        told = [each.term for each in watched.friday.terms if each.language == language]
        assert told == terms_in(explained, language)[: len(told)]
        assert len(told) == 4


def test_an_explanation_can_be_asked_for_one_language(watched: Watched) -> None:
    arabic = explanation.explain(watched.store, watched.friday, LAST, language="ar")
    assert [part.language for part in arabic.terms] == ["ar"]
    assert {row.language for row in arabic.first_posts.rows} == {"ar"}
    assert [row.name for row in arabic.languages.rows] == ["ar"]
    [who] = arabic.concentration.rows
    assert who.posts < 2_000


def test_the_same_posts_give_the_same_explanation(watched: Watched, explained: Explanation) -> None:
    assert explanation.explain(watched.store, watched.friday, LAST) == explained


def test_it_shows_first_and_most_shared_posts_and_where_they_point(explained: Explanation) -> None:
    first = explained.first_posts.rows
    assert [post.created_at for post in first] == sorted(post.created_at for post in first)
    assert first[0].created_at - explained.start < 5 * MINUTE
    shares = [max(post.shared, post.reposts or 0) for post in explained.most_shared.rows]
    assert shares == sorted(shares, reverse=True)
    assert explained.sites.rows[0].name == "news.example.com"
    assert any("amazon" in row.name for row in explained.hashtags.rows)
    assert explained.languages.rows[0].name == "en"
    assert sum(row.share for row in explained.sources.rows) == pytest.approx(1.0)


def test_every_figure_can_be_asked_for_again_by_pasting_its_query(watched: Watched, explained: Explanation) -> None:
    for name in explained.__struct_fields__:
        part = getattr(explained, name)
        if isinstance(part, Part) and name != "concentration":
            pasted = watched.store.query(part.query.paste)
            assert pasted == [msgspec.structs.astuple(row) for row in part.rows], name
    [who] = explained.concentration.rows
    [speakers] = watched.store.query(explained.concentration.query.paste)
    assert speakers[1:4] == (who.posts, who.authors, who.texts)
    assert {each.name for each in watched.friday.evidence} <= explained.evidence.keys()
    for query in explained.evidence.values():
        assert watched.store.query(query.paste) == query.rows(watched.store)
    terms: Terms = explained.terms[0]
    for query, read in ((terms.query, terms.read), (terms.query_before, terms.read_before)):
        assert isinstance(query, Statement)
        assert len(watched.store.query(query.paste)) == read


def test_the_demo_finds_the_friday_surge_as_one_incident_of_two_pulses(demo: Running, own: Installation) -> None:
    incidents = json.loads(own.run("spikes", "--format", "json").stdout)
    [friday] = [incident for incident in incidents if incident["start"].startswith("2020-07-10")]
    first, second = friday["pulses"]
    assert "2020-07-10T15:55" <= first["start"] <= "2020-07-10T16:10"
    assert "2020-07-10T20:55" <= second["start"] <= "2020-07-10T21:10"
    assert friday["topic"] == "ban"
    assert friday["ratio"] > 10
    assert {"en", "ar", "es", "pt", "tr"} <= set(friday["languages"])
    assert friday["synthetic"]


def test_each_incident_is_told_from_its_opening_to_its_end_and_says_that_it_is_synthetic(demo: Running) -> None:
    opened = demo.said.count("\nALERT ") - demo.said.count("\nALERT GREW")
    assert (opened, demo.said.count("\nRESOLVED")) == (3, 3), demo.said
    assert "nobody wrote them" in demo.said


def test_an_incident_is_explained_in_the_terms_of_a_language(demo: Running, own: Installation) -> None:
    incidents = json.loads(own.run("spikes", "--format", "json").stdout)
    [friday] = [incident["id"] for incident in incidents if incident["start"].startswith("2020-07-10")]
    said = own.run("explain", friday, "--language", "ar").stdout.decode()
    assert "terms in ar, from" in said
    assert "أمازون:" in said
    explained = json.loads(own.run("explain", friday, "--language", "ar", "--format", "json").stdout)
    assert explained["terms"][0]["language"] == "ar"
    shown = own.run("sql", explained["evidence"]["late"]["paste"], "--format", "ndjson")
    assert {json.loads(line)["source"] for line in shown.stdout.splitlines()} >= {"synthetic-microblog"}
    nowhere = own.run("explain", "no-such-incident")
    assert nowhere.returncode == 1
    assert nowhere.stderr.count(b"\n") == 1


def test_the_story_of_an_incident_says_nothing_twice(demo: Running) -> None:
    """What a person reads from an opening to its end; the posts and the verdict stand in the opening."""
    blocks = re.split(r"\n(?=ALERT |RESOLVED, |\d+ incidents)", demo.said)
    friday = [each for each in blocks if "incident ban-20200710T" in each]
    opened, *grew, ended = friday
    assert opened.startswith("ALERT EXTREME: TikTok bans")
    assert "Pulse 2" not in opened
    assert ended.startswith("RESOLVED, EXTREME: TikTok bans")
    assert re.search(r"  What grew: it rose again from (20:5|21:0)\d: ", "".join(grew))
    for once in ("  Organic: of ", "  First post, ", "  Most shared, "):
        assert once in opened
        assert once not in "".join([*grew, ended])
    for before, after in pairwise([opened, *grew]):
        assert not {*about(before)} & {*about(after)}
    assert "  Lasted: " in ended
    assert "SELECT" not in demo.said


def about(block: str) -> list[str]:
    """The lines of a message with terms and topics."""
    return [line for line in block.splitlines() if line.startswith(("  Terms in", "  Topics"))]


def test_a_rule_for_arabic_sends_the_planted_conversations_in_arabic_and_nothing_else(
    watched: Watched, desk: Receiver
) -> None:
    """India's ban, the remark and the e-mail are planted in Arabic too; nothing is on days on which nothing is."""
    due = watched.store.query("SELECT count() FROM notifications WHERE channel = 'desk' AND step != ''")[0][0]
    eventually(lambda: len(desk.received) == due, timedelta(seconds=120))
    sent = sorted((received.json for received in desk.received), key=incident_of)
    told = {name: list(messages) for name, messages in groupby(sent, key=incident_of)}
    incidents = {each.id: each for each in watched.incidents}
    assert told.keys() == {name for name, each in incidents.items() if "ar" in each.languages}
    for name, messages in told.items():
        assert_is_planted_in_arabic(incidents[name])
        said = [(each["data"]["step"], each["data"]["growth"]) for each in messages]
        again = [("grew", ["pulse"])] if name == watched.friday.id else []
        assert said == [("opened", []), *again, ("resolved", [])], name
        assert all("ar" in each["data"]["incident"]["languages"] for each in messages)
        assert "حظر تيك توك" in messages[0]["data"]["message"]["title"]
    friday = told[watched.friday.id]
    assert [len(each["data"]["incident"]["pulses"]) for each in friday] == [1, 2, 2]
    assert "أمازون" in json.dumps(friday[0], ensure_ascii=False)


def incident_of(sent: dict[str, Any]) -> str:
    return str(sent["data"]["conversation"])


def assert_is_planted_in_arabic(incident: Incident) -> None:
    assert any(
        "ar" in event.languages and event.start <= incident.detected_at < event.start + timedelta(hours=2)
        for event in EVENTS
    )
    assert not any(start <= incident.start < end for start, end in QUIET)


def test_the_list_at_the_end_names_the_topic(demo: Running) -> None:
    listed = demo.said.rpartition("3 incidents\n")[2]
    assert listed.count("TikTok bans at ") == 3
    assert "EXTREME: ban at" not in listed


def test_sql_prints_a_table_while_the_demo_runs(demo: Running, own: Installation) -> None:
    asked = own.run("sql", QUERY)
    assert asked.returncode == 0, asked.stderr
    table = asked.stdout.decode()
    assert "sum(posts)" in table
    assert "ban" in table


@pytest.mark.parametrize("filled", [True, False], ids=["the documented query", "--absent-is-zero"])
def test_the_export_through_detect_has_the_spikes_in_arabic_that_the_watch_found(
    watched: Watched, own: Installation, *, filled: bool
) -> None:
    """India's ban of 29 June, the remark of 7 July and the e-mail of 10 July, as a user pipes them."""
    exported = own.run("sql", SERIES if filled else ROWS, "--format", "csv")
    judged = own.run("detect", *([] if filled else ["--absent-is-zero"]), stdin=exported.stdout)
    assert (exported.stderr, judged.stderr) == (b"", b"")
    rows = list(csv.DictReader(io.StringIO(judged.stdout.decode())))
    spiking = [datetime.fromisoformat(f"{row['timestamp']}Z") for row in rows if row["state"] == "spike"]
    begun = [at for before, at in pairwise([FIRST, *spiking]) if at - before > timedelta(hours=12)]
    found = [each for each in watched.spikes if (each.topic, each.language) == ("ban", "ar")]
    assert [at.date().isoformat() for at in begun] == ["2020-06-29", "2020-07-07", "2020-07-10"]
    assert [each.start for each in found] == begun


def test_sql_only_reads(demo: Running, own: Installation) -> None:
    asked = own.run("sql", "DROP TABLE post_versions")
    assert asked.returncode == 1
    assert b"readonly" in asked.stderr
    assert b"Traceback" not in asked.stderr


def test_a_second_stack_from_the_same_folder_is_refused_in_one_sentence(demo: Running, own: Installation) -> None:
    second = own.run("demo", "--no-dashboard")
    assert second.returncode == 1
    assert second.stderr.decode().count("\n") == 1
    assert "already answers" in second.stderr.decode() or "Another banwatch" in second.stderr.decode()


def test_ctrl_c_ends_everything_and_a_second_demo_counts_and_tells_nothing_twice(
    demo: Running, own: Installation, desk: Receiver
) -> None:
    before, heard = own.run("sql", QUERY, "--format", "csv").stdout, len(desk.received)
    children = demo.children()
    assert children
    assert demo.interrupt() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not listens(own.kafka)
    assert not listens(own.clickhouse)
    with closing(own.start("demo", "--no-dashboard")) as again:
        assert again.says("3 incidents"), again.said
        assert again.said.count("ALERT") == 0
        assert own.run("sql", QUERY, "--format", "csv").stdout == before
    assert len(desk.received) == heard
