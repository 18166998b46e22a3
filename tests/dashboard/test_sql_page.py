"""The page "SQL", run by Streamlit against a real store: every state of a query, and hostile values."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import ENGLISH, WORDS
from dashboard.settings import DashboardSettings
from dashboard.views.sql import chart, editor, frames
from dashboard.views.sql.editor import BUILD
from dashboard.views.sql.run import slot
from deploy.docs.example_queries import QUESTIONS
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.queries import AdHocQuery, Column, Table
from processing.store.client import Store
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import html, page
from tests.support.waiting import eventually

SAID = ENGLISH.sql_page
SLOW = "SELECT count() FROM numbers(2000000000) WHERE sipHash64(toString(number)) = 1"
HOSTILE = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\r=1",
    "<script>alert(1)</script>",
    "**b**",
    "safe \u202egnp",
]


def run(settings: DashboardSettings, sql: str, **address: str) -> AppTest:
    """Open the page with a query in its address, press Run and wait for the outcome."""
    shown = page(settings, "sql", ui="en", q=sql, **address)
    shown.button(key="sql_run").click().run()

    def ended() -> bool:
        assert not shown.exception
        return "sql_cancel" not in [each.key for each in shown.button] or not shown.run()

    assert eventually(ended)
    return shown


def given(shown: AppTest) -> dict[str, Any]:
    """What the page gives to the editor."""
    [editor] = [each for each in shown.get("bidi_component") if not str(each.key).startswith("clock-")]
    found: dict[str, Any] = json.loads(editor.proto.json)
    return found


def test_an_address_never_runs_its_query(settings: DashboardSettings) -> None:
    shown = page(settings, "sql", ui="en", q="SELECT 1 AS one")
    assert SAID.not_run in [each.value for each in shown.info]
    assert not shown.dataframe
    assert given(shown)["value"] == "SELECT 1 AS one"


def test_a_result_is_a_table_with_its_files(settings: DashboardSettings) -> None:
    shown = run(settings, "SELECT language, sum(posts) AS posts FROM counts WHERE topic = 'ban' GROUP BY language")
    assert list(shown.dataframe[0].value.columns) == ["language", "posts"]
    files = [each.proto for each in shown.get("download_button")]
    assert [each.label for each in files] == [SAID.csv, SAID.parquet]
    # Streamlit keeps a file that the page has made. It may lose one that it makes at the click.
    assert all(each.url and not each.HasField("deferred_file_id") for each in files)
    assert shown.query_params["q"].startswith("SELECT language")
    shown.button_group(key="sql_view").set_value("chart").run()
    assert not shown.exception
    [drawn] = shown.get("vega_lite_chart")
    assert '"bar"' in drawn.proto.spec


def test_no_rows_are_said(settings: DashboardSettings) -> None:
    shown = run(settings, "SELECT id FROM posts WHERE id = 'nobody'")
    assert any(each.value.startswith("The query has run and found no rows") for each in shown.info)


def test_a_cut_result_says_so(settings: DashboardSettings) -> None:
    shown = run(settings, "SELECT number FROM numbers(20000)")
    assert [each.value for each in shown.warning if "cut after 10,000 rows" in each.value]
    assert len(shown.dataframe[0].value) == 10_000


def test_an_error_is_told_at_its_place_as_text(settings: DashboardSettings) -> None:
    shown = run(settings, "SELECT 1,\n  `<b>x</b>` FROM posts")
    assert "see line 2, column" in html(shown)
    assert "<b>x</b>" not in html(shown)
    assert "&lt;b&gt;x&lt;/b&gt;" in html(shown)
    assert given(shown)["problem"]["from"] == len("SELECT 1,\n  `")


def test_an_error_of_a_query_that_ends_while_the_page_is_drawn_has_its_place(
    settings: DashboardSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, own_query, own_edit = threading.Event(), AdHocQuery.run, editor.edit

    def late(query: AdHocQuery) -> Table:
        may_end.wait()
        return own_query(query)

    def edit(*given: Any, **named: Any) -> Any:
        edited = own_edit(*given, **named)
        if slot().is_busy:
            may_end.set()
            assert eventually(lambda: not slot().is_busy)
        return edited

    monkeypatch.setattr(AdHocQuery, "run", late)
    monkeypatch.setattr(editor, "edit", edit)
    shown = run(settings, "SELECT foo FROM posts")
    assert given(shown)["problem"]["from"] == len("SELECT ")


def test_what_a_reader_may_not_do_is_refused(settings: DashboardSettings) -> None:
    assert SAID.refused in html(run(settings, "SELECT * FROM url('http://127.0.0.1:1/')"))
    assert SAID.refused in html(run(settings, "DROP TABLE posts"))


def test_a_query_above_the_limits_says_which(settings: DashboardSettings) -> None:
    shown = html(run(settings, "SELECT groupArray(repeat('x', 1000)) FROM numbers(30000000)"))
    assert "needed more than 2 GB of memory" in shown.replace("\u00a0", " ")


def test_a_running_query_is_cancelled(settings: DashboardSettings) -> None:
    shown = page(settings, "sql", ui="en", q=SLOW)
    shown.button(key="sql_run").click().run()
    assert any("has been running for" in each.value for each in shown.info)
    assert shown.button(key="sql_run").disabled
    shown.button(key="sql_cancel").click().run()

    def cancelled() -> bool:
        shown.run()
        return SAID.cancelled in [each.value for each in shown.warning]

    assert eventually(cancelled)
    assert not shown.button(key="sql_run").disabled


def test_an_example_is_put_into_the_editor_and_not_run(settings: DashboardSettings) -> None:
    shown = page(settings, "sql", ui="en")
    assert shown.selectbox(key="sql_example").options == [SAID.question(each.name) for each in QUESTIONS]
    shown.selectbox(key="sql_example").select("languages").run()
    assert not shown.exception
    assert shown.session_state["sql"]["value"] == next(each.sql for each in QUESTIONS if each.name == "languages")
    assert not shown.dataframe


def test_every_example_has_its_question() -> None:
    assert [each.name for each in QUESTIONS if SAID.question(each.name) == each.name] == []


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface].sql_page
    shown = page(settings, "sql", ui=interface)
    assert [each.value for each in shown.title] == [words.title]
    assert shown.button(key="sql_run").label == words.run
    assert words.not_run in [each.value for each in shown.info]


def test_the_dictionary_is_searched(settings: DashboardSettings) -> None:
    shown = page(settings, "sql", ui="en")
    shown.text_input(key="sql_find").set_value("reposts").run()
    assert [each.label for each in shown.expander] == ["`posts` (stable)"]
    shown.text_input(key="sql_find").set_value("no such thing").run()
    assert SAID.no_column in [each.value for each in shown.caption]


@dataclass
class RememberingDesk:
    """A desk that keeps what the page asks of it."""

    saved: list[tuple[str, str, str]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def save_query(self, name: str, sql: str, by: str) -> None:
        self.saved.append((name, sql, by))

    def forget_query(self, name: str, by: str) -> None:
        self.forgotten.append(name)


def test_without_a_desk_nothing_is_saved_and_the_reason_is_said(settings: DashboardSettings) -> None:
    shown = page(settings, "sql", ui="en", q="SELECT 1")
    assert ENGLISH.access.needs_desk in [each.value for each in shown.caption]
    assert "sql_save" not in [each.key for each in shown.button]


def test_an_operator_saves_a_query_and_removes_it(address: ClickHouseAddress, store: Store) -> None:
    store.insert(
        "saved_query_versions", ["name", "sql", "by", "at"], [["a **bold** one"], ["SELECT 2"], ["ann"], [MOMENT]]
    )
    desk = RememberingDesk()
    shown = page(settings_for(address), "sql", services={"desk": desk, "user": "ann"}, ui="en", q="SELECT 1")
    shown.text_input(key="sql_name").set_value("mine").run()
    shown.button(key="sql_save").click().run()
    assert not shown.exception
    assert desk.saved == [("mine", "SELECT 1", "ann")]
    shown.selectbox(key="sql_saved").select("a **bold** one").run()
    assert shown.session_state["sql"]["value"] == "SELECT 2"
    assert r"By ann, 10 Jul 2020, 16:05" in "".join(each.value for each in shown.caption)
    assert r"a \*\*bold\*\* one" in shown.button(key="sql_forget").label
    shown.button(key="sql_forget").click().run()
    assert desk.forgotten == ["a **bold** one"]


def some(**columns: tuple[str, list[object]]) -> Table:
    rows = tuple(zip(*(values for _, values in columns.values()), strict=True))
    return Table(tuple(Column(name, kind) for name, (kind, _) in columns.items()), rows, cut=False)


MOMENT = datetime(2020, 7, 10, 16, 5, tzinfo=UTC)


def test_no_spreadsheet_takes_a_text_for_a_formula() -> None:
    table = some(text=("String", HOSTILE), number=("Int64", [-number for number in range(len(HOSTILE))]))
    read = pd.read_csv(io.BytesIO(frames.csv(table)), encoding="utf-8-sig")
    assert all(str(value).startswith("'") for value in read["text"][:6])
    assert list(read["text"][6:]) == HOSTILE[6:]
    assert list(read["number"]) == [-number for number in range(len(HOSTILE))]
    header = frames.csv(some(**{"=1+1": ("String", ["x"])})).decode("utf-8-sig").splitlines()[0]
    assert header == "'=1+1"


def test_parquet_holds_every_value_and_its_type() -> None:
    table = some(
        text=("String", [*HOSTILE[:2], None]),
        large=("UInt64", [2**64 - 1, 0, None]),
        part=("Nullable(Float64)", [0.5, None, 2.0]),
        moment=("DateTime('UTC')", [MOMENT, None, MOMENT]),
        list=("Array(String)", [["a"], [], ["b", "c"]]),
    )
    read = pd.read_parquet(io.BytesIO(frames.parquet(table)))
    assert list(read["text"][:2]) == HOSTILE[:2]
    assert pd.isna(read["text"][2])
    assert read["large"][0] == 2**64 - 1
    assert read["moment"][0] == pd.Timestamp(MOMENT)
    assert [json.loads(each) for each in read["list"]] == [["a"], [], ["b", "c"]]
    assert pd.api.types.is_float_dtype(read["part"])


def test_the_page_shows_hostile_values_without_what_turns_them_around() -> None:
    shown = frames.displayed(some(text=("String", HOSTILE), moment=("DateTime", [MOMENT] * len(HOSTILE))))
    assert shown["text"][8] == "safe gnp"
    assert shown["text"][6] == HOSTILE[6]
    assert shown["moment"][0] == pd.Timestamp("2020-07-10 16:05")


def test_columns_of_one_name_are_told_apart() -> None:
    columns = [Column("a", "String"), Column("a", "String"), Column("a (2)", "String"), Column("\u202e", "String")]
    assert frames.names_of(columns) == ["a", "a (2)", "a (2) (2)", "?"]


@pytest.mark.parametrize(
    ("table", "axes"),
    [
        (some(hour=("DateTime", [MOMENT]), posts=("UInt64", [1])), chart.Axes(0, 1)),
        (some(posts=("UInt64", [1]), hour=("Date", [MOMENT.date()])), chart.Axes(1, 0)),
        (some(language=("String", ["en", "ar"]), posts=("UInt64", [1, 2])), chart.Axes(0, 1)),
        (some(a=("UInt64", [1]), b=("Float64", [1.0])), chart.Axes(0, 1)),
        (some(text=("String", ["x"])), None),
        (some(count=("UInt64", [1])), None),
        (
            some(
                hour=("DateTime", [MOMENT, MOMENT]),
                language=("LowCardinality(String)", ["en", "ar"]),
                posts=("UInt64", [1, 2]),
            ),
            chart.Axes(0, 2, 1),
        ),
    ],
)
def test_a_chart_begins_with_sensible_axes(table: Table, axes: chart.Axes | None) -> None:
    assert chart.default_axes(table) == axes


def test_a_chart_keeps_the_largest_groups() -> None:
    hours = [MOMENT + timedelta(hours=number) for number in range(20)]
    table = some(
        hour=("DateTime", hours),
        group=("String", [f"g{number % 10}" for number in range(20)]),
        posts=("UInt64", [number % 10 for number in range(20)]),
    )
    data, groups = chart._data(table, chart.Axes(0, 2, 1))
    assert groups == 10
    assert set(data["colour"]) == {f"g{number}" for number in range(4, 10)}


def test_the_bundle_is_made_of_its_sources() -> None:
    sources = BUILD.parent
    digest = hashlib.sha256()
    for name in ("source.js", "package.json", "package-lock.json", "build.js"):
        digest.update((sources / name).read_bytes())
    with (BUILD / "editor.js").open(encoding="utf-8") as bundle:
        assert digest.hexdigest() in bundle.readline(), "run `make editor`"


def test_every_part_of_the_bundle_has_its_licence() -> None:
    written = (BUILD / "editor.LICENSE.txt").read_text("utf-8")
    needed = json.loads((BUILD.parent / "package.json").read_text("utf-8"))["dependencies"]
    assert [name for name, version in needed.items() if f"{name} {version} (MIT)" not in written] == []
