"""The demo archive: a generator of posts, and a function that writes an archive file and a truth file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import zstandard

from deploy.demo.posts import Labelled, generate, generate_labelled
from deploy.demo.scenario import QUIET
from deploy.demo.truth import truth
from ingest.contract import encode

__all__ = ["Labelled", "generate", "generate_labelled", "truth_path", "write"]

_LEVEL = 3


def write(path: Path, seed: int = 2020, scale: float = 1.0) -> int:
    """Write Post NDJSON, compressed with zstd, and the truth at `truth_path(path)`. Return the number of posts.

    Both files appear complete or not at all; the archive appears last. The same seed, scale and release of zstd give
    the same bytes.

    Raises:
        OSError: the folder is not writable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".demo-") as folder:
        archive, beside = Path(folder) / "posts", Path(folder) / "truth"
        count = _write_posts(archive, seed, scale)
        beside.write_bytes(_truth_json(seed, scale, count))
        beside.replace(truth_path(path))
        archive.replace(path)
    return count


def truth_path(path: Path) -> Path:
    """Return the path of the truth file for the archive at `path`: `demo.ndjson.zst` -> `demo.truth.json`."""
    return path.with_name(path.name.split(".ndjson")[0] + ".truth.json")


def _write_posts(path: Path, seed: int, scale: float) -> int:
    count = 0
    with path.open("wb") as file, zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file) as lines:
        for post in generate(seed, scale):
            lines.write(encode(post) + b"\n")
            count += 1
    return count


def _truth_json(seed: int, scale: float, count: int) -> bytes:
    quiet = [{"start": start, "end": end} for start, end in QUIET]
    facts = {
        "synthetic": True,
        "about": "Generated, not collected: the events are history, every sentence and author is invented.",
        "seed": seed,
        "scale": scale,
        "posts": count,
        "surges": truth(seed, scale),
        "quiet": quiet,
    }
    return msgspec.json.format(msgspec.json.encode(facts)) + b"\n"
