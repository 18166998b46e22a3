"""deploy/clickhouse/users.sql, as far as it can be tried without a server: its grammar, settings and names."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from pydantic import SecretStr

from deploy.docs.data_dictionary import STABLE
from deploy.embedded.chdb_http.policy.grants import USERS, granted_to_reader
from deploy.embedded.chdb_http.reader_settings import limits_as_settings
from deploy.embedded.chdb_http.settings import ReaderLimits
from processing.contract import ClickHouseAddress
from processing.queries import rollups
from processing.store.client import Store, StoreRefused
from tests.conftest import ROOT

WITH_PARAMETERS = {
    "alike": "alike(incident = 'x', seconds = 10)",
    "claim_posts": "claim_posts(incident = 'x')",
    "claims": "claims(incident = 'x')",
}
"""How a view with parameters is called."""


def statements() -> list[str]:
    text = USERS.read_text("utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [each.strip() for each in code.split(";\n") if each.strip()]


def test_the_engine_can_read_every_statement(store: Store) -> None:
    assert len(statements()) > 10
    for statement in statements():
        [(formatted,)] = store.query("SELECT formatQuerySingleLine({statement:String})", {"statement": statement})
        assert formatted


def test_the_engine_can_read_the_sql_of_operators(store: Store) -> None:
    page = (ROOT / "docs" / "production.md").read_text("utf-8")
    asked = [
        *re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL),
        *re.findall(r"`(ALTER USER [^`]+)`", page),
    ]
    setup = (ROOT / "deploy" / "kubernetes" / "clickhouse" / "setup.yaml").read_text("utf-8")
    files = next(yaml.safe_load_all(setup))["data"].values()
    asked += [each for file in files for each in file.split(";\n") if each.strip()]
    assert len(asked) > 8
    for statement in asked:
        store.query("SELECT formatQuery({statement:String})", {"statement": statement})


def test_its_settings_are_settings_and_its_limits_those_of_the_embedded_reader(store: Store) -> None:
    [profile] = [each for each in statements() if "PROFILE IF NOT EXISTS banwatch_reader" in each]
    given = dict(re.findall(r"^    (\w+) = (\S+)", profile, re.MULTILINE))
    known = {name for (name,) in store.query("SELECT name FROM system.settings")}
    assert given.keys() <= known
    for name, value in limits_as_settings(ReaderLimits()).items():
        assert given[name].rstrip(",") == value


def test_what_it_grants_is_there(store: Store) -> None:
    granted = granted_to_reader(USERS.read_text("utf-8"))
    there = {name for (name,) in store.query("SELECT name FROM system.tables WHERE database = currentDatabase()")}
    assert set(STABLE) <= granted <= there
    raw = {name for name in granted if name.endswith("_versions")}
    assert raw == {*rollups.TABLES.values(), "roll_up_versions"}, "nothing with a text of a post"
    code = "".join(file.read_text("utf-8") for file in (ROOT / "processing" / "queries").glob("*.py"))
    asked = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", code)) & there
    asked |= {view for view, _ in rollups.VIEWS.values()} | set(rollups.TABLES.values())
    asked -= {"notification_versions"}  # the dispatcher alone reads it, as the writer
    assert asked <= granted, "what the page reads needs a grant in users.sql"
    assert views(store) <= granted, "docs/data-dictionary.md offers every view to people"


def test_the_embedded_reader_sees_what_is_granted_and_no_more(store: Store, address: ClickHouseAddress) -> None:
    granted = granted_to_reader(USERS.read_text("utf-8"))
    there = {name for (name,) in store.query("SELECT name FROM system.tables WHERE database = currentDatabase()")}
    assert "post_versions" in there - granted
    with Store(replace(address, user="reader", password=SecretStr(""))) as as_reader:
        for table in granted:
            as_reader.query(f"SELECT * FROM {WITH_PARAMETERS.get(table, table)} LIMIT 1")
        for table in there - granted:
            with pytest.raises(StoreRefused, match="Not enough privileges"):
                as_reader.query(f"SELECT * FROM {table} LIMIT 1")


def views(store: Store) -> set[str]:
    return {
        name
        for (name,) in store.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
        )
    }
