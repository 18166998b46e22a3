"""`make bench-dashboard`: what the pages ask of a store of ten million posts, of twenty analysts, and for eight hours.

Four parts: milliseconds of each page's queries (`page_load`); the processor time that the dashboard's own process takes
for one reader; twenty sessions that speak Streamlit's protocol with it, beside fewer ones that see the same pages; and
one page that stays open in Chromium, its hours compressed. While people look, posts go on coming, so nothing that is
shown stays as it is. The dashboard, its readers and the store share the machine; the load is printed with the figures.
Processor time hardly depends on it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from dashboard.server import run
from deploy.processes.dashboard import services
from deploy.settings import load as load_settings
from ingest.contract import Post, Progress
from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Parameters, Store
from processing.store.migrate import migrate
from processing.store.records import write_scored_until
from processing.store.writer import recount, write_posts, write_progress
from tests.benchmarks.page_load import at, measure, told
from tests.prepare import CHROMIUM
from tests.support import stock
from tests.support.browser import FLAGS
from tests.support.filled import END, SOURCE, START, fill, settle, surge
from tests.support.parts import Parts
from tests.support.processor_time import processor_seconds
from tests.support.waiting import eventually, free_port

CHOICE = ("queries", "cost", "analysts", "open")
PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("", {"range": "month", "by": "language"}),
    ("incident", {"id": stock.incident().id}),
    ("posts", {}),
    ("posts", {"words": "TikTok banned", "topic": "ban"}),
)
"""What the analysts look at: pages and parameters."""
ANALYSTS = 20
STAY = timedelta(seconds=30)
"""The time for which an analyst stays on a page."""
REFRESH = timedelta(seconds=5)
OPEN = timedelta(hours=8)
COMPRESSED = timedelta(milliseconds=250)
"""The pause between two refreshes of the page that stays open, in place of `REFRESH`."""
BUCKET = 2.0
"""The seconds for which a page's shortest cache holds an answer."""
SAMPLES = 60
OPENED, REFRESHED = 10, 10
"""How often one reader opens a page and refreshes it, to measure what that costs."""
FASTER = "const own = window.setInterval; window.setInterval = (work, wait, ...rest) => own(work, wait / 10, ...rest);"
"""The page looks twice a second whether a refresh is due. With compressed hours it looks ten times as often."""


@dataclass(frozen=True)
class Query:
    """A query of the dashboard: when it began, its milliseconds, the begin of its SQL, and what tells it apart."""

    begun: float
    milliseconds: float
    sql: str
    key: str


