"""What a store without room says, and what becomes of it on the screen."""

from __future__ import annotations

import pytest

from deploy.processes.shortages import Shortages
from processing.shortage import OVER, Shortage
from processing.store.client import RowsRefused, Store, StoreUnavailable
from processing.store.lack import Lack, lack_of

FULL = "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"


@pytest.mark.parametrize(
    ("code", "said", "lack"),
    [
        (243, FULL, Lack.DISK),
        (75, "DB::ErrnoException: Cannot write to file /x: , errno: 28, strerror: No space left on device.", Lack.DISK),
        (1001, "std::exception: No space left on device", Lack.DISK),
        (241, "(total) memory limit exceeded: would use 1.20 GiB, maximum: 1.00 GiB.", Lack.MEMORY),
        (1001, "std::exception. Code: 1001, type: std::bad_alloc", Lack.MEMORY),
        (60, "Unknown table expression identifier 'x'", None),
        (60, "Unknown table 'x'. In scope SELECT 'No space left on device' FROM x. (UNKNOWN_TABLE)", None),
        (47, "Unknown identifier `x`: In scope SELECT x, 'std::bad_alloc'. (UNKNOWN_IDENTIFIER)", None),
        (None, "Connection refused", None),
    ],
)
def test_what_is_lacking_is_known_from_the_engines_words(code: int | None, said: str, lack: Lack | None) -> None:
    assert lack_of(code, said) is lack


def test_a_memory_limit_of_the_engine_is_waited_for(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as met:
        store.query("SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000")
    assert met.value.lack is Lack.MEMORY


def test_what_a_row_says_is_no_shortage(store: Store) -> None:
    with pytest.raises(RowsRefused, match="No space left on device"):
        store.query("SELECT toUInt8('No space left on device')")


def test_a_worker_tells_once_when_it_begins_and_once_when_it_is_over() -> None:
    told: list[str] = []
    shortage = Shortage("http://store", told.append)
    full, away = StoreUnavailable(FULL, 243), StoreUnavailable("it is away")
    shortage.over()
    for error in (away, full, away, full):
        shortage.met(error)
    shortage.over()
    shortage.over()
    shortage.met(full)
    begun = "The disk of ClickHouse at http://store is full: posts wait to be counted until there is room."
    assert told == [begun, OVER, begun]


def test_the_screen_shows_what_several_workers_say_once() -> None:
    shown: list[str] = []
    shortages = Shortages(shown.append, {"full": " Here."})
    first, second = shortages.of("worker-1"), shortages.of("worker-2")
    first(OVER)
    first("full")
    second("full")
    first(OVER)
    assert shown == ["full Here."]
    second(OVER)
    second(OVER)
    assert shown == ["full Here.", OVER]
    second("full")
    second("little memory")
    assert shown[2:] == ["full Here.", "little memory"]
