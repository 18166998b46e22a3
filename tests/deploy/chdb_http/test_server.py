"""What the server says of itself, and how many connections its limit of files leaves room for."""

from __future__ import annotations

import asyncio
import logging

import pytest

from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.files import BACKLOG, connections_within
from deploy.embedded.chdb_http.server import LoopErrors


def test_what_fails_on_the_loop_again_and_again_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(LoopErrors())
    with caplog.at_level(logging.ERROR):
        for _ in range(1_000):
            loop.call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open files")}
            )
        loop.call_exception_handler({"message": "another"})
    loop.close()
    assert [record.getMessage() for record in caplog.records] == [
        "The warehouse goes on after a failure: socket.accept() out of system resource: OSError",
        "The warehouse goes on after a failure: another: NoneType",
    ]
    assert all(record.exc_info is None for record in caplog.records)


@pytest.mark.parametrize(("files", "connections"), [(10_240, 512), (1_024, 512), (512, 128)])
def test_connections_leave_files_to_the_engine(files: int, connections: int) -> None:
    assert connections_within(files, 512) == connections
    assert connections + BACKLOG + 256 <= files


def test_too_few_files_are_a_sentence() -> None:
    with pytest.raises(WarehouseUnavailable, match=r"needs 512 open files and may have 511: raise the limit"):
        connections_within(511, 512)
