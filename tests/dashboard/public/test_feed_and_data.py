"""The feed keeps to RFC 4287, and the data are those of the store."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import urljoin, urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
import msgspec
import pytest

from dashboard.i18n import WORDS
from dashboard.public.data import incidents_json
from dashboard.public.editions import Edition
from dashboard.watch_list import WatchList
from processing import queries
from processing.contract import ClickHouseAddress, Pulse
from processing.i18n import LANGUAGES
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.dashboard.public.conftest import INCIDENT, SITE, Served, serving
from tests.support import stock

ATOM = "{http://www.w3.org/2005/Atom}"
MINUTE = timedelta(minutes=1)
ONCE = ("id", "title", "updated")


def feed_of(served: Served, path: str = "/feed.atom") -> ET.Element:
    return ET.fromstring(served.get(path).content)


def keeps_to_the_rules(feed: ET.Element, base: str) -> None:
    """Check what RFC 4287 asks of a feed and of its entries (4.1.1, 4.1.2, 4.2.6, 3.3)."""
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for node in (feed, *entries):
        for name in ONCE:
            [found] = node.findall(f"{ATOM}{name}")
            assert (found.text or "").strip(), name
        for name in ("updated", "published"):
            for time in node.findall(f"{ATOM}{name}"):
                assert datetime.fromisoformat(time.text or "").tzinfo is not None
        assert UUID((node.findtext(f"{ATOM}id") or "").removeprefix("urn:uuid:"))
        alternates = [link for link in node.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in alternates}) == len(alternates) == 1
        assert all(urlsplit(urljoin(base, link.get("href", ""))).scheme for link in alternates)
    [author] = feed.findall(f"{ATOM}author")
    assert author.findtext(f"{ATOM}name")
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")].count("self") == 1
    names = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(names)) == len(names)
    assert feed.findtext(f"{ATOM}updated") == max(entry.findtext(f"{ATOM}updated") or "" for entry in entries)
    assert all(entry.findtext(f"{ATOM}summary") for entry in entries)


@pytest.mark.parametrize("site", [SITE, ""])
@pytest.mark.parametrize("path", ["/feed.atom", *(f"/{tag}/feed.atom" for tag in LANGUAGES[1:])])
def test_the_feed_keeps_to_the_rules(stocked: ClickHouseAddress, path: str, site: str) -> None:
    with serving(stocked, public_site=site) as served:
        answer = served.get(path)
        keeps_to_the_rules(ET.fromstring(answer.content), f"{SITE}{path}")
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        parsed = feedparser.parse(
            answer.content, response_headers={**answer.headers, "content-location": f"{SITE}{path}"}
        )
        assert not parsed.bozo
        assert parsed.version == "atom10"
        [entry] = parsed.entries
        assert served.get(urlsplit(entry.link).path).status_code == 200
        tag = path.split("/")[1] if path.count("/") > 1 else "en"
        assert WORDS[tag].synthetic in entry.summary
        assert parsed.feed.language == tag


def test_a_reader_knows_an_entry_again_and_sees_that_it_has_changed(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, going_on=True, complete=False)
    with serving(address) as served:
        before = feed_of(served)
    later = stock.PEAKS[1] + timedelta(hours=1)
    grown = msgspec.structs.replace(
        stock.incident(going_on=True), pulses=(*stock.incident().pulses, Pulse(later, later, 700, 40.0))
    )
    write_incidents(store, [grown])
    with serving(address) as served:
        after = feed_of(served)
    [one], [other] = before.findall(f"{ATOM}entry"), after.findall(f"{ATOM}entry")
    assert one.findtext(f"{ATOM}id") == other.findtext(f"{ATOM}id")
    assert one.findtext(f"{ATOM}published") == other.findtext(f"{ATOM}published")
    assert (one.findtext(f"{ATOM}updated") or "") < (other.findtext(f"{ATOM}updated") or "")


def test_the_incidents_for_programs(standing: Served) -> None:
    answer = standing.get("/api/incidents.json")
    assert answer.headers["content-type"] == "application/json"
    about = answer.json()
    assert about["synthetic"] == "yes"
    assert about["state"] == "calm"
    assert about["as_of"] == "2020-07-11T00:00:00Z"
    [incident] = about["incidents"]
    assert incident["id"] == INCIDENT
    assert incident["url"] == f"{SITE}/incident/{INCIDENT.replace(':', '%3A')}"
    assert set(incident["sentence"]) == set(LANGUAGES)
    assert incident["synthetic"] is True
    assert incident["verdict"] == "organic"
    assert [pulse["observed"] for pulse in incident["pulses"]] == [640, 640]


def test_a_loud_list_hides_no_incident_of_another_and_a_list_that_is_gone_has_none() -> None:
    loud = [
        msgspec.structs.replace(stock.incident(), id=f"ban-{n}", start=stock.SURGE + n * MINUTE) for n in range(120)
    ]
    rest = [
        msgspec.structs.replace(loud[0], id=f"{topic}-0", topic=topic, start=stock.START)
        for topic in ("outage", "gone")
    ]
    every = {each.id: each for each in (*reversed(loud), *rest)}
    editions = [Edition(WatchList(root), None, every) for root in ("ban", "outage")]
    said = msgspec.json.decode(incidents_json(editions, {"en": WORDS["en"]}, SITE, stock.END))
    assert [each["id"] for each in said["incidents"]] == [f"ban-{n}" for n in range(119, 19, -1)] + ["outage-0"]


def rows_of(served: Served, query: str = "") -> list[dict[str, str]]:
    answer = served.get(f"/api/counts.csv{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.text)))


def test_the_counts_for_programs_are_those_of_the_store(standing: Served, stocked: ClickHouseAddress) -> None:
    with Store(stocked) as store:
        counted = queries.series(store, stock.START, stock.END, timedelta(hours=1), topic="ban", language="ar")
    rows = rows_of(standing, "?language=ar&width=60")
    told = {datetime.fromisoformat(row["start"]): int(row["posts"]) for row in rows}
    assert told == dict.fromkeys(told, 0) | {each.start: each.posts for each in counted}
    assert {(row["topic"], row["language"], row["synthetic"]) for row in rows} == {("ban", "ar", "yes")}
    assert len(rows) == 72


@pytest.mark.parametrize("length", ["hour", "6h", "day", "week", "month", "all"])
def test_wider_bins_hold_the_posts_of_the_narrow_ones(standing: Served, length: str) -> None:
    narrow, wide = rows_of(standing, f"?range={length}"), rows_of(standing, f"?range={length}&width=60")
    starts = {row["start"] for row in wide}
    inside = [row for row in narrow if row["start"][:14] + "00:00Z" in starts]
    assert sum(int(row["posts"]) for row in wide) == sum(int(row["posts"]) for row in inside) > 0


def test_a_time_that_nobody_collected_has_no_number(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    store.command("ALTER TABLE source_health_versions UPDATE until = since + INTERVAL 1 DAY WHERE true "
                  "SETTINGS mutations_sync = 2")  # fmt: skip
    with serving(address) as served:
        rows = rows_of(served, "?language=sw")
        picture = served.get("/chart.svg?language=sw").text
    assert {row["posts"] for row in rows} == {"", "0"}
    assert 'class="c-silence"' in picture


def test_every_picture_says_its_source_its_time_and_that_it_is_generated(standing: Served) -> None:
    words = WORDS["en"]
    for path in ("/chart.svg", f"/chart.svg?incident={INCIDENT}", "/chart.svg?language=ar&range=day"):
        texts = [node.text for node in ET.fromstring(standing.get(path).content).iter() if node.text]
        whole = " ".join(texts)
        assert words.synthetic in whole
        assert words.public.chart_source.format(now=words.moment(stock.END)) in whole
