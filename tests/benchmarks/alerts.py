"""`make bench-alerts`: how long until the channels are told of a surge, what an idle dispatcher costs, and a burst.

One `banwatch up` reads a local Jetstream. Twenty topics are watched, each with a fortnight of ordinary talk, or with
`--days` of it: what the detector knows of a series' past decides how many posts are rare. One after the other surges,
at 0.2, 1 or 5 posts a second, until Slack, a webhook and a mail server on this machine have been told, and until the
claims of the incident are known. No topic lies below another, so that each surge is an incident and a conversation of
its own. A random pause stands between two surges, so that they begin anywhere in a bin.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

from processing import queries
from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels
from processing.alerts.dispatcher import Dispatcher
from processing.contract import EVERYTHING, BinCount, ClickHouseAddress
from processing.store.client import Store
from tests.benchmarks.alert_burst import burst
from tests.benchmarks.live_replay import counted
from tests.support.channels.newsroom import CHANNELS, FirstTold, newsroom
from tests.support.http_channel import plain_notification
from tests.support.jetstream import Jetstream
from tests.support.processor_time import processor_seconds
from tests.support.stacks import Installation, Running

PLACES = (
    *("lighthouse", "library", "harbour", "museum", "airport", "stadium", "theatre"),
    *("hospital", "bakery", "school", "railway", "bridge", "market", "factory"),
    *("brewery", "cinema", "castle", "tunnel", "zoo", "cathedral"),
)
SUBJECTS = tuple(f"{place} closure" for place in PLACES)
WORDS = (
    *("company", "government", "video", "friends", "never", "phone", "summer", "music", "office", "people"),
    *("delete", "teacher", "rumour", "evening", "lawyer", "sister", "channel", "country", "money", "dance"),
    *("minister", "football", "answer", "morning", "garden", "engine", "paper", "window", "bridge", "question"),
)
DAYS = 14
TALK_AN_HOUR = 6
CHATTER_AN_HOUR = 1_200
"""Of anything else, in the history as in the surges: a rise of everything is no surge."""
RATES = (0.2, 1.0, 5.0)
"""Posts a second from the first one on."""
MUST_HOLD = 90
"""Seconds."""
PATIENCE = 300
PATIENCE_WITH_HISTORY = 1_200
PAUSE = 15
IDLE = 60


def main(count: int = len(SUBJECTS), days: int = DAYS) -> None:
    """Print the figures, of so many surges behind so many days of ordinary talk."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # a store that is not up yet is asked often
    with tempfile.TemporaryDirectory() as folder:
        surges(Path(folder), SUBJECTS[:count], days)
    with tempfile.TemporaryDirectory() as folder:
        burst(Path(folder))


def surges(folder: Path, subjects: Sequence[str], days: int) -> None:
    """Surges through one stack, and before them a minute in which nothing happens."""
    network, told = Network(Jetstream(lookback=timedelta(days=days))), FirstTold(SUBJECTS)
    posts = network.play_history(datetime.now(UTC), days)
    with newsroom(told) as channels, network.server.served() as url:
        os.environ |= channels.settings(folder / "alerts.toml") | {
            "BANWATCH_TOPICS_FILE": str(topics_file(folder)),
            "BANWATCH_BLUESKY_BASE_URLS": url,
            "BANWATCH_BLUESKY_LOOKBACK": str(days * 86_400),
        }
        installation = Installation(folder / "banwatch", settings={"BANWATCH_CLAIMS": "1"})
        with closing(installation.start("up", "--source", "bluesky", "--no-dashboard")) as running:
            wait_for_history(network, installation.store, posts)
            idle(network, running, installation.store)
            chance, begun, claimed = random.Random(14), [], []
            for number, subject in enumerate(subjects):
                network.chatter_for(chance.uniform(0, PAUSE))
                begun.append(network.surge(subject, RATES[number % len(RATES)], told))
                if not told.everywhere(subject):
                    print(_known(installation.store, subject), running.said[-2_000:], sep="\n")
                    claimed.append(inf)
                else:
                    claimed.append(network.chatter_until_claimed(subject, installation.store))
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    print(f"{len(subjects)} surges of {rates} posts/s in turn, where {TALK_AN_HOUR} an hour are usual for ", end="")
    print(f"{days} days; ", end="")
    print(f"seconds from the first post to the first message, at a load of {os.getloadavg()[2]:.0f} on ", end="")
    print(f"{os.cpu_count()} cores:")
    for channel in CHANNELS:
        delays = [told.at.get((channel, subject), inf) - at for subject, at in zip(subjects, begun, strict=True)]
        print_delays(channel, delays)
    print(
        f"  seconds from the message to the claims: median {statistics.median(claimed):.0f}, worst {max(claimed):.0f}"
    )


def print_delays(channel: str, delays: Sequence[float]) -> None:
    """Print what one channel's delays are, in the order of the surges."""
    by_rate = ", ".join(f"{statistics.median(delays[first :: len(RATES)]):.1f}" for first in range(len(RATES)))
    verdict = "held" if max(delays) <= MUST_HOLD else "NOT HELD"
    print(f"  {channel:<6} median {statistics.median(delays):.1f} (by rate {by_rate}), ", end="")
    print(f"worst {max(delays):.1f}; {MUST_HOLD} s {verdict}")


