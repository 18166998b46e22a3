"""`make bench-leads`: whether the lag of one language behind another is found, and what it costs.

Simulated pairs have a known lag; independent ones have none. The demo's languages have the delays that its scenario
plants, and are drawn anew with each seed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from deploy.demo.communities import MINUTES
from deploy.demo.scenario import AMAZON_EMAIL, AMAZON_RETRACTION, ScenarioEvent, minute_of
from deploy.demo.schedule import Arrival, arrivals
from deploy.demo.situations import BAN_TALK, Situation
from processing.explanation.lag import LEVEL, REACH, Counts, Lag, lags
from processing.explanation.leading import usual_by_hour
from tests.support.waves import BEFORE, HERE, SINCE, pair, waves

PAIRS = 200
PEAKS = ((20.0, 5.0), (20.0, 1.5), (5.0, 0.7))
"""Posts a minute at the peak, of the language that leads and of the one that follows."""

BURSTS = (0.0, 0.25)
"""The variance of the rate of five minutes, relative to its square; 0 is Poisson's."""

SEEDS = range(20)
DAY = 24 * 60


def main() -> None:
    """Print all figures."""
    print(f"intervals are of {1 - LEVEL:.0%}; a pair may be said to be related by chance in {LEVEL:.0%}\n")
    simulated()
    independent()
    demo()
    cost()


def simulated() -> None:
    """Print how far the lag is from the true one, how often the interval holds it, and how often it is decided."""
    print(f"{PAIRS} simulated pairs, lags from -30 to 30 min")
    print(
        "posts a min at the peaks; bias; sd; held by the interval; its width; decided; wrong side; led though at once"
    )
    for peaks, bursts in product(PEAKS, BURSTS):
        chance = np.random.default_rng(1)
        true = [int(each) for each in chance.integers(-30, 31, PAIRS)]
        found = [_found(*pair(chance, each, peaks, bursts=bursts)) for each in true]
        error = np.array([one.minutes - each for one, each in zip(found, true, strict=True)])
        held = np.mean([one.low <= each <= one.high for one, each in zip(found, true, strict=True)])
        width = np.mean([one.high - one.low for one in found])
        decided = [(one, each) for one, each in zip(found, true, strict=True) if one.is_decided]
        wrong = sum(one.minutes * each < 0 for one, each in decided) / len(found)
        at_once = np.mean([_found(*pair(chance, 0, peaks, bursts=bursts)).is_decided for _ in range(PAIRS)])
        kind = f"{peaks[0]:g} and {peaks[1]:g}{', bursts' if bursts else ''}"
        print(
            f"{kind:<20}{error.mean():>8.2f}{error.std():>8.2f}{held:>8.1%}{width:>8.1f}"
            f"{len(decided) / len(found):>9.1%}{wrong:>12.1%}{at_once:>14.1%}"
        )


