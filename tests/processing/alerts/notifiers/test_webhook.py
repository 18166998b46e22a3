"""The webhook: Standard Webhooks 1.0 as its own library checks it, and Alertmanager's webhook."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from standardwebhooks import Webhook as StandardWebhook
from standardwebhooks import WebhookVerificationError

from processing.alerts.notification import Growth, Outcome, Step
from processing.alerts.notifiers.webhook import webhook_id
from processing.contract import Evidence
from tests.support.channels.kinds import NEW_KEY, OLD_KEY, webhook
from tests.support.channels.messages import KEY, PAGE, a_message, a_notification, a_trouble, an_incident
from tests.support.channels.receiver import Received, Reply, receiving
from tests.support.channels.schemas import ALERTMANAGER_WEBHOOK, STANDARD_WEBHOOK
from tests.support.channels.servers import WebhookServer

STRANGERS_KEY = "whsec_" + "c3RyYW5nZXI" * 4


def sent(notification: object = None, **options: object) -> Received:
    held = WebhookServer()
    with receiving(held) as server:
        attempt = webhook(server.url, **options).notify(notification or a_notification())  # type: ignore[arg-type]
    assert attempt.outcome is Outcome.SENT
    return held.taken[attempt.message_id]


@pytest.mark.parametrize("key", [NEW_KEY, OLD_KEY])
def test_each_of_two_keys_proves_who_sent_it(key: str) -> None:
    received = sent()

    verified = StandardWebhook(key).verify(received.body, dict(received.headers))

    assert verified == received.json
    assert received.headers["webhook-id"] == KEY


def test_a_strangers_key_or_a_changed_body_proves_nothing() -> None:
    received = sent()

    with pytest.raises(WebhookVerificationError):
        StandardWebhook(STRANGERS_KEY).verify(received.body, dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(NEW_KEY).verify(received.body.replace(b"230", b"231"), dict(received.headers))


def test_the_time_that_is_signed_is_that_of_the_attempt() -> None:
    received = sent(a_notification(at=datetime(2020, 1, 1, tzinfo=UTC)))

    signed = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    assert abs(datetime.now(UTC) - signed) < timedelta(minutes=5)
    assert received.json["timestamp"] == "2020-01-01T00:00:00Z"


def test_without_a_key_nothing_is_signed() -> None:
    assert "webhook-signature" not in sent(signing_key="").headers


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_a_type(step: Step) -> None:
    body = sent(a_notification(step, growth=(Growth.LANGUAGE,))).json

    jsonschema.validate(body, STANDARD_WEBHOOK)
    assert body["data"]["step"] == step.value
    assert body["data"]["growth"] == ["language"]


def test_an_opened_incident_comes_whole() -> None:
    body = sent().json

    assert body["type"] == "incident.opened"
    assert (body["data"]["incident"]["id"], body["data"]["incident"]["observed"]) == ("ban-20260710T1200Z", 230)
    message = body["data"]["message"]
    assert message["facts"][0] == {"label": "Posts", "value": "230, expected 41.2"}
    assert message["page"] == {"label": "Open the incident", "url": PAGE}
    assert message["sql"] == "SELECT count()\nFROM posts"


def test_what_is_long_is_left_out_until_the_body_is_small() -> None:
    long = "ب" * 600
    incident = an_incident(evidence=tuple(Evidence(long, 1.0) for _ in range(400)), languages=(long,) * 400)
    message = a_message(long, parts=(a_message(long),) * 300, notes=(long,) * 300)

    received = sent(a_notification(message=message, incident=incident))

    assert len(received.body) < 20_000
    assert received.json["data"]["message"]["title"] == long
    assert received.json["data"]["incident"]["id"] == "ban-20260710T1200Z"


def test_sql_goes_before_quotes() -> None:
    received = sent(a_notification(message=a_message(sql="x" * 30_000, notes=("ب" * 600,) * 13)))

    assert len(received.body) < 20_000
    assert received.json["data"]["message"]["sql"] == ""
    assert received.json["data"]["message"]["quotes"]


def test_a_trouble_of_banwatch_itself_is_of_its_own_type_and_its_texts_stay_text() -> None:
    told = sent(a_trouble(subject="<b>\u202ex\n", detail="y" * 3000)).json

    assert told["type"] == "trouble.opened"
    assert told["data"]["incident"] is None
    assert told["data"]["trouble"]["name"] == "disk"
    assert told["data"]["trouble"]["value"] == 0.05
    assert told["data"]["trouble"]["subject"] == "<b>x"
    assert len(told["data"]["trouble"]["detail"]) <= 503


def test_a_key_with_a_full_stop_does_not_end_what_is_signed() -> None:
    assert webhook_id("source:a.b:desk:1") == "source:a%2Eb:desk:1"
    received = sent(a_notification(key="source:a.b\n:desk:1"))
    StandardWebhook(NEW_KEY).verify(received.body, dict(received.headers))


def test_a_receiver_that_is_gone_for_good_refuses_and_one_that_is_missing_may_come_back() -> None:
    for status, outcome in ((410, Outcome.REFUSED), (404, Outcome.RETRY)):
        with receiving(WebhookServer()) as server:
            server.faults.append(Reply(status))

            assert webhook(server.url).notify(a_notification()).outcome is outcome


@pytest.mark.parametrize("step", list(Step))
def test_alertmanagers_webhook_has_its_documented_form(step: Step) -> None:
    body = sent(a_notification(step), format="alertmanager").json

    jsonschema.validate(body, ALERTMANAGER_WEBHOOK)
    status = "resolved" if step is Step.RESOLVED else "firing"
    assert body["status"] == body["alerts"][0]["status"] == status


def test_the_labels_of_an_alert_do_not_change_while_it_goes_on() -> None:
    opened = sent(a_notification(), format="alertmanager").json["alerts"][0]
    grown = replace(a_notification(Step.GREW), incident=an_incident(observed=9000, end=None, languages=("en",)))
    grew = sent(grown, format="alertmanager").json["alerts"][0]

    assert opened["labels"] == grew["labels"]
    assert opened["fingerprint"] == grew["fingerprint"]
    assert (opened["annotations"]["posts"], grew["annotations"]["posts"]) == ("230", "9000")


def test_alertmanagers_webhook_is_signed_too() -> None:
    received = sent(format="alertmanager")

    assert StandardWebhook(NEW_KEY).verify(received.body, dict(received.headers)) == received.json