@dataclass
class Network:
    """Where people talk."""

    server: Jetstream
    written: int = 0

    def play_history(self, now: datetime, days: int) -> int:
        """Give the network so many days of ordinary talk, until now. Return the number of posts."""
        chance = random.Random(1)
        an_hour = [*SUBJECTS * TALK_AN_HOUR, *[""] * CHATTER_AN_HOUR]
        hours = [(hour, subject) for hour in range(24 * days) for subject in an_hour]
        for at, subject in sorted((now - timedelta(hours=hour + chance.random()), subject) for hour, subject in hours):
            self.write(subject, at)
        return len(hours)

    def write(self, subject: str = "", at: datetime | None = None) -> None:
        """Somebody writes a post that is no copy of another."""
        own = " ".join(random.Random(self.written).sample(WORDS, 9))
        text = f"{subject}: {own}" if subject else own
        self.server.post(text, did=f"did:plc:{self.written:06}", at=at, langs=["en"])
        self.written += 1

    def chatter_for(self, seconds: float) -> None:
        """Let people talk of nothing in particular, as much as at any time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.write()
            time.sleep(min(3600 / CHATTER_AN_HOUR, left))

    def chatter_until_claimed(self, subject: str, address: ClickHouseAddress) -> float:
        """Let people talk of nothing in particular until the surge's claims are known. Return the seconds that took."""
        begun = time.monotonic()
        with Store(address) as store:
            while (elapsed := time.monotonic() - begun) < PATIENCE:
                if any(name.startswith(f"{subject.split(maxsplit=1)[0]}-") for name in queries.claim_runs(store)):
                    return elapsed
                self.chatter_for(1)
        return inf

    def surge(self, subject: str, rate: float, told: FirstTold) -> float:
        """Let people talk of a subject until every channel is told, for `PATIENCE` at most. Return when they began."""
        begun = time.monotonic()
        written = chatter = 0
        while not told.everywhere(subject) and (elapsed := time.monotonic() - begun) < PATIENCE:
            if written <= elapsed * rate:
                self.write(subject)
                written += 1
            if chatter <= elapsed * CHATTER_AN_HOUR / 3600:
                self.write()
                chatter += 1
            time.sleep(0.02)
        delays = {channel: told.at.get((channel, subject), inf) - begun for channel in CHANNELS}
        said = ", ".join(f"{channel} {delay:.1f} s" for channel, delay in delays.items())
        print(f"  {subject:<20} {rate:g} posts/s: {said}; {written} posts", flush=True)
        return begun


def _known(address: ClickHouseAddress, subject: str) -> str:
    """What the store knows of a surge that not every channel was told of."""
    topic = subject.split(maxsplit=1)[0]
    with Store(address) as store:
        found = [
            *(f"{each.start:%H:%M} {each.posts} posts" for each in _minutes(store, topic)),
            *map(str, queries.spikes(store, datetime.now(UTC) - timedelta(minutes=20), datetime.now(UTC))),
            *(str(each) for each in queries.incidents(store, limit=1)),
            *(str(each) for each in queries.conversations(store, resolved=True, limit=4)),
        ]
    return "\n".join(found)


def _minutes(store: Store, topic: str) -> Sequence[BinCount]:
    now = datetime.now(UTC)
    return queries.series(
        store, now - timedelta(minutes=10), now, timedelta(minutes=1), topic=topic, language=EVERYTHING
    )


def topics_file(folder: Path) -> Path:
    """A taxonomy in which every subject is a topic of its own."""
    path = folder / "topics.toml"
    topic = "[topics.{id}]\nnames.en = '{subject}'\nnames.ar = '{subject}'\nrules.any = '\"{subject}\"'\n"
    path.write_text("\n".join(topic.format(id=subject.split()[0], subject=subject) for subject in SUBJECTS))
    return path


def wait_for_history(network: Network, store: ClickHouseAddress, posts: int) -> None:
    """Let people chatter until the history is counted and watched."""
    begun = time.monotonic()
    while counted(store) < posts or watched(store) < datetime.now(UTC) - timedelta(minutes=6):
        assert time.monotonic() - begun < PATIENCE_WITH_HISTORY, "the history is not watched"
        network.chatter_for(1)
    print(f"{posts:,} posts of history are counted and watched after {time.monotonic() - begun:.0f} s")


def watched(address: ClickHouseAddress) -> datetime:
    """How far the watch has come."""
    with Store(address) as store:
        return queries.scored_until(store) or datetime.fromtimestamp(0, UTC)


def idle(network: Network, running: Running, address: ClickHouseAddress) -> None:
    """CPU in a minute without news: of the watch's process, and of a second dispatcher, which runs here."""
    watch, before = used(running, network)
    with Store(address) as store, ThreadPoolExecutor(1) as thread:
        attempts = Attempts(store, plain_notification, lambda: datetime.now(UTC))
        stop = threading.Event()
        spent = thread.submit(dispatch, Dispatcher(store, lambda: Channels({}), attempts), stop)
        _, with_another = used(running, network)
        stop.set()
    print(f"CPU in a minute without news, ms a second: {watch:.1f} in the watch's process, ", end="")
    print(f"of them {1000 * spent.result() / IDLE:.1f} in the dispatcher; ", end="")
    print(f"{before:.1f} in the store, {with_another:.1f} with another dispatcher")


def used(running: Running, network: Network) -> tuple[float, float]:
    """CPU of the watch and of the store over a minute of chatter, in ms a second."""
    processes = [running.children(name)[0] for name in ("watch", "warehouse")]
    before = [processor_seconds(each) for each in processes]
    network.chatter_for(IDLE)
    watch, store = (1000 * (processor_seconds(each) - was) / IDLE for each, was in zip(processes, before, strict=True))
    return watch, store


def dispatch(dispatcher: Dispatcher, stop: threading.Event) -> float:
    """Run a dispatcher; the seconds of CPU that it took."""
    begun = time.thread_time()
    dispatcher.run(stop)
    return time.thread_time() - begun


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=len(SUBJECTS), help="surges")
    parser.add_argument("--days", type=int, default=DAYS, help="days of ordinary talk before them")
    main(**vars(parser.parse_args()))