@dataclass
class Dashboard:
    """The process of the dashboard, whose queries stand in a file."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def answers(self) -> bool:
        """Return whether it serves."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=5).status_code == 200
        return False

    def queries(self, since: float) -> list[Query]:
        """Return the queries that began since then."""
        found = (Query(*json.loads(line)) for line in self.log.read_text().splitlines())
        return [each for each in found if each.begun >= since]

    def resident(self) -> float:
        """Return its resident memory in megabytes."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 1e6


@dataclass
class Seen:
    """What the analysts saw: milliseconds of opened pages and of refreshed parts, and exceptions on a page."""

    opened: list[float] = field(default_factory=list)
    refreshed: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Session:
    """A session of the dashboard without a browser: its pages are opened and refreshed, and nothing is drawn."""

    def __init__(self, socket: ClientConnection, seen: Seen) -> None:
        self._socket = socket
        self._seen = seen
        self._state = ClientState()
        self._parts: list[str] = []

    async def stay(self, page: str, address: dict[str, str], seconds: float) -> None:
        """Open a page and refresh its live parts for some seconds, as its script would."""
        until = time.monotonic() + seconds
        await self.open(page, address)
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, REFRESH.total_seconds()))
            await self.refresh()

    async def open(self, page: str, address: dict[str, str]) -> None:
        """Open a page."""
        self._state = ClientState(page_name=page, query_string=urlencode(address))
        took, self._parts = await self._run()
        self._seen.opened.append(took)

    async def refresh(self) -> None:
        """Refresh the live parts of the page, one after the other."""
        for part in self._parts:
            self._state.fragment_id = part
            took, _ = await self._run()
            self._seen.refreshed.append(took)

    async def _run(self) -> tuple[float, list[str]]:
        """Run the script, or a part of it; return the milliseconds, and the parts with a clock in what was drawn."""
        state = self._state
        begun = time.perf_counter()
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        parts: dict[str, None] = {}
        while True:
            said = ForwardMsg.FromString(await self._socket.recv(decode=False))
            kind = said.WhichOneof("type")
            if kind == "new_session":
                state.page_script_hash = said.new_session.page_script_hash
            elif kind == "delta":
                element = said.delta.new_element.WhichOneof("type")
                if element == "bidi_component" and said.delta.fragment_id:
                    parts[said.delta.fragment_id] = None
                elif element == "exception":
                    self._seen.failed.append(said.delta.new_element.exception.message)
            elif kind == "script_finished" and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return 1000 * (time.perf_counter() - begun), list(parts)


def main(
    folder: Path, posts: int, *, looks: int, analysts: timedelta, opened: timedelta, chosen: Collection[str] = CHOICE
) -> None:
    """Print the chosen parts, the first of so many looks.

    `analysts` look for so long, each time, and the page stays open for `opened`.
    """
    with Parts(folder) as parts:
        patient = replace(parts.store, timeout=timedelta(minutes=10))
        migrate(patient)
        with Store(patient) as store:
            fill(store, 0, posts)
            surge(store, posts)
            settle(store)
        _load("at the start")
        if "queries" in chosen:
            print(f"{posts:,} posts, milliseconds of queries; `engine`: of a processor, in the store", flush=True)
            measure(patient, parts.processes["store"], folder, looks)
            _load("after the queries")
        if "cost" in chosen:
            with going_on(patient), dashboard(parts.store, folder / "cost.jsonl", REFRESH) as served:
                print(
                    "one reader: processor time of the dashboard, in milliseconds, and queries of the store", flush=True
                )
                with spent(served, f"nobody looks for {REFRESH.total_seconds():.0f} s", REFRESHED):
                    time.sleep(REFRESHED * REFRESH.total_seconds())
                for page, address in PAGES:
                    asyncio.run(cost(served, page, address))
            _load("after one reader")
        if "analysts" in chosen:
            with going_on(patient):
                few = together(parts.store, folder / "few.jsonl", len(PAGES), analysts)
                many = together(parts.store, folder / "many.jsonl", ANALYSTS, analysts)
            print(f"queries of {ANALYSTS} analysts to those of {len(PAGES)} who see the same: {many / few:.2f}")
            _load("after the analysts")
        if "open" in chosen:
            with going_on(patient), dashboard(parts.store, folder / "open.jsonl", COMPRESSED) as served:
                stay_open(served, opened)
            _load("after the open page")


@contextmanager
def dashboard(store: ClickHouseAddress, log: Path, refresh: timedelta) -> Iterator[Dashboard]:
    """Run the dashboard in a process of its own."""
    port = free_port()
    environment = os.environ | {
        "BANWATCH_CLICKHOUSE_URL": store.url,
        "BANWATCH_CLICKHOUSE_DATABASE": store.database,
        "BANWATCH_DASHBOARD_PORT": str(port),
        "BANWATCH_DATA_DIR": str(log.parent),
    }
    command = [sys.executable, "-m", "tests.benchmarks.dashboard", "--serve", str(log), str(refresh.total_seconds())]
    log.touch()
    served = Dashboard(subprocess.Popen(command, env=environment), port, log)
    try:
        assert eventually(served.answers, timedelta(minutes=2)), "the dashboard did not come up"
        yield served
    finally:
        served.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            served.process.wait(timeout=20)
        served.process.kill()


def serve(log: Path, refresh: timedelta) -> None:
    """Serve the dashboard, with each of its queries noted in a file. Its pause may be shorter than a person's."""
    from tests.benchmarks.page_load import noted  # noqa: PLC0415 - only this process serves

    settings = load_settings(os.environ)
    with log.open("a", buffering=1) as file:

        def note(milliseconds: float, sql: str, parameters: Parameters | None) -> None:
            key = f"{hash((sql, repr(parameters))):x}"
            begun = time.time() - milliseconds / 1000
            file.write(json.dumps([begun, milliseconds, told(sql), key]) + "\n")

        with noted(note):
            run(settings.dashboard.model_copy(update={"dashboard_refresh": refresh}), services(settings))


