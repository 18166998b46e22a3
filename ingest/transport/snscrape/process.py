"""The process that runs snscrape: this module starts it, requests pages, bounds its time and memory, and ends it."""

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
    """The network answered, and snscrape cannot read the answer."""


class CookieWanted(Exception):
    """The network shows the page only with a cookie, or does not accept the cookie."""


class Message(msgspec.Struct, frozen=True):
    """A message that the program removed before snscrape read the page, and the reason."""

    id: int
    reason: str
    raw: str


class Marks(msgspec.Struct, frozen=True):
    """The other facts about a page: whether it is a public preview, whether it has a place for posts, and whose it is.

    `more` means that another page follows. `names` are the channels whose posts the page shows.
    """

    preview: bool
    history: bool
    extra: str
    more: bool
    names: list[str] = []


class ScrapedPage(msgspec.Struct, frozen=True):
    """One page, newest first. `items` holds the scraper's own JSON, `others` the ids of items that are not posts."""

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
    """Check that snscrape is installed, without importing it.

    Raises:
        Misconfigured: it is not installed.
    """
    if importlib.util.find_spec("snscrape") is None:
        raise Misconfigured("snscrape is not installed: pip install 'banwatch[telegram]'.")


class SnscrapeProcess:
    """Runs one of snscrape's scrapers. The process starts at the first request, and again after it has died."""

    def __init__(
        self, scraper: str, base_url: str, clock: Clock, patience: timedelta = PAGE_WITHIN, cookie: str = ""
    ) -> None:
        """Prepare the process without starting it.

        `cookie` is sent with each request to `base_url`, and nowhere else.
        """
        self.scraper = scraper
        self.base_url = base_url
        self.clock = clock
        self.patience = patience
        self._cookie = cookie
        self._process: subprocess.Popen[bytes] | None = None

    def page(self, name: str, before: int | None = None, pages: int = 1) -> Generator[Pause, None, ScrapedPage]:
        """Read one page (or several in a row) of a channel or user, and yield pauses while waiting.

        Raises:
            Transient: the network or the process failed for a time.
            Refused: the network answered with a status that a repeated request would not change.
            NotJson: snscrape cannot read the page.
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
            # -P, because a folder on the path could hold files named like modules of the standard library.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM), self.scraper, self.base_url, str(MEMORY_MB)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                # A foreign program gets none of banwatch's settings, because some are secrets.
                env={name: value for name, value in os.environ.items() if not name.startswith("BANWATCH_")},
            )
        return self._process

    def _died(self, name: str) -> Transient:
        status = None if self._process is None else self._process.wait(5)
        self.close()
        return Transient(f"snscrape died of reading {name} (status {status}); it is started again.")

    def close(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _decode(answer: bytes) -> ScrapedPage | _Failed:
    try:
        return msgspec.json.decode(answer, type=ScrapedPage)
    except msgspec.ValidationError:
        return msgspec.json.decode(answer, type=_Failed)
