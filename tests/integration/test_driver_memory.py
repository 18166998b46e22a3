"""What the driver of ClickHouse loads into a process that writes, and what it keeps there."""

from __future__ import annotations

import gc
import subprocess
import sys
from weakref import ref

import pandas as pd
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.insert import InsertContext

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.conftest import ROOT, WRITER_PASSWORD

PROGRAM = """
import sys
from pydantic import SecretStr
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.writer import write_posts
from tests.conftest import a_post
from tests.support.stored import tagged
url, database, password = sys.argv[1:]
with Store(ClickHouseAddress(url, "writer", SecretStr(password), database=database)) as store:
    write_posts(store, [tagged(a_post(id="light"))])
print(*{"pandas", "pyarrow"} & set(sys.modules))
"""


def test_a_process_that_writes_posts_does_not_load_pandas(address: ClickHouseAddress, store: Store) -> None:
    command = [sys.executable, "-c", PROGRAM, address.url, address.database, WRITER_PASSWORD]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert store.query("SELECT id FROM posts") == [("light",)]
    assert run.stdout.split() == []


def test_the_driver_still_knows_the_data_frames_of_others() -> None:
    context = InsertContext("frames", ["id"], [get_from_name("UInt64")], data=pd.DataFrame({"id": [1, 2]}))
    assert (context.row_count, context.column_oriented) == (2, True)


class Column(list[str]):
    """A list that can be referred to weakly."""


def test_what_was_inserted_is_freed_without_a_garbage_collection(store: Store) -> None:
    def insert() -> ref[Column]:
        column = Column(["freed"])
        store.insert("post_versions", ["id"], [column])
        return ref(column)

    gc.disable()
    try:
        assert insert()() is None
    finally:
        gc.enable()
    assert store.query("SELECT id FROM post_versions") == [("freed",)]
