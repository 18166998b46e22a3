"""All checks, subject after subject."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import msgspec

from deploy.doctor.alerts import check_alerts
from deploy.doctor.attempt import findings
from deploy.doctor.clickhouse import check_clickhouse
from deploy.doctor.clocks import Clock
from deploy.doctor.finding import Finding, Section, warning
from deploy.doctor.kafka import check_kafka
from deploy.doctor.machine import check_machine
from deploy.doctor.secrets import masking
from deploy.doctor.settings import check_settings, read_settings
from deploy.doctor.sources import check_sources

SUBJECT_PATIENCE = timedelta(minutes=5)
"""The longest time for a subject, whose checks have shorter limits of their own."""

ADDRESSES = {"kafka": "BANWATCH_KAFKA_BOOTSTRAP", "clickhouse": "BANWATCH_CLICKHOUSE_URL"}
"""The settings that say where a subject is."""


def examine(clock: Clock, *, fix: bool) -> Iterator[Section]:
    """Yield the findings of each subject, with secrets masked. Without `fix`, nothing is changed.

    A setting that cannot be used has its default. So nothing is changed then, and whoever listens at a default address
    is not sent the passwords that are meant for another one.
    """
    masked = masking(dict(os.environ))
    settings, found, unusable = read_settings()
    fix = fix and not unusable

    def section(subject: str, found: Iterable[Finding]) -> Section:
        plain = (msgspec.structs.replace(each, said=masked(each.said), remedy=masked(each.remedy)) for each in found)
        return Section(subject, tuple(plain))

    if settings is None:
        yield section("settings", found)
        yield section("sources", findings("sources", check_sources, SUBJECT_PATIENCE))
        return
    yield section("settings", (*found, *check_settings(settings)))
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "machine": lambda: check_machine(settings),
        "kafka": lambda: check_kafka(settings, clock, fix=fix),
        "clickhouse": lambda: check_clickhouse(settings, clock),
        "sources": lambda: check_sources(settings.topics_files),
        "alerts": lambda: check_alerts(settings),
    }
    for subject, check in checks.items():
        address = ADDRESSES.get(subject)
        if address in unusable:
            yield section(subject, [_not_asked(address)])
        else:
            yield section(subject, findings(subject, check, SUBJECT_PATIENCE))


def _not_asked(address: str) -> Finding:
    return warning("address", "Not asked, because its address cannot be used.", f"Correct {address} first.")
