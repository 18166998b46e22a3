"""What a channel is told, out of the real store."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from pydantic import SecretStr

from processing import queries
from processing.alerts.channels import OpenChannels, Unusable
from processing.alerts.compose import Composer
from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers.webhook import WebhookOptions
from processing.alerts.queue import Batch
from processing.alerts.rules import Channel, RuleBook
from processing.alerts.signed_links import signed_links
from processing.alerts.stored_queue import waiting
from processing.contract import ClickHouseAddress, Corrects, TaggedPost, VerdictName
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.records import write_incidents, write_scored_until
from processing.store.writer import recount, write_posts
from processing.troubles import Trouble, TroubleName, TroubleSeverity
from tests.conftest import a_post as a_raw_post
from tests.support.alerted import INCIDENT, WIDTH
from tests.support.queued import Decided, decide
from tests.support.telling import BOOK
from tests.support.waves import BEFORE, waves

AT = INCIDENT.detected_at
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DEAD = msgspec.json.encode(
    Trouble(name=TroubleName.CHANNEL, severity=TroubleSeverity.WARNING, since=AT, subject="slack", reason="auth")
).decode()
LINKS = signed_links("https://answers.example.org", SecretStr("k" * 32))


@dataclass(frozen=True)
class Quiet:
    """A channel that is told nothing."""

    name: str = "console"
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        return Attempt(Outcome.SENT, notification.key)


def composed(
    store: Store, *decisions: Decided, book: RuleBook = BOOK, wall: datetime = AT, before: Decided | None = None
) -> Notification:
    decide(store, *([before] if before else []), *decisions)
    if before:
        store.insert("delivery_versions", ["key", "attempt", "reason"], [[before.key], [1], ["sent"]])
    batch = Batch(decisions[0].key, tuple(map(waiting, queries.undelivered(store))))
    composer = Composer(store, lambda: book, lambda _: {"ban": "TikTok bans"}, lambda: wall, WIDTH, links=LINKS)
    return composer(batch, Quiet())


def opened(conversation: str = INCIDENT.id, at: datetime = AT, **fields: object) -> Decided:
    return Decided(conversation, at, channel="console", **fields)  # type: ignore[arg-type]


def test_message_shows_the_incident_as_it_is_now(store: Store) -> None:
    write_incidents(store, [INCIDENT])

    told = composed(store, opened())

    assert (told.step, told.conversation, told.incident) == (Step.OPENED, INCIDENT.id, INCIDENT)
    assert "TikTok bans" in told.message.title
    assert told.message.sparkline
    assert told.message.chart is not None
    assert told.message.acknowledge is not None


def test_message_says_what_a_correction_has_come_to(store: Store) -> None:
    """The posts are read when the message is made; a taxonomy without corrections says nothing of them."""
    write_incidents(store, [INCIDENT])
    write_scored_until(store, INCIDENT.start + HOUR)
    write_posts(store, [*said(30, "employer-ban"), *said(40, "employer-ban", "retraction", after=30 * MINUTE)])
    decide(store, opened())
    batch = Batch(opened().key, tuple(map(waiting, queries.undelivered(store))))

    def told(*corrects: Corrects) -> dict[str, str]:
        composer = Composer(store, lambda: BOOK, lambda _: {}, lambda: AT, WIDTH, corrects=lambda: corrects)
        return {fact.label: fact.value for fact in composer(batch, Quiet()).message.facts}

    assert "57% of the posts on both correct" in told(Corrects("retraction", "employer-ban", "ban"))["Correction"]
    assert "Correction" not in told()


def test_message_says_who_led(store: Store) -> None:
    counts, _ = waves(np.random.default_rng(9), (0, 20), (15.0, 8.0))
    posts = [
        TaggedPost(
            a_raw_post(id=f"{language}{minute}-{number}", created_at=INCIDENT.start + (minute - BEFORE) * MINUTE),
            language,
            0.9,
            ("ban",),
            "1",
        )
        for language, row in zip(("en", "ar"), counts, strict=True)
        for minute, count in enumerate(row[: BEFORE + 120])
        for number in range(int(count))
    ]
    recount(store, write_posts(store, posts))
    write_incidents(store, [INCIDENT])
    write_scored_until(store, INCIDENT.start + 2 * HOUR)

    told = {fact.label: fact.value for fact in composed(store, opened()).message.facts}

    lag, low, high = map(int, re.findall(r"(\d+)\u00a0min", told["Who led"]))
    assert told["Who led"].startswith("Arabic followed English by ")
    assert low <= lag <= high
    assert low <= 20 <= high

    few = msgspec.structs.replace(INCIDENT, verdict=VerdictName.CONCENTRATED)
    write_incidents(store, [few])
    assert "Who led" not in {fact.label for fact in composed(store, opened()).message.facts}


def said(count: int, *topics: str, after: timedelta = timedelta()) -> list[TaggedPost]:
    """Posts of the incident with these topics, one in ten seconds."""
    return [
        TaggedPost(
            a_raw_post(id=f"{topics}{number}", created_at=INCIDENT.start + after + timedelta(seconds=10 * number)),
            "en",
            0.9,
            ("ban", *topics),
            "1",
        )
        for number in range(count)
    ]


def test_replay_shows_the_incident_as_it_was_decided(store: Store) -> None:
    """Behind a watch that goes through history, the store holds how it went on."""
    then = msgspec.structs.replace(INCIDENT, pulses=INCIDENT.pulses[:1], languages=("en",), terms=())
    write_incidents(store, [INCIDENT])
    write_scored_until(store, AT + 9 * HOUR)
    decided = opened(incident=msgspec.json.encode(then).decode())

    assert composed(store, decided).incident == INCIDENT
    told = composed(store, decided, wall=AT + 60 * HOUR)

    assert told.incident == then
    assert [fact.label for fact in told.message.facts if fact.label.startswith("Pulse")] == ["Pulse 1"]


def test_digest_of_a_replay_shows_the_incident_as_it_was_decided_last(store: Store) -> None:
    then = [msgspec.structs.replace(INCIDENT, ratio=ratio, end=AT) for ratio in (3.0, 4.0)]
    write_incidents(store, [INCIDENT, msgspec.structs.replace(INCIDENT, id="b")])
    write_scored_until(store, AT + 9 * HOUR)

    told = composed(
        store,
        *(
            opened(bundle="night", number=number, incident=msgspec.json.encode(each).decode())
            for number, each in enumerate(then, start=1)
        ),
        opened("b", bundle="night"),
        wall=AT + 60 * HOUR,
    )

    assert ["at 4 times normal" in part.title for part in told.message.parts] == [False, True]


@pytest.mark.parametrize("written", ["{", '{"id": 7}', '{"id": "x", "of_tomorrow": true}'])
def test_incident_that_another_version_has_written_is_read_from_the_store(store: Store, written: str) -> None:
    write_incidents(store, [INCIDENT])
    write_scored_until(store, AT)

    assert composed(store, opened(incident=written), wall=AT + 60 * HOUR).incident == INCIDENT


def test_growth_shows_which_terms_are_new(store: Store) -> None:
    before = msgspec.structs.replace(INCIDENT, terms=INCIDENT.terms[2:], subtopics=INCIDENT.subtopics)
    write_incidents(store, [INCIDENT])

    told = composed(
        store,
        opened(number=2, at=AT + MINUTE, step="grew"),
        before=opened(severity="major", incident=msgspec.json.encode(before).decode()),
    )

    assert {fact.label: fact.told for fact in told.message.facts if fact.label.startswith(("Terms", "Topics"))} == {
        "Terms in English": False,
        "Terms in Arabic": True,
        "Topics": True,
    }


def test_digest_holds_a_message_for_each_part(store: Store) -> None:
    other = INCIDENT.__class__(**{name: getattr(INCIDENT, name) for name in INCIDENT.__struct_fields__} | {"id": "b"})
    write_incidents(store, [INCIDENT, other])

    told = composed(
        store,
        opened(bundle="night"),
        opened("b", bundle="night"),
        opened("channel:slack", bundle="night", trouble=DEAD),
    )

    assert told.step is Step.DIGEST
    assert told.incident is None
    assert len(told.message.parts) == 3


@pytest.mark.parametrize(("step", "said"), [("opened", "has been failing"), ("resolved", "works again")])
def test_channel_that_fails_or_works_again_is_named(store: Store, step: str, said: str) -> None:
    told = composed(store, opened("channel:slack", step=step, trouble=DEAD))

    assert told.message.title.startswith("banwatch itself: ")
    assert said in told.message.title
    assert "slack" in told.message.title
    assert told.trouble == msgspec.json.decode(DEAD, type=Trouble)


def test_trouble_that_another_version_has_written_is_told_without_words(store: Store) -> None:
    assert composed(store, opened("disk:default", trouble="{")).message.title == "opened: disk:default"


class WithoutPosts(Store):
    """A store whose table of posts cannot be read."""

    fails: Exception = StoreUnavailable("It is too slow.")

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        if "FROM posts" in sql or "FROM counts" in sql:
            raise self.fails
        return super().query(sql, parameters, patience=patience)


@pytest.mark.parametrize("fails", [StoreUnavailable("It is too slow."), IndexError("a defect")])
def test_part_that_cannot_be_read_is_left_out(address: ClickHouseAddress, fails: Exception) -> None:
    with WithoutPosts(address) as store:
        store.fails = fails
        write_incidents(store, [INCIDENT])
        told = composed(store, opened())

    assert "TikTok bans" in told.message.title
    assert not told.message.sparkline


def test_incident_that_the_store_does_not_hold_is_told_in_few_words(store: Store) -> None:
    assert composed(store, opened()).message.title == f"opened: {INCIDENT.id}"


@dataclass
class Rules:
    """Rules that a test changes."""

    book: RuleBook = field(default=BOOK)

    def hook(self, url: str) -> None:
        channel = Channel("hook", "webhook", WebhookOptions.model_validate({"url": url}))
        self.book = replace(BOOK, channels={"hook": channel})


def test_channel_stays_open_until_its_table_changes() -> None:
    rules = Rules()
    channels = OpenChannels(lambda: rules.book)
    rules.hook("https://example.org/one")
    first = channels().notifiers["hook"]
    rules.hook("https://example.org/one")
    assert channels().notifiers["hook"] is first
    rules.hook("https://example.org/two")
    assert channels().notifiers["hook"] is not first


def test_channel_that_cannot_be_opened_keeps_its_messages() -> None:
    told = Notification(key="a", conversation="a", channel="x", step=Step.OPENED, at=AT, message=None)  # type: ignore[arg-type]

    assert Unusable("x", "It has no address.").notify(told) == Attempt(Outcome.RETRY, "It has no address.")
