"""Readers' queries by machine: every function and table function, with arguments that reach out, in every place.

A canary file lies beside the warehouse and a canary port listens: whatever opens one or connects to the other has
found a way out. `python -m tests.integration.test_warehouse.fuzz 50000` tries so many.
"""

from __future__ import annotations

import ctypes
import os
import random
import secrets
import select
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.integration.test_warehouse.conftest import READER, UNENCRYPTED, Warehouse, start, stop, wait_until_ready
from tests.support.waiting import free_port

EXCEPTION = "X-ClickHouse-Exception-Code"
_IN_ACCESS, _IN_OPEN, _IN_NONBLOCK = 0x1, 0x20, 0x800
_LIST = """
    SELECT name FROM system.functions UNION DISTINCT SELECT name FROM system.table_functions ORDER BY name FORMAT TSV
"""


@dataclass
class Canaries:
    """A file that nobody may open and a port that nobody may connect to."""

    folder: Path
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    connections: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = self.folder / "canary.csv"
        self.file.write_text(f"{self.secret},1\n")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(_IN_NONBLOCK)
        assert libc.inotify_add_watch(self._watch, bytes(self.file), _IN_ACCESS | _IN_OPEN) > 0

    def touched(self) -> bool:
        """Whether anything has opened the file or come to the port since the last call."""
        ready, _, _ = select.select([self._watch], [], [], 0)
        opened = bool(ready and os.read(self._watch, 65_536))
        connected, self.connections = len(self.connections), []
        return opened or connected > 0

    def close(self) -> None:
        self._listener.close()
        os.close(self._watch)

    def _accept(self) -> None:
        while True:
            try:
                connected, where = self._listener.accept()
            except OSError:
                return
            self.connections.append(f"{where}")
            connected.close()


def hostile_arguments(canaries: Canaries) -> list[str]:
    """Lists of arguments that name the canaries: as paths, addresses, columns, expressions, queries and tables."""
    path, address = str(canaries.file), f"127.0.0.1:{canaries.port}"
    url = f"http://{address}/x.csv"
    reads = f"file('{path}')"
    texts = [
        path,
        url,
        f"file://{path}",
        f"file:{path}",
        f"DateTime('file:{path}')",
        f"a String DEFAULT {reads}",
        f"a String ALIAS {reads}, b UInt8",
        f"a Int32 DEFAULT toInt32({reads})",
        f"quantile(length({reads}))",
        f"SELECT {reads}",
        f"SELECT * FROM url('{url}')",
        f"default.`{path}`",
        address,
    ]
    literals = [_literal(text) for text in texts]
    lists = [*literals, *(f"{each}, 1" for each in literals), *(f"{each}, [1, 2, 3]" for each in literals)]
    lists += [f"'CSV', {each}" for each in literals] + [f"{each}, 'CSV', 'a String'" for each in literals]
    lists += [f"'default', {literals[0]}, 'c1'", f"[{literals[0]}]", f"x -> file(x), [{literals[0]}]"]
    lists += [f"file, [{literals[0]}]", f"map('a', {literals[0]})", f"{literals[0]}, {literals[3]}, {literals[4]}"]
    lists += [f"'{address}', 'system', 'one', 'a', 'b'", "SELECT 1", f"materialize({literals[0]})", "*", ""]
    return lists