def independent() -> None:
    """Print how often one of two surges at independent times is said to have followed."""
    chance = np.random.default_rng(2)
    led = Counter[str]()
    for _ in range(PAIRS):
        later = int(chance.integers(-BEFORE, HERE))
        found = lags(*pair(chance, later), 0, SINCE)[1]
        led["surges"] += bool(found and found.is_decided)
        rates = 0.3 * chance.gamma(1.0, size=(2, (BEFORE + HERE) // 15)).repeat(15, axis=1)
        noise = chance.poisson(rates).astype(float)
        found = lags(noise, np.full(noise.shape, 0.3), 0, SINCE)[1]
        led["noise"] += bool(found and found.is_decided)
    print(f"\nindependent surges, the second anywhere in {(BEFORE + HERE) // 60} h: led {led['surges'] / PAIRS:.1%}")
    print(f"independent noise of quarter hours: led {led['noise'] / PAIRS:.1%}")


def demo() -> None:
    """Print how often the interval holds the delays that the demo plants: of the incident, and of two claims in it."""
    every_seed = [_posts(seed) for seed in SEEDS]
    print(f"\n{len(SEEDS)} seeds of the demo, the first four hours, behind English")
    _planted("e-mail", AMAZON_EMAIL, [_demo(posts) for posts in every_seed])
    for event, situation in ((AMAZON_EMAIL, Situation.EMPLOYER), (AMAZON_RETRACTION, Situation.RETRACTION)):
        _planted(f"claim {situation}", event, [_claim(posts, event, situation) for posts in every_seed])


def _planted(name: str, event: ScenarioEvent, every_seed: Sequence[tuple[Counts, Counts]]) -> None:
    print(f"{name:<18}{'planted':>8}{'mean lag':>10}{'held':>8}{'width':>8}{'led':>8}")
    languages = list(event.languages)
    drawn = [dict(zip(languages, lags(*counts, 0, SINCE), strict=True)) for counts in every_seed]
    total = Counter[str]()
    for language, (_, delay) in event.languages.items():
        found = [lag for each in drawn if (lag := each[language]) is not None]
        if not found:
            continue
        held = sum(one.low <= delay <= one.high for one in found)
        total.update(found=len(found), held=held)
        print(
            f"  {language:<16}{delay:>8}{np.mean([one.minutes for one in found]):>10.1f}{held / len(found):>8.0%}"
            f"{np.mean([one.high - one.low for one in found]):>8.1f}{np.mean([one.is_decided for one in found]):>8.0%}"
        )
    print(f"  held in all: {total['held'] / total['found']:.1%}")


def cost() -> None:
    """Print the time for the most languages and the longest time that are looked at."""
    counts, expected = waves(np.random.default_rng(3), tuple(range(12)), (10.0,) * 12)
    start = time.process_time()
    lags(counts, expected, 0, SINCE)
    print(f"\n12 languages over four hours, behind one of them: {(time.process_time() - start) * 1000:.0f} ms of CPU")


def _found(counts: Counts, expected: Counts) -> Lag:
    found = lags(counts, expected, 0, SINCE)[1]
    assert found is not None
    return found


def _demo(posts: Sequence[Arrival]) -> tuple[Counts, Counts]:
    """Return posts and expected posts of the demo's e-mail by language and minute, up to its second pulse."""
    languages = list(AMAZON_EMAIL.languages)
    counts = _counted(languages, (each for each in posts if each.situation in BAN_TALK))
    start = int(minute_of(AMAZON_EMAIL.start))
    before, end = start - BEFORE, start + HERE
    first = before - before % 60
    hours = counts[:, first - 14 * DAY : first] if first >= 14 * DAY else counts[:, first % DAY : first]
    usual = usual_by_hour(hours.reshape(len(languages), -1, 60).sum(axis=2))
    return counts[:, before:end], usual[:, (np.arange(before, end) - first) // 60 % 24] / 60


def _claim(posts: Sequence[Arrival], event: ScenarioEvent, situation: Situation) -> tuple[Counts, Counts]:
    """Return the posts of a claim from its event on; nothing is expected of it, and nobody makes it before."""
    counts = _counted(list(event.languages), (each for each in posts if each.situation is situation))
    start = int(minute_of(event.start))
    counts[:, : start - REACH] = 0
    counts = counts[:, start - BEFORE : start + HERE]
    return counts, np.zeros_like(counts)


def _counted(languages: Sequence[str], posts: Iterable[Arrival]) -> Counts:
    counts = np.zeros((len(languages), MINUTES))
    for each in posts:
        if each.language in languages and each.written // 60 < MINUTES:
            counts[languages.index(each.language), int(each.written // 60)] += 1
    return counts


def _posts(seed: int) -> list[Arrival]:
    return [each for each in arrivals(seed, 1.0) if each.situation in BAN_TALK]


if __name__ == "__main__":
    print(f"(lags up to {REACH} min are looked for)")
    main()
