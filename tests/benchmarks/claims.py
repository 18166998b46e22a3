"""`make bench-claims`: claims on a labelled set, on the demo's 10 July, and what 10,000 posts cost.

`python -m tests.benchmarks.claims --centres` writes processing/claims/centres.npz anew.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from deploy.demo.generate import generate_labelled
from processing.claims import find
from processing.claims.embedding import E5, Embedder
from processing.claims.find import ClaimPolicy, ClaimPost, Claims, find_claims
from processing.tagging.topics import load_taxonomy
from tests.conftest import ROOT
from tests.support.claim_posts import Labelled, Pairs, labelled, pairs, subtopics_of
from tests.support.parts import shipped_enricher

CENTRES = ROOT / "processing" / "claims" / "centres.npz"
THRESHOLDS = (0.04, 0.08, 0.12, 0.14, 0.16, 0.2, 0.24, 0.3)
FRIDAY = datetime(2020, 7, 10, 15, 0, tzinfo=UTC), datetime(2020, 7, 11, 22, 0, tzinfo=UTC)


class Memory:
    """The vectors of texts, each made once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    def learn(self, texts: Sequence[str]) -> None:
        new = sorted({text for text in texts if text not in self._known})
        self._known |= zip(new, self._embedder(new), strict=True)

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, text: str) -> NDArray[np.float32]:
        if text not in self._known:
            self.learn([text])
        return self._known[text]


def score(posts: Sequence[Labelled], memory: Memory, policy: ClaimPolicy) -> tuple[Pairs, Claims]:
    found = find_claims([each.post for each in posts], memory, policy)
    claim_of = {each.post.id: each.claim for each in found.posts}
    return pairs([each.claim for each in posts], [claim_of[each.post.id] for each in posts]), found


def cross_validated(posts: Sequence[Labelled], memory: Memory, policy: ClaimPolicy) -> float:
    """The mean F1 over four claims of unequal sizes, with the centres of languages from the posts of two others."""
    chance, scores = np.random.default_rng(1), []
    names = sorted({each.claim for each in posts})
    for given in combinations(names, 2):
        sizes = dict(
            zip(chance.permutation([name for name in names if name not in given]), (1, 1, 0.6, 0.3), strict=True)
        )
        drawn = [each for each in posts if chance.random() < sizes.get(each.claim, 0)]
        with Centres(centres([each for each in posts if each.claim in given], memory)):
            scores.append(score(drawn, memory, policy)[0].f1)
    return float(np.mean(scores))


def centres(posts: Sequence[Labelled], memory: Memory) -> dict[str, NDArray[np.float32]]:
    of_language: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for each in posts:
        of_language[each.post.language].append(memory(each.post.text))
    return {language: np.mean(rows, axis=0) for language, rows in sorted(of_language.items())}


class Centres:
    """Other centres of languages for a while."""

    def __init__(self, given: Mapping[str, NDArray[np.float32]]) -> None:
        self._given, self._shipped = given, find.language_centres

    def __enter__(self) -> None:
        find.language_centres = lambda: self._given  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        find.language_centres = self._shipped


def main(arguments: Sequence[str]) -> None:
    model = E5()
    memory = Memory(model)
    threshold = labelled("threshold")
    memory.learn([each.post.text for each in threshold])
    if "--centres" in arguments:
        np.savez_compressed(CENTRES, **{k: v.astype(np.float16) for k, v in centres(threshold, memory).items()})  # type: ignore[arg-type]
        return
    held_out = labelled("held_out")
    memory.learn([each.post.text for each in held_out])
    of_labels(threshold, held_out, memory)
    model.close()
    of_demo()


