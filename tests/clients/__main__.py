"""`make check-clients`: ClickHouse's JDBC driver and clickhouse-go against the embedded store.

Both know nothing of it. They are fetched by Maven and by Go, which have to be installed, and ask as the user `reader`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.conftest import NOON, a_post
from tests.support.parts import Parts
from tests.support.stored import tagged, write

HERE = Path(__file__).parent
TEXT = 'it\'s \\ "quoted" 😀 حظر'
SUM = 299_999 * 300_000 // 2 + 300_000 * 100
ACCESS_DENIED = 497
AT = NOON.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> int:
    """Print what each client read, and return 1 if one did not read what was stored."""
    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            write(store, [tagged(a_post(text=TEXT, created_at=NOON))])
        good = [_compare(*each) for each in _clients(parts.store)]
    return int(not all(good))


def _clients(address: ClickHouseAddress) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield the name of each client, what it printed and what it should have."""
    at = urlsplit(address.url).netloc
    if shutil.which("mvn") and shutil.which("java"):
        jdbc = HERE / "jdbc"
        _run("mvn", "--quiet", "--batch-mode", "--file", str(jdbc / "pom.xml"), "package")
        said = _run("java", "-cp", f"{jdbc / 'target'}/*", str(jdbc / "Ask.java"), at, TEXT)
        yield "JDBC", said, [f"{TEXT} {AT} 1 null", str(SUM), "counts", str(ACCESS_DENIED)]
    if shutil.which("go"):
        for compression in ("none", "gzip"):
            said = _run("go", "run", "-C", str(HERE / "go"), ".", at, TEXT, compression)
            yield f"clickhouse-go, {compression}", said, [f"{TEXT} {AT} 1 true", str(SUM), "true"]


def _run(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + (done.stderr if done.returncode else "")).splitlines()


def _compare(name: str, said: list[str], expected: list[str]) -> bool:
    good = said == expected
    sys.stdout.write(f"{name}: {'reads all' if good else f'read {said} instead of {expected}'}\n")
    return good


if __name__ == "__main__":
    sys.exit(main())
