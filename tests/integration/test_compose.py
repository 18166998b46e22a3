"""What a channel is told, out of the real store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
from processing.contract import ClickHouseAddress
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.records import write_incidents
from tests.support.alerted import INCIDENT, WIDTH
from tests.support.queued import Decided, decide
from tests.support.telling import BOOK

AT = INCIDENT.detected_at
MINUTE = timedelta(minutes=1)
LINKS = signed_links("https://answers.example.org", SecretStr("k" * 32))


@dataclass(frozen=True)
class Quiet:
    """A channel that is told nothing."""

    name: str = "console"
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        return Attempt(Outcome.SENT, notification.key)


def composed(store: Store, *decisions: Decided, book: RuleBook = BOOK) -> Notification:
    decide(store, *decisions)
    batch = Batch(decisions[0].key, tuple(map(waiting, queries.undelivered(store))))
    composer = Composer(store, lambda: book, lambda _: {"ban": "TikTok bans"}, lambda: AT, WIDTH, links=LINKS)
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


def test_digest_holds_a_message_for_each_part(store: Store) -> None:
    other = INCIDENT.__class__(**{name: getattr(INCIDENT, name) for name in INCIDENT.__struct_fields__} | {"id": "b"})
    write_incidents(store, [INCIDENT, other])

    told = composed(
        store, opened(bundle="night"), opened("b", bundle="night"), opened("source:bluesky", step="no_data")
    )

    assert told.step is Step.DIGEST
    assert told.incident is None
    assert len(told.message.parts) == 3


@pytest.mark.parametrize(("step", "said"), [("channel_failed", "CHANNEL FAILED"), ("resolved", "CHANNEL WORKS AGAIN")])
def test_channel_that_fails_or_works_again_is_named(store: Store, step: str, said: str) -> None:
    told = composed(store, opened("channel:slack", step=step))

    assert said in told.message.title
    assert "slack" in told.message.title


class WithoutPosts(Store):
    """A store whose table of posts cannot be read."""

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        if "FROM posts" in sql or "FROM counts" in sql:
            raise StoreUnavailable("It is too slow.")
        return super().query(sql, parameters)


def test_part_that_cannot_be_read_is_left_out(address: ClickHouseAddress) -> None:
    with WithoutPosts(address) as store:
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
