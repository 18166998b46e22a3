from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processing.queries import Statement
from processing.queries.statement import literal
from processing.store.client import Store

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, names=st.lists(texts, max_size=3), number=st.integers(0, 2**63), share=st.floats(0, 1))
def test_a_pasted_query_asks_with_the_same_values(
    store: Store, text: str, names: list[str], number: int, share: float
) -> None:
    query = Statement(
        "SELECT {text:String}, {names:Array(String)}, {number:UInt64}, {share:Float64}, {yes:Bool}",
        {"text": text, "names": names, "number": number, "share": share, "yes": True},
    )
    assert store.query(query.paste) == [(text, names, number, share, True)]


def test_a_pasted_moment_is_in_utc(store: Store) -> None:
    noon = datetime(2020, 7, 10, 12, tzinfo=UTC)
    query = Statement("SELECT {at:DateTime('UTC')}", {"at": noon})
    assert store.query(query.paste) == query.rows(store) == [(noon,)]


def test_pasted_tuples_are_tuples(store: Store) -> None:
    noon = datetime(2020, 7, 10, 12, tzinfo=UTC)
    named = "Array(Tuple(number UInt32, name String, at DateTime('UTC')))"
    query = Statement(
        f"SELECT each.number, each.name, each.at FROM (SELECT 1) ARRAY JOIN {{all:{named}}} AS each",
        {"all": [(0, "it's", noon), (1, "*", noon)]},
    )
    assert store.query(query.paste) == query.rows(store) == [(0, "it's", noon), (1, "*", noon)]


def test_quotes_and_backslashes_cannot_leave_a_literal() -> None:
    assert literal("it's \\ here") == "'it\\'s \\\\ here'"
