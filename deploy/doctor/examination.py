"""All checks, subject after subject."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import msgspec

from deploy.doctor.alerts import check_alerts
from deploy.doctor.clickhouse import check_clickhouse
from deploy.doctor.clocks import Clock
from deploy.doctor.finding import Finding, Section
from deploy.doctor.kafka import check_kafka
from deploy.doctor.machine import check_machine
from deploy.doctor.secrets import masking
from deploy.doctor.settings import check_settings, read_settings
from deploy.doctor.sources import check_sources


def examine(clock: Clock, *, fix: bool) -> Iterator[Section]:
    """Yield the findings of each subject, with secrets masked. Without `fix`, nothing is changed."""
    masked = masking(dict(os.environ))
    settings, found = read_settings()

    def section(subject: str, findings: Iterable[Finding]) -> Section:
        plain = (msgspec.structs.replace(each, said=masked(each.said), remedy=masked(each.remedy)) for each in findings)
        return Section(subject, tuple(plain))

    if settings is None:
        yield section("settings", found)
        return
    yield section("settings", (*found, *check_settings(settings)))
    yield section("machine", check_machine(settings))
    yield section("kafka", check_kafka(settings, clock, fix=fix))
    yield section("clickhouse", check_clickhouse(settings, clock))
    yield section("sources", check_sources())
    yield section("alerts", check_alerts(settings))
