"""The second opinion: `python -m tests.benchmarks.train_opinion` learns the weights of `likely-ban` and writes them.

A ridge logistic regression over the sets of `deploy/config/topics.toml`: a set counts as present if one of its terms
stands near the name of the app. It learns from `tests/support/invented/seen.tsv` alone, so the weights are the
project's own. Run it again after a change of the sets.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processing.tagging.language import DETECTORS
from processing.tagging.topics import Taxonomy, parse_taxonomy
from tests.support.invented_posts import invented

RIDGE = 0.3
"""The strength of the penalty on large weights. Between 0.3 and 1.2 it makes little difference."""
_STEPS = 30
_LEAST = 0.05
"""Smaller weights are left out."""
_LEFT_OUT = frozenset(
    [
        "tiktok",
        "vpn",
        "the-ban",
        "a-ban",
        "prohibit",
        "prohibited",
        "forbids",
        "forbids-behind",
        "closes",
        "by",
        "through",
        "untrue",
        "denies",
        "no",
        "not-banned",
        "none",
        "lifts",
        "hoped",
        "because",
        "stays",
        "firm",
        "operators",
        "cuts",
        "nobody",
        "no-order",
        "annuls",
        "reopens",
        "time-passed",
        "plea",
        "long-denied",
        "doubt",
        "merely",
        "illegal",
    ]
)
"""Sets without a weight: the name of the app, which each post has; VPNs, which stand in footers of channels; the words
for a ban, which the rules have weighed already where the model is asked; and the sets of denials and of operators, with
which the model does no better on `unseen.tsv` or on real posts."""
_TOPIC = "likely-ban"

Matrix = NDArray[np.float64]


def main() -> None:
    """Learn the weights, and write them into the taxonomy."""
    path = Path(str(resources.files("deploy") / "config/topics.toml"))
    written = path.read_text(encoding="utf-8")
    names = [name for name in tomllib.loads(written)["sets"] if name not in _LEFT_OUT]
    posts = invented("seen")
    present = _present(written, names, [post.text for post in posts])
    weights, bias = fitted(present, np.array([post.on for post in posts]))
    path.write_text(_with_weights(written, dict(zip(names, weights.tolist(), strict=True)), bias), encoding="utf-8")
    print(f"learned from {len(posts)} posts; bias {bias:.2f}; the largest weights:")
    for name, weight in sorted(zip(names, weights.tolist(), strict=True), key=lambda pair: -abs(pair[1]))[:20]:
        print(f"  @{name} {weight:+.2f}")


def _present(written: str, names: list[str], texts: list[str]) -> Matrix:
    """Return which sets have a term in which text, as rows of ones and zeros."""
    taxonomy = _one_topic_a_set(written, names)
    found = DETECTORS["vote"]().detect_many(texts)
    tags = [taxonomy.tag(text, each.language, "train") for text, each in zip(texts, found, strict=True)]
    return np.array([[float(name in tagged) for name in names] for tagged in tags])


def _one_topic_a_set(written: str, names: list[str]) -> Taxonomy:
    sets, _, _ = written.partition("\n[topics.")
    within = tomllib.loads(written)["topics"][_TOPIC]["opinion"]["within"]
    topics = (
        f'[topics.{name}]\nnames = {{en = "x", ar = "x"}}\nrules.any = "@{name} NEAR/{within} @tiktok"\n'
        for name in names
    )
    return parse_taxonomy("\n".join([sets, *topics]))


def fitted(present: Matrix, on: NDArray[np.bool_]) -> tuple[Matrix, float]:
    """Return the weights and the bias of a ridge logistic regression, by Newton's method on its dual form."""
    signs = np.where(on, 1.0, -1.0)
    kernel = present @ present.T / RIDGE + 1.0
    odds = np.zeros(len(on))
    for _ in range(_STEPS):
        sure = 1 / (1 + np.exp(-signs * odds))
        bend = sure * (1 - sure) + 1e-9
        dual = np.linalg.solve(kernel + np.diag(1 / bend), odds + signs * (1 - sure) / bend)
        odds = kernel @ dual
    return present.T @ dual / RIDGE, float(dual.sum())


def _with_weights(written: str, weights: dict[str, float], bias: float) -> str:
    kept = ", ".join(f"{name} = {weight:.2f}" for name, weight in weights.items() if abs(weight) >= _LEAST)
    before, header, behind = written.partition(f"[topics.{_TOPIC}.opinion]")
    behind = re.sub(r"^bias = .*$", f"bias = {bias:.2f}", behind, count=1, flags=re.MULTILINE)
    behind = re.sub(r"^weights = .*$", f"weights = {{ {kept} }}", behind, count=1, flags=re.MULTILINE)
    return before + header + behind


if __name__ == "__main__":
    main()