def of_labels(threshold: Sequence[Labelled], held_out: Sequence[Labelled], memory: Memory) -> None:
    """Print the curve and the figures of the labelled set."""
    print(f"pairwise F1 by threshold{''.join(f'{each:8.2f}' for each in THRESHOLDS)}")
    own = ClaimPolicy()
    for name, policy in (("with rules", own), ("vectors alone", msgspec.structs.replace(own, rules=0.0))):
        with_it = [msgspec.structs.replace(policy, threshold=each) for each in THRESHOLDS]
        for half, of in (
            ("threshold", [cross_validated(threshold, memory, each) for each in with_it]),
            ("held out", [score(held_out, memory, each)[0].f1 for each in with_it]),
        ):
            print(f"  {name}, {half}".ljust(24) + "".join(f"{each:8.3f}" for each in of))
    for name, posts in (("threshold", threshold), ("held out", held_out)):
        found, claims = score(posts, memory, own)
        made = len({each.claim for each in claims.posts})
        print(f"{name} at {own.threshold}: {len(posts)} posts, {made} claims, F1 {found.f1:.3f}")
    claim_of = {each.post.id: each.claim for each in claims.posts}
    by = [claim_of[each.post.id] for each in held_out]
    for language in sorted({each.post.language for each in held_out}):
        in_it = np.array([each.post.language == language for each in held_out])
        print(f"  {language:8} F1 {pairs([each.claim for each in held_out], by, in_it).f1:.3f}")
    alone = find_claims([each.post for each in held_out])
    print(f"held out without a model: {len({each.claim for each in alone.posts})} claims")


def of_demo() -> None:
    """Print the claims of the demo's 10 July, and what they cost."""
    written = [each for each in generate_labelled() if FRIDAY[0] <= each.post.created_at < FRIDAY[1]]
    taxonomy = load_taxonomy(ROOT / "deploy/config/topics.toml")
    tagged = shipped_enricher().tag_many([each.post for each in written])
    told = {(each.post.source, each.post.id): each for each in written}
    posts = [
        ClaimPost(
            each.post.source,
            each.post.id,
            each.post.created_at,
            each.language,
            each.post.author or "",
            each.post.text,
            subtopics_of(taxonomy, each.topics),
        )
        for each in tagged
        if "ban" in each.topics
    ]
    model, before = E5(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    memory, begun, processor = Memory(model), time.monotonic(), time.process_time()
    groups = find.grouped(posts)
    print(
        f"\ndemo, 10 July: {len(posts):,} posts, {len(groups):,} groups of copies in {time.monotonic() - begun:.1f} s"
    )
    memory.learn([groups[number].text for number in find.in_turn(groups)[: ClaimPolicy().most_compared]])
    found = find_claims(posts, memory)
    seconds, processor = time.monotonic() - begun, time.process_time() - processor
    assert model.pid is not None
    child = memory_of(model.pid)
    model.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    print(
        f"  {seconds:.0f} s in all; of a core {processor:.1f} s here and {used:.0f} s for {len(memory):,} texts in the"
        f" model; {memory_of(os.getpid()):.0f} MB with the archive, and {child:.0f} MB"
    )
    by_claim: dict[str, list[ClaimPost]] = defaultdict(list)
    title: dict[str, tuple[int, str]] = {}
    for each in found.posts:
        by_claim[each.claim].append(each.post)
        title[each.claim] = min(title.get(each.claim, (999, "")), (each.distance, each.post.text))
    for claim, of in sorted(by_claim.items(), key=lambda each: -len(each[1]))[:8]:
        mix = Counter(told[post.source, post.id].situation.value for post in of)
        print(f"  {len(of):5,} {dict(mix.most_common(3))}: {title[claim][1][:90]}")
        print(f"        {' '.join(arrivals(of))}")
    for situation in ("employer", "retraction"):
        whole = [each.post for each in written if each.situation.value == situation]
        told_in = [
            ClaimPost(p.source, p.id, p.created_at, told[p.source, p.id].language, p.author or "", "") for p in whole
        ]
        print(f"  planted {situation}: {' '.join(arrivals(told_in))}")


def memory_of(pid: int) -> float:
    """The most megabytes that a process has held."""
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def arrivals(posts: Sequence[ClaimPost]) -> list[str]:
    """Languages of three people or more in the order of their tenth posts."""
    times: dict[str, list[datetime]] = defaultdict(list)
    first: dict[str, dict[str, datetime]] = defaultdict(dict)
    for post in sorted(posts, key=lambda post: post.created_at):
        times[post.language].append(post.created_at)
        first[post.language].setdefault(post.author, post.created_at)
    listed = [language for language, people in first.items() if len(people) >= max(3, len(posts) / 500)]
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(listed, key=lambda each: ([*times[each], *[never] * 9][9], sorted(first[each].values())[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