@contextmanager
def going_on(address: ClickHouseAddress) -> Iterator[None]:
    """Let twenty posts a second come behind all that there are, counted and scored at once, until the block ends."""
    over = threading.Event()

    def write() -> None:
        at = END
        with Store(address) as store:
            for number in count():
                if over.wait(1):
                    return
                at += timedelta(seconds=1)
                recount(store, write_posts(store, [_post(f"l{number}-{line}", at, line) for line in range(20)]))
                progress = Progress(source=SOURCE, since=START, until=at + timedelta(seconds=1), state="listening")
                write_progress(store, [(0, progress)])
                write_scored_until(store, at)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def _post(name: str, at: datetime, line: int) -> TaggedPost:
    post = Post(source=SOURCE, id=name, text=f"TikTok is banned, says {name}", created_at=at, author=f"a{name}")
    return TaggedPost(post, ("en", "ar", "es", "hi")[line % 4], 0.9, ("ban", "tiktok"), "bench")


async def cost(served: Dashboard, page: str, address: dict[str, str]) -> None:
    """Print what one reader costs who opens a page several times, and who refreshes all its parts every few seconds."""
    seen = Seen()

    async def opened() -> None:
        async with session(served.port, seen) as reader:
            await reader.open(page, address)

    await opened()  # the first look of all waits for the store
    name = f"/{page}?{urlencode(address)}" if address else f"/{page}"
    with spent(served, f"{name} opened", OPENED):
        for _ in range(OPENED):
            await opened()
    async with session(served.port, seen) as reader:
        await reader.open(page, address)
        with spent(served, f"{name} refreshed", REFRESHED):
            for _ in range(REFRESHED):
                await asyncio.sleep(REFRESH.total_seconds())
                await reader.refresh()
    for message in dict.fromkeys(seen.failed):
        print(f"    {message}")


@contextmanager
def spent(served: Dashboard, what: str, times: int) -> Iterator[None]:
    """Print what was spent in the block, on each of so many times."""
    begun, busy = time.time(), processor_seconds(served.process.pid)
    yield
    busy = processor_seconds(served.process.pid) - busy
    asked = len(served.queries(begun))
    print(f"    {what:<52}{1000 * busy / times:>7,.0f} ms{asked / times:>7.1f} queries", flush=True)


def together(store: ClickHouseAddress, log: Path, analysts: int, lasting: timedelta) -> float:
    """Let analysts look at the pages, all pages by as many; print what it cost, and return the queries a second."""
    with dashboard(store, log, REFRESH) as served:
        return _together(served, analysts, lasting)


def _together(served: Dashboard, analysts: int, lasting: timedelta) -> float:
    seen, begun, busy = Seen(), time.time(), processor_seconds(served.process.pid)
    before = served.resident()
    asyncio.run(_analysts(served.port, analysts, lasting, seen))
    seconds = time.time() - begun
    asked = served.queries(begun)
    busy = processor_seconds(served.process.pid) - busy
    milliseconds = [each.milliseconds for each in asked]
    print(
        f"{analysts} analysts, {seconds:.0f} s, {_loaded()}: "
        f"{len(seen.opened)} pages opened (p95 {at(0.95, seen.opened):,.0f} ms), "
        f"{len(seen.refreshed)} parts refreshed (p95 {at(0.95, seen.refreshed):,.0f} ms), {len(seen.failed)} failed\n"
        f"    {len(asked)} queries, {len(asked) / seconds:.2f} a second: "
        f"p50 {at(0.5, milliseconds):,.0f}, p95 {at(0.95, milliseconds):,.0f} ms\n"
        f"    the same query again within {BUCKET:.0f} s: {_repeated(asked)}\n"
        f"    the dashboard: {busy / seconds:.2f} of a processor, {before:.0f} MB before and "
        f"{served.resident():.0f} MB after",
        flush=True,
    )
    for message in dict.fromkeys(seen.failed):
        print(f"    {message}")
    _most_costly(asked)
    return len(asked) / seconds


async def _analysts(port: int, analysts: int, lasting: timedelta, seen: Seen) -> None:
    until = time.monotonic() + lasting.total_seconds()
    await asyncio.gather(*(_analyst(port, number, until, seen) for number in range(analysts)))


async def _analyst(port: int, number: int, until: float, seen: Seen) -> None:
    """Look at one page after another, each in a session of its own, as opened links are. Begin at one's own moment."""
    await asyncio.sleep(number * REFRESH.total_seconds() / ANALYSTS)
    for turn in count(number):
        left = until - time.monotonic()
        if left <= 0:
            return
        page, address = PAGES[turn % len(PAGES)]
        async with session(port, seen) as alone:
            await alone.stay(page, address, min(left, STAY.total_seconds()))


