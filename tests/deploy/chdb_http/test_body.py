"""What a body is: how much comes in is looked at first, and a text that grows is not read over and over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import pytest

from deploy.embedded.chdb_http.body import AT_ONCE, Insertion, command
from deploy.embedded.chdb_http.bounds import longest_query, require_fields, require_modest
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.form import form_fields
from deploy.embedded.chdb_http.settings import Role

T = TypeVar("T")


class Reading:
    """Reads where it is asked to, and counts the bytes."""

    def __init__(self) -> None:
        self.looked_at: list[int] = []

    async def __call__(self, work: Callable[..., T], /, *arguments: Any) -> T:
        assert isinstance(work, partial)
        self.looked_at.append(len(work.args[0]))
        return work(*arguments)


async def pieces(data: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


def found(data: Iterable[bytes], role: Role, query: bytes = b"") -> tuple[bytes | Insertion, Reading]:
    reading = Reading()
    return asyncio.run(command(query, pieces(data), role, reading)), reading


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("role", Role)
def test_bytes_that_drip_are_not_read_over_and_over(role: Role) -> None:
    text = b"INSERT INTO t (" + b"a," * 120_000
    told, reading = found(cut(text, 40), role)
    assert told == text
    assert AT_ONCE < sum(reading.looked_at) <= 3 * len(text)


@pytest.mark.parametrize(("role", "length"), [(Role.READER, 300_000), (Role.WRITER, 17_000_000)])
def test_length_comes_before_reading(role: Role, length: int) -> None:
    assert longest_query(role) < length
    for query, data in ((b"/* " * (length // 3), []), (b"", [b"/* " * (length // 3)])):
        reading = Reading()
        with pytest.raises(EngineError) as raised:
            asyncio.run(command(query, pieces(data), role, reading))
        assert raised.value.code == Code.QUERY_IS_TOO_LARGE
        assert reading.looked_at == []


def test_an_insert_is_found_in_a_first_piece_of_any_size() -> None:
    rows = b"1,some text\n" * 400_000
    told, _ = found([b"INSERT INTO t FORMAT CSV\n" + rows], Role.WRITER)
    assert isinstance(told, Insertion)
    assert told.head.format == "CSV"

    async def data() -> bytes:
        return b"".join([piece async for piece in told.data])

    assert asyncio.run(data()) == rows


def test_an_insert_is_found_wherever_its_head_is_cut() -> None:
    text = b"INSERT INTO t (a) SETTINGS b = 'VALUES' FORMAT CSV\n1\n"
    for size in range(1, len(text)):
        told, _ = found(cut(text, size), Role.WRITER)
        assert isinstance(told, Insertion), size


def test_a_parameter_is_not_put_in_without_end() -> None:
    text = b"SELECT " + b",".join([b"{p:String}"] * 20_000)
    require_modest(text, {"p": "x" * 400})
    with pytest.raises(EngineError) as raised:
        require_modest(text, {"q": "", "p": "x" * 60_000})
    assert raised.value.code == Code.QUERY_IS_TOO_LARGE
    require_modest(b"SELECT {p:String}", {"p": "x" * 1_000_000})


def test_here_documents_are_not_looked_for_without_end() -> None:
    require_modest(b"SELECT $x$ text $x$" * 50, {})
    with pytest.raises(EngineError) as raised:
        require_modest(b"".join(b"$%d$ " % number for number in range(30_000)), {})
    assert raised.value.code == Code.QUERY_IS_TOO_LARGE


def test_a_url_has_no_more_fields_than_a_client_has_use_for() -> None:
    require_fields(b"&".join(b"param_%d=1" % number for number in range(900)))
    with pytest.raises(EngineError) as raised:
        require_fields(b"a&" * 1_000)
    assert raised.value.code == Code.QUERY_IS_TOO_LARGE


def part(head: str, value: str) -> str:
    return f"--xyz\r\n{head}\r\n\r\n{value}\r\n"


def test_a_form_is_its_fields() -> None:
    raw = (
        part('Content-Disposition: form-data; name="query"', "SELECT 'é',\r\n--xy")
        + part('content-type: text/plain\r\ncontent-disposition: form-data; name="param_a"', "")
        + part("Content-Disposition: form-data", "nobody's")
        + "--xyz--\r\n"
    )
    assert form_fields('multipart/form-data; boundary="xyz"', raw.encode()) == {
        "query": "SELECT 'é',\r\n--xy",
        "param_a": "",
    }


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        ("multipart/form-data", "", Code.SYNTAX_ERROR),
        (
            "multipart/form-data; boundary=xyz",
            part('Content-Disposition: form-data; name="t"; filename="t"', "1"),
            Code.NOT_IMPLEMENTED,
        ),
        (
            "multipart/form-data; boundary=xyz",
            part('Content-Disposition: form-data; name="t"', "1") * 1_100,
            Code.QUERY_IS_TOO_LARGE,
        ),
    ],
)
def test_a_form_that_cannot_be_taken_is_refused(kind: str, raw: str, code: Code) -> None:
    with pytest.raises(EngineError) as raised:
        form_fields(kind, raw.encode())
    assert raised.value.code == code
