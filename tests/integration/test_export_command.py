"""`banwatch export` and `banwatch verify` on a real store."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from processing import queries
from processing.contract import ClickHouseAddress
from processing.export import export, layout, verify
from processing.queries.course import arrivals, course
from processing.queries.scopes import leading_series
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.deletions import DeletionTarget, delete
from tests.conftest import ROOT, WRITER_PASSWORD, Template
from tests.support import led, stock, told_stock
from tests.support.commands import banwatch
from tests.support.exported import MADE, files_of, packed

INCIDENT = stock.incident().id
AT = "2026-11-28T12:00:00Z"


@pytest.fixture(scope="module")
def told(template: Template) -> ClickHouseAddress:
    """The stocked posts with hostile and deleted ones in the surge."""
    address = stock.filled(template.copied("told"))
    with Store(address) as store:
        told_stock.fill(store)
    return address


def settings_of(address: ClickHouseAddress, folder: Path) -> dict[str, str]:
    return os.environ | {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
        "BANWATCH_DATA_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }


def said(address: ClickHouseAddress, folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = banwatch(*arguments, environment=settings_of(address, folder), folder=folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def posts_in(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in files[layout.POSTS].splitlines()]


def test_an_incident_is_exported_and_verified(told: ClickHouseAddress, tmp_path: Path) -> None:
    status, printed, error = said(told, tmp_path, "export", INCIDENT, "--texts", "--at", AT)
    assert (status, error) == (0, "")
    path = tmp_path / "ban-2020-07-10T16-05.zip"
    assert printed.startswith(f"{path.name}: ")
    assert said(told, tmp_path, "verify", str(path))[0] == 0
    files = files_of(path.read_bytes())
    posts = posts_in(files)
    texts = {line["id"]: line["text"] for line in map(msgspec.json.decode, files[layout.TEXTS].splitlines())}
    inside = [*stock.generated(), *told_stock.hostile(), *told_stock.deleted()]
    inside = [each for each in inside if stock.SURGE <= each.post.created_at < stock.SURGE_END]
    assert Counter(str(post["id"]) for post in posts) == Counter(each.post.id for each in inside)
    gone = {post["id"] for post in posts if post["deleted"]}
    assert gone == {each.post.id for each in told_stock.deleted()}
    assert texts == {each.post.id: each.post.text for each in inside if each.post.id not in gone}
    for post in posts:
        text = texts.get(post["id"])
        assert post["sha256"] == (None if text is None else hashlib.sha256(text.encode()).hexdigest())
    assert told_stock.DELETED_TEXT.encode() not in b"".join(files.values())
    claims = [msgspec.json.decode(line) for line in files[layout.CLAIMS].splitlines()]
    of_claims = [msgspec.json.decode(line) for line in files[layout.CLAIM_POSTS].splitlines()]
    assert Counter(post["claim"] for post in of_claims) == {each["claim"]: each["posts"] for each in claims}
    assert {each["title_id"] for each in claims} <= {post["id"] for post in of_claims} - gone


def test_counts_add_up_to_the_posts(told: ClickHouseAddress, tmp_path: Path) -> None:
    said(told, tmp_path, "export", INCIDENT, "-o", "it.zip")
    files = files_of((tmp_path / "it.zip").read_bytes())
    rows = [line.split(",") for line in files[layout.COUNTS].decode().splitlines()[1:]]
    posts = posts_in(files)
    assert sum(int(row[2]) for row in rows) == len(posts)
    assert sum(int(row[5]) for row in rows) == sum(bool(post["deleted"]) for post in posts) == 40
    assert layout.TEXTS not in files


def test_the_same_moment_gives_the_same_bytes(told: ClickHouseAddress, tmp_path: Path) -> None:
    """Each is written by an interpreter of its own, which puts sets into another order."""
    for name in ("one.zip", "other.zip"):
        command = [sys.executable, "-m", "deploy.cli", "export", INCIDENT, "-o", name, "--at", AT]
        subprocess.run(command, cwd=tmp_path, env=settings_of(told, tmp_path), capture_output=True, check=True)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_each_query_in_it_can_be_asked_again(told: ClickHouseAddress, tmp_path: Path) -> None:
    said(told, tmp_path, "export", INCIDENT, "-o", "it.zip", "--texts")
    files = files_of((tmp_path / "it.zip").read_bytes())
    queries_in_it = {name: sql.decode() for name, sql in files.items() if name.startswith("sql/")}
    assert len(queries_in_it) > 3
    with queries.connect(ClickHouseAddress(told.url, "reader", told.password.__class__(""), told.database)) as reader:
        rows = {name: reader.query(sql) for name, sql in queries_in_it.items()}
    assert len(rows[layout.SQL_POSTS]) == len(posts_in(files))
    assert len(rows[layout.SQL_TEXTS]) == len(files[layout.TEXTS].splitlines())
    assert len(rows[layout.SQL_CLAIM_POSTS]) == len(files[layout.CLAIM_POSTS].splitlines()) > 0


def test_claims_that_were_not_looked_for_are_left_out(address: ClickHouseAddress, store: Store, tmp_path: Path) -> None:
    stock.fill(store)
    for before in ("", "DROP VIEW claims"):
        if before:
            store.command(before)
        with (tmp_path / "it.zip").open("wb") as file:
            export(store, stock.incident(), file, scored_until=stock.END, versions=MADE, at=stock.END)
        assert verify(tmp_path / "it.zip").faults == ()
        files = files_of((tmp_path / "it.zip").read_bytes())
        assert [name for name in files if "claim" in name] == []


@dataclass
class Changing:
    """A store in which a post is deleted right before each read of the posts of claims, so many times."""

    store: Store
    times: int

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        if "FROM claim_posts(" in sql and self.times:
            self.times -= 1
            [(name,)] = self.store.query("SELECT max(id) FROM claim_posts(incident = '')")
            delete(self.store, DeletionTarget(stock.SOURCE, [name]))
        return self.store.query(sql, parameters, patience=patience)


def test_claims_that_change_while_they_are_read_are_exported_as_they_are_at_one_moment(
    store: Store, tmp_path: Path
) -> None:
    led.fill(store)
    [incident] = queries.incidents(store, limit=1)

    def exported(times: int) -> Path:
        with (tmp_path / "it.zip").open("wb") as file:
            export(Changing(store, times), incident, file, scored_until=stock.END, versions=MADE, at=stock.END)
        return tmp_path / "it.zip"

    path = exported(2)
    assert verify(path).faults == ()
    assert layout.CLAIM_POSTS in files_of(path.read_bytes())
    with pytest.raises(StoreUnavailable, match="export it again"):
        exported(1_000)


def test_a_fault_is_a_line_and_status_1(told: ClickHouseAddress, tmp_path: Path) -> None:
    said(told, tmp_path, "export", INCIDENT, "-o", "it.zip")
    files = files_of((tmp_path / "it.zip").read_bytes())
    packed(files | {layout.COUNTS: files[layout.COUNTS] + b"\x1b[2J"}, tmp_path / "it.zip")
    status, printed, error = said(told, tmp_path, "verify", "it.zip")
    assert status == 1
    assert printed.splitlines() == [
        "counts.csv is not as it was exported: its SHA-256 is not that of the manifest.",
        "ro-crate-metadata.json: its size or SHA-256 of counts.csv is not that of the file.",
    ]
    assert error == "banwatch: it.zip is not as it was exported.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("export", "gone"), "There is no incident 'gone'. `banwatch spikes` prints those that there are."),
        (("export", INCIDENT, "-o", "no/folder/it.zip"), "cannot be used: No such file or directory."),
        (("verify", "absent.zip"), "absent.zip cannot be used: No such file or directory."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    told: ClickHouseAddress, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, printed, error = said(told, tmp_path, *arguments)
    assert (status, printed) == (1, "")
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.glob("*.zip*")) == []


def test_the_course_counts_deleted_posts_apart(told: ClickHouseAddress) -> None:
    with Store(told) as store:
        series = leading_series(stock.incident(), stock.END)
        bins = course(store, series, stock.PEAKS[1] - stock.PEAKS[0])
    assert sum(each.deleted for each in bins) == 40
    inside = [
        each
        for each in (*stock.generated(), *told_stock.hostile(), *told_stock.deleted())
        if series.start <= each.post.created_at < series.end
    ]
    assert sum(each.posts for each in bins) == len(inside)


@pytest.mark.parametrize("with_deleted", [True, False])
def test_languages_arrive_in_the_order_of_their_first_posts(told: ClickHouseAddress, with_deleted: bool) -> None:
    with Store(told) as store:
        found = arrivals(store, leading_series(stock.incident(), stock.END), with_deleted=with_deleted)
    times: dict[str, list[datetime]] = {}
    gone = () if not with_deleted else tuple(told_stock.deleted())
    for each in (*stock.generated(), *told_stock.hostile(), *gone):
        if stock.SURGE <= each.post.created_at < stock.SURGE_END:
            times.setdefault(each.language, []).append(each.post.created_at)
    expected = sorted((min(each), language) for language, each in times.items())
    assert [(each.first, each.language) for each in found] == expected
    for each in found:
        posts = sorted(times[each.language])
        assert (each.posts, each.tenth) == (len(posts), posts[9])
        assert each.deleted == (40 if with_deleted and each.language == "en" else 0)
