"""A channel is known by its kind wherever its name must not stand."""

from __future__ import annotations

import sys

from processing.alerts.notifiers import NO_KIND, kind_of
from processing.alerts.notifiers.console import ConsoleNotifier
from processing.alerts.notifiers.webhook import Webhook
from tests.support.http_channel import HttpChannel


def test_a_notifier_is_of_the_kind_of_its_module_and_a_strange_one_of_none() -> None:
    assert kind_of(ConsoleNotifier("newsroom", sys.stdout)) == "console"
    assert kind_of(object.__new__(Webhook)) == "webhook"
    assert kind_of(HttpChannel("newsroom", "http://127.0.0.1:9")) == NO_KIND
