"""The choice of the watch list in the shell, and what follows it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from dashboard.i18n import WORDS
from dashboard.services import Event, Services
from dashboard.settings import DashboardSettings
from dashboard.watch_list import Topic
from deploy.processes.dashboard import topics_of
from deploy.shipped_topics import topics_files
from processing import queries
from processing.store.client import Store
from processing.store.records import write_incidents
from processing.tagging.topics import ReloadingTaxonomy
from tests.dashboard import pages
from tests.support import stock

HOUR = timedelta(hours=1)
TOPICS = topics_of(ReloadingTaxonomy(*topics_files(("tiktok-bans", "outages"))))
TOPICS["outage"] = Topic({"en": "*U.S.* outages"}, "outage")
EVENTS = tuple(
    Event(stock.END - 2 * HOUR, {"en": f"An event of {topic or 'all'}"}, "https://example.org", topic)
    for topic in ("", "ban", "outage")
)
SERVICES = Services(topics=lambda: TOPICS, events=lambda: EVENTS)
BANS, OUTAGES = TOPICS["ban"].names["en"], TOPICS["outage"].names["en"]


def test_another_list_has_its_title_its_topics_its_surges_and_its_events(settings: DashboardSettings) -> None:
    shown = pages.run(settings, SERVICES, "", ui="en", topic="employer-ban")
    assert shown.selectbox(key="watch").options == [BANS, OUTAGES]
    assert shown.caption[0].value == WORDS["en"].title.format(topic=BANS)
    assert BANS in pages.html(shown)
    events = {name: f"An event of {name}" in pages.html(shown) for name in ("all", "ban", "outage")}
    assert events == {"all": True, "ban": True, "outage": False}
    shown.selectbox(key="watch").select("outage").run()
    assert not shown.exception
    assert shown.caption[0].value == WORDS["en"].title.format(topic=r"\*U\.S\.\* outages")
    assert BANS not in pages.html(shown)
    assert shown.selectbox(key="topic").value == "outage"
    assert shown.selectbox(key="topic").options == [WORDS["en"].every_topic, OUTAGES]
    assert shown.query_params == {"ui": "en", "watch": "outage"}


def test_an_incident_chooses_its_list_and_another_list_leaves_it(settings: DashboardSettings) -> None:
    shown = pages.run(settings, SERVICES, "incident", ui="en", watch="outage", id=stock.incident().id)
    assert shown.selectbox(key="watch").value == "ban"
    assert WORDS["en"].incident_page.all_incidents in pages.html(shown)
    shown.selectbox(key="watch").select("outage").run()
    assert "id" not in shown.query_params
    assert [each.value for each in shown.info] == [WORDS["en"].no_incidents]


def test_the_incidents_of_a_loud_list_hide_none_of_another(store: Store) -> None:
    newest = [replace(stock.incident(), id=f"ban-{number}", start=stock.SURGE + number * HOUR) for number in range(3)]
    oldest = replace(stock.incident(), id="outage-0", topic="outage", start=stock.SURGE - HOUR)
    write_incidents(store, [*newest, oldest])
    assert [each.id for each in queries.incidents(store, limit=1)] == ["ban-2", "outage-0"]
