"""The process that runs snscrape, from outside: started, asked for pages, bounded in time and memory, and ended."""

from __future__ import annotations

import importlib.util
import os
import select
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from ingest.errors import Misconfigured, Permanent, Transient
from ingest.source import Clock, Pause
from ingest.transport.http import TURN, failure

PROGRAM = Path(__file__).with_name("program.py")
PAGE_WITHIN = timedelta(seconds=45)
MEMORY_MB = 512
LONGEST_ANSWER = 64 * 1024 * 1024
PIECE = 1 << 16


class NotJson(Permanent):
    """The network answered, and snscrape can make nothing of the answer."""


class CookieWanted(Exception):
    """The network shows this to nobody without a cookie, or does not take the one it was sent."""


class Message(msgspec.Struct, frozen=True):
    """A message that the program left out of what snscrape reads, and why."""

    id: int
    reason: str
    raw: str


class Marks(msgspec.Struct, frozen=True):
    """What else a page shows: whether it is a public preview, whether it has a place for posts, who it is of.

    `more` says that another page would follow; `names` are the channels whose posts the page shows.
    """

    preview: bool
    history: bool
    extra: str
    more: bool
    names: list[str] = []


class ScrapedPage(msgspec.Struct, frozen=True):
    """One page, newest first. `items` are the scraper's own JSON, `others` the ids of what is no post."""

    items: list[msgspec.Raw]
    others: list[int]
    unreadable: list[Message]
    marks: Marks


class _Failed(msgspec.Struct, frozen=True):
    failed: str
    status: int | None = None
    retry_after: str | None = None
    cookie: bool = False


def require_snscrape() -> None:
    """Find snscrape without loading it.

    Raises:
        Misconfigured: it is not installed.
    """
    if importlib.util.find_spec("snscrape") is None:
        raise Misconfigured("snscrape is not installed: pip install 'banwatch[telegram]'.")


class SnscrapeProcess:
    """Runs one of snscrape's scrapers. The process is started when it is first asked, and again after it died."""

    def __init__(
        self, scraper: str, base_url: str, clock: Clock, patience: timedelta = PAGE_WITHIN, cookie: str = ""
    ) -> None:
        """`cookie` goes with each request to `base_url`, and nowhere else."""
        self.scraper = scraper
        self.base_url = base_url
        self.clock = clock
        self.patience = patience
        self._cookie = cookie
        self._process: subprocess.Popen[bytes] | None = None

    def page(self, name: str, before: int | None = None, pages: int = 1) -> Generator[Pause, None, ScrapedPage]:
        """Read one page (or some in a row) of a channel or user, yielding while it is on its way.

        Raises:
            Transient: the network or the process failed in a way that passes.
            Refused: the network answered with a status that asking again does not change.
            NotJson: the page is not what snscrape knows.
            CookieWanted: the network asks for a cookie, or for another one.
        """
        yield Pause(0)
        process = self._running()
        ask = {"name": name, "before": before, "pages": pages, "cookie": self._cookie}
        line = msgspec.json.encode(ask) + b"\n"
        try:
            process.stdin.write(line)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        except BrokenPipeError as error:
            raise self._died(name) from error
        answer = yield from self._line(process, name)
        return self._told(answer, name)

    def _line(self, process: subprocess.Popen[bytes], name: str) -> Generator[Pause, None, bytes]:
        answer, until = bytearray(), time.monotonic() + self.patience.total_seconds()
        output: Any = process.stdout
        while not answer.endswith(b"\n"):
            if time.monotonic() > until or len(answer) > LONGEST_ANSWER:
                self.close()
                raise Transient(f"snscrape has not read {name} within {self.patience}, and was ended.")
            if not select.select([output], [], [], TURN)[0]:
                yield Pause(0)
                continue
            piece = os.read(output.fileno(), PIECE)
            if not piece:
                raise self._died(name)
            answer += piece
        return bytes(answer)

    def _told(self, answer: bytes, name: str) -> ScrapedPage:
        try:
            told = _decode(answer)
        except msgspec.DecodeError as error:
            raise NotJson(f"snscrape's answer on {name} cannot be read: {error}.") from error
        if isinstance(told, ScrapedPage):
            return told
        if told.status is None:
            raise Transient(f"{self.base_url} does not answer: {told.failed}.")
        if told.cookie:
            raise CookieWanted
        headers = {} if told.retry_after is None else {"retry-after": told.retry_after}
        failed = failure(told.status, headers, f"{self.base_url}/{name}", self.clock())
        if failed and told.status >= HTTPStatus.BAD_REQUEST:
            raise failed
        raise NotJson(f"snscrape can make nothing of the page of {name}: {told.failed}.")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # -P: the program's folder holds an html.py and an http.py, which are not the standard library's.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM), self.scraper, self.base_url, str(MEMORY_MB)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                # A foreign program is told none of banwatch's settings, among which are secrets.
                env={name: value for name, value in os.environ.items() if not name.startswith("BANWATCH_")},
            )
        return self._process

    def _died(self, name: str) -> Transient:
        status = None if self._process is None else self._process.wait(5)
        self.close()
        return Transient(f"snscrape died of reading {name} (status {status}); it is started again.")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _decode(answer: bytes) -> ScrapedPage | _Failed:
    try:
        return msgspec.json.decode(answer, type=ScrapedPage)
    except msgspec.ValidationError:
        return msgspec.json.decode(answer, type=_Failed)
