"""Settings are read by the same rules in every stage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from annotated_types import Le
from pydantic_settings import BaseSettings

from deploy.settings import STAGES, SettingsError, load
from ingest.contract import BY_CLUSTER_SIZE, Replication
from ingest.sources import SOURCES

KINDS: list[type[BaseSettings]] = [*STAGES, *(kind.settings for kind in SOURCES.values())]
DURATIONS = [
    (kind, name, str(kind.model_config.get("env_prefix")) + name.upper())
    for kind in KINDS
    for name, field in kind.model_fields.items()
    if field.annotation in {timedelta, timedelta | None} and not any(isinstance(each, Le) for each in field.metadata)
]
"""Every duration without a limit."""


@pytest.mark.parametrize(("kind", "name", "variable"), DURATIONS, ids=[variable for _, _, variable in DURATIONS])
@pytest.mark.parametrize("written", ["300", "300.0", "PT5M", "PT300S"])
def test_every_duration_is_seconds_or_iso_8601(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings], name: str, variable: str, written: str
) -> None:
    monkeypatch.setenv(variable, written)
    assert getattr(kind(), name) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("variable", "written"),
    [
        ("BANWATCH_BIN_WIDTH", "five minutes"),
        ("BANWATCH_BIN_WIDTH", "nan"),
        ("BANWATCH_BIN_WIDTH", "59"),
        ("BANWATCH_BIN_WIDTH", "90"),
        ("BANWATCH_BIN_WIDTH", "420"),
        ("BANWATCH_BIN_WIDTH", "P1D"),
        ("BANWATCH_BATCH_LINGER", "11"),
        ("BANWATCH_WATCH_INTERVAL", "0"),
        ("BANWATCH_PURGE_INTERVAL", "-1"),
        ("BANWATCH_DASHBOARD_REFRESH", "1e400"),
    ],
)
def test_a_duration_that_nothing_can_run_with_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, written: str
) -> None:
    monkeypatch.setenv(variable, written)
    with pytest.raises(SettingsError, match=f"^{variable} cannot be used: (?!Value error)[^\n]*[^.]\\.$"):
        load({variable: written})


@pytest.mark.parametrize("url", ["watch.example", "ftp://watch.example", "https://desk@watch.example", "https://"])
def test_the_links_in_alerts_lead_to_an_address_of_the_web(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BANWATCH_PUBLIC_URL", url)
    with pytest.raises(SettingsError, match="BANWATCH_PUBLIC_URL cannot be used: This is no address of the web"):
        load({"BANWATCH_PUBLIC_URL": url})
    monkeypatch.setenv("BANWATCH_PUBLIC_URL", "https://watch.example/page")
    assert load({}).alerts.public_url == "https://watch.example/page"


def test_files_that_are_set_to_nothing_are_the_shipped_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = load({})
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", "")
    monkeypatch.setenv("BANWATCH_TOPICS_FILE", "")
    settings = load({"BANWATCH_ALERTS_FILE": "", "BANWATCH_TOPICS_FILE": ""})
    assert (settings.alerts_file, settings.topics_files) == (shipped.alerts_file, shipped.topics_files)


def test_a_key_for_links_that_is_too_short_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_ANSWERS_KEY", "short")
    with pytest.raises(
        SettingsError, match=r"^BANWATCH_ANSWERS_KEY cannot be used: A key has fewer than 32"
    ) as refused:
        load({"BANWATCH_ANSWERS_KEY": "short"})
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "set BANWATCH_KAFKA_USER"),
        ({"USER": "banwatch"}, "needs BANWATCH_KAFKA_SECURITY_PROTOCOL"),
        ({"CA_FILE": "ca.pem"}, "set BANWATCH_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL"),
        ({"SECURITY_PROTOCOL": "SSL", "KEY_FILE": "key.pem"}, "Set both BANWATCH_KAFKA_CERTIFICATE_FILE and"),
        ({"REPLICATION_FACTOR": "2", "MIN_INSYNC_REPLICAS": "3"}, "is more than BANWATCH_KAFKA_REPLICATION_FACTOR"),
    ],
)
def test_settings_of_kafka_that_do_not_go_together_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    variables = {f"BANWATCH_KAFKA_{name}": value for name, value in given.items()}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=sentence):
        load(variables)


@pytest.mark.parametrize(("brokers", "expected"), [(1, (1, 1)), (2, (2, 1)), (3, (3, 2)), (6, (3, 2))])
def test_the_size_of_the_cluster_decides_on_replicas(brokers: int, expected: tuple[int, int]) -> None:
    assert BY_CLUSTER_SIZE.on(brokers) == expected
    assert Replication(factor=1).on(brokers) == (1, 1)
    assert Replication(factor=3, min_insync=1).on(brokers) == (3, 1)
    assert Replication(min_insync=3).on(brokers) == (expected[0], expected[0])