@asynccontextmanager
async def session(port: int, seen: Seen) -> AsyncIterator[Session]:
    """Begin a session with the dashboard, as a browser's tab does."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        yield Session(socket, seen)


def _repeated(asked: Sequence[Query]) -> str:
    """Return how many queries were asked again, with the same parameters, while the answer was still held."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for each in asked:
        times[each.key].append(each.begun)
    sql = {each.key: each.sql for each in asked}
    again: Counter[str] = Counter()
    for key, moments in times.items():
        again[sql[key]] += sum(later - one < BUCKET for one, later in pairwise(sorted(moments)))
    most = ", ".join(f"{number} of {each!r}" for each, number in again.most_common(3) if number)
    return f"{again.total()} of {len(asked)}" + (f" ({most})" if most else "")


def _most_costly(asked: Sequence[Query]) -> None:
    by: defaultdict[str, list[float]] = defaultdict(list)
    for each in asked:
        by[each.sql].append(each.milliseconds)
    for sql, times in sorted(by.items(), key=lambda each: -sum(each[1]))[:6]:
        print(f"    {len(times):>6} times, p95 {at(0.95, times):>6,.0f} ms: {sql}", flush=True)


def stay_open(served: Dashboard, lasting: timedelta) -> None:
    """Keep the page Now open in Chromium, for `lasting` or as many refreshes as eight hours have; print the memory."""
    wanted = int(OPEN / REFRESH)
    installed = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert installed is not None, "there is no Chromium: `python -m tests.prepare` installs it"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        page = chromium.new_page()
        page.add_init_script(FASTER)
        frames = 0

        def counted(_: object) -> None:
            nonlocal frames
            frames += 1

        page.on("websocket", lambda socket: socket.on("framesent", counted))
        page.goto(f"http://127.0.0.1:{served.port}/", timeout=120_000)
        page.locator(".bw-reached").wait_for(timeout=120_000)
        parts = page.locator("[class*=st-key-live-]").count()
        begun, samples = time.monotonic(), []
        while True:
            page.wait_for_timeout(1000 * lasting.total_seconds() / SAMPLES)
            samples.append((served.resident(), *_memory(page)))
            if frames >= wanted * parts or time.monotonic() - begun >= lasting.total_seconds():
                break
        seconds = time.monotonic() - begun
        chromium.close()
    print(
        f"a page open {seconds / 60:.0f} min: {frames:,} refreshes of its {parts} parts, "
        f"of the {wanted * parts:,} in {OPEN.total_seconds() / 3600:.0f} hours",
        flush=True,
    )
    third = len(samples) // 3
    for name, values in zip(
        ("dashboard, MB", "tab's heap, MB", "tab's nodes", "tab's listeners"), zip(*samples, strict=True), strict=True
    ):
        first, middle, last = (median(values[number * third : (number + 1) * third]) for number in range(3))
        print(
            f"    {name:<16} thirds {first:,.1f}, {middle:,.1f}, {last:,.1f}: "
            f"the last is {last / middle:.3f} of the middle",
            flush=True,
        )


def _memory(page: Page) -> tuple[float, float, float]:
    """Return the megabytes of the tab's heap after a collection, its nodes and its event listeners."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSHeapUsedSize"] / 1e6, found["Nodes"], found["JSEventListeners"]


def _load(when: str) -> None:
    print(f"{when}: {_loaded()}", flush=True)


def _loaded() -> str:
    return f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, default=10)
    parser.add_argument("--looks", type=int, default=20, help="at each page, to measure its queries")
    parser.add_argument("--minutes", type=float, default=3, help="for which analysts look, each time")
    parser.add_argument("--open", type=float, default=60, help="minutes for which a page stays open at most")
    parser.add_argument("--parts", nargs="+", choices=CHOICE, default=CHOICE)
    parser.add_argument("--serve", nargs=2, metavar=("LOG", "SECONDS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(Path(asked.serve[0]), timedelta(seconds=float(asked.serve[1])))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(
                Path(temporary),
                int(1_000_000 * asked.millions),
                looks=asked.looks,
                analysts=timedelta(minutes=asked.minutes),
                opened=timedelta(minutes=asked.open),
                chosen=asked.parts,
            )