PLACES = [
    "SELECT {call}",
    "SELECT 1 WHERE {call} != ''",
    "SELECT 1 AS a ORDER BY {call}",
    "SELECT 1 AS a GROUP BY a HAVING {call} != ''",
    "SELECT 1 AS a LIMIT {call}",
    "SELECT 1 LIMIT 1 BY {call}",
    "SELECT arrayMap(x -> {call}, [1])",
    "SELECT 'x' IN {call}",
    "SELECT 'x' IN ({call})",
    "SELECT * FROM {call}",
    "SELECT * FROM {call} AS t ARRAY JOIN [1] AS b",
    "SELECT * FROM view(SELECT {call})",
    "SELECT * FROM (SELECT 1 AS a) AS l JOIN (SELECT {call} AS a) AS r USING (a)",
    "WITH {call} AS w SELECT w",
    "WITH w AS (SELECT {call}) SELECT * FROM w",
    "SELECT sum(1) OVER (PARTITION BY {call})",
    "SELECT * REPLACE ({call} AS a) FROM (SELECT 1 AS a)",
    "SELECT * APPLY({name}) FROM (SELECT {arguments})",
    "SELECT * REPLACE ({arguments} AS dummy) APPLY({name}) FROM system.one",
    "SELECT * REPLACE ({arguments} AS dummy) APPLY(x -> {name}(0, x)) FROM system.one",
    "WITH x -> {name}(x) AS f SELECT f({arguments})",
    "WITH x -> {name}(0, x) AS f SELECT f({arguments})",
    "SELECT * APPLY(x -> {call}) FROM (SELECT 1)",
    "SELECT CAST({call}, 'String')",
    "SELECT * FROM values({arguments}) WHERE {call} = 1",
    "SELECT * FROM numbers({call})",
    "SELECT * FROM values('a String', {call})",
    "SELECT * FROM values(concat('a String DEFAULT ', {call}), 'x')",
    "SELECT arrayReduce('{name}', [{arguments}])",
    "SELECT initializeAggregation('{name}({arguments})', 1)",
    "SELECT {name}OrNullIf({arguments}, 1)",
    "SELECT {name}(0.5)({arguments})",
    "SELECT `{name}`/* */({arguments})",
    "EXPLAIN SELECT {call}",
    "EXPLAIN QUERY TREE SELECT {call}",
    "EXPLAIN ESTIMATE SELECT * FROM {call}",
    "DESCRIBE {call}",
    "DESCRIBE (SELECT {call})",
    "DESCRIBE TABLE {call}",
    "SELECT 1 UNION ALL SELECT {call}",
    "SELECT 1 FORMAT JSON SETTINGS max_threads = {call}",
    "SELECT {call} OVER ()",
    "SELECT if(1, {call}, {call})",
    "SELECT (SELECT {call})",
    "SELECT 1 INTERSECT SELECT {call}",
    "SELECT 1 AS `{call}`",
    "SELECT * FROM `{call}`",
    "SHOW TABLES WHERE {call}",
]


def queries(names: list[str], canaries: Canaries, chance: random.Random) -> Iterator[str]:
    """Queries without end: round after round every name, each time in another place with other arguments."""
    lists = hostile_arguments(canaries)
    while True:
        for name in names:
            arguments = chance.choice(lists)
            yield chance.choice(PLACES).format(name=name, arguments=arguments, call=f"{name}({arguments})")


def _literal(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


@dataclass
class Result:
    """What came of it: `leaks` are queries after which a canary was not untouched, or whose answer is not one."""

    tried: int = 0
    answered: int = 0
    leaks: list[str] = field(default_factory=list)


def attack(warehouse: Warehouse, canaries: Canaries, count: int, seed: int) -> Result:
    """Ask so many queries as the reader, four at a time."""
    names = warehouse.post(_LIST).text.split()
    assert len(names) > 1_500
    asked, result = queries(names, canaries, random.Random(seed)), Result()
    with httpx.Client(auth=("reader", READER), timeout=60, verify=UNENCRYPTED) as http, ThreadPoolExecutor(4) as pool:
        while result.tried < count:
            batch = [next(asked) for _ in range(min(200, count - result.tried))]
            answers = list(pool.map(lambda text: _ask(http, warehouse.url, text), batch))
            result.tried += len(batch)
            result.answered += sum(1 for failed, _ in answers if not failed)
            result.leaks += [text for text, (_, said) in zip(batch, answers, strict=True) if canaries.secret in said]
            result.leaks += [text for text, (failed, said) in zip(batch, answers, strict=True) if "Traceback" in said]
            if canaries.touched():
                result.leaks += [text for text in batch if _ask(http, warehouse.url, text) and canaries.touched()]
    return result


def _ask(http: httpx.Client, url: str, text: str) -> tuple[bool, str]:
    """Whether it failed, and what came back; an answer that breaks off in the middle is one that failed."""
    said = b""
    with http.stream("POST", url, content=text, params={"max_execution_time": "1"}) as answer:
        try:
            for piece in answer.iter_bytes():
                said += piece
        except httpx.RemoteProtocolError:
            return True, said.decode(errors="replace")
    return EXCEPTION in answer.headers, said.decode(errors="replace")


@contextmanager
def attacked(folder: Path) -> Iterator[tuple[Warehouse, Canaries]]:
    """A warehouse of its own, with canaries beside it that are shown to work."""
    running = start(folder / "warehouse", free_port(), limits={"seconds": 2, "memory_bytes": 500_000_000})
    wait_until_ready(running)
    with closing(Canaries(folder)) as canaries:
        yield running, canaries
        assert running.post(f"SELECT file('{canaries.file}')").text == f"{canaries.secret},1\\n\n"
        assert canaries.touched(), "the watch on the canary file does not see that it is opened"
    status, said = stop(running)
    assert status == 0, said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, attacked(Path(temporary)) as (tried, kept):
        found = attack(tried, kept, int(sys.argv[1]), seed=random.SystemRandom().randrange(2**32))
    print(f"{found.tried} queries, {found.answered} answered, {len(found.leaks)} leaks")
    sys.exit("\n".join(found.leaks) or None)
