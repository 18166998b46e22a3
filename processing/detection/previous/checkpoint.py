"""A book as JSON, one piece a series, from which a watch goes on as if it had never stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime

import msgspec

from processing.detection.previous.detector import DetectorPolicy, DetectorState
from processing.detection.previous.episodes import EpisodePolicy, EpisodeState
from processing.detection.previous.series import Observation, Seen, Series, Stand
from processing.detection.previous.series_set import Book, Key

COVER = Key("", "")
"""The piece that is no series: how many there are, and what those have that are not under watch yet."""


class _Cover(msgspec.Struct, frozen=True):
    series: int
    recent: list[tuple[datetime, list[tuple[str, str, int]]]]


class _Piece(msgspec.Struct, frozen=True):
    """The live detector is not kept: it is the settled one behind the recent bins."""

    detector: msgspec.Raw
    settled: EpisodeState
    live: EpisodeState
    half_hour: list[Observation]
    recent: list[Seen]


def save(book: Book) -> dict[Key, str]:
    """Every series, and the cover."""
    cover = _Cover(
        len(book.series), [(start, [(*key, posts) for key, posts in of.items()]) for start, of in book.recent]
    )
    pieces: dict[Key, str] = {COVER: msgspec.json.encode(cover).decode()}
    for key, series in book.series.items():
        settled = series.settled
        piece = _Piece(
            msgspec.Raw(settled.detector.to_json()),
            settled.episode,
            series.live.episode,
            list(settled.half_hour),
            list(series.recent),
        )
        pieces[key] = msgspec.json.encode(piece).decode()
    return pieces


def restore(policy: DetectorPolicy, episode_policy: EpisodePolicy, pieces: Mapping[Key, str]) -> Book:
    """The book that `save` took apart.

    Raises:
        ValueError: a piece is missing, unreadable or of bins of another width.
    """
    book = Book(policy, episode_policy)
    try:
        cover = msgspec.json.decode(pieces.get(COVER, ""), type=_Cover)
        book.series = {key: _series(policy, episode_policy, data) for key, data in pieces.items() if key != COVER}
    except msgspec.DecodeError as error:
        raise ValueError(f"Not the state of a watch: {error}. Let it read its counts again.") from error
    if len(book.series) != cover.series:
        raise ValueError(f"Of {cover.series} series {len(book.series)} are there. Let the watch read its counts again.")
    book.recent = deque(
        (start, {Key(topic, language): posts for topic, language, posts in of}) for start, of in cover.recent
    )
    return book


def _series(policy: DetectorPolicy, episode_policy: EpisodePolicy, data: str) -> Series:
    piece = msgspec.json.decode(data, type=_Piece)
    half_hour = deque(piece.half_hour, maxlen=policy.half_hour)
    settled = Stand(DetectorState.from_json(policy, bytes(piece.detector)), piece.settled, half_hour)
    series = Series(settled, settled.copy(policy), deque(piece.recent))
    for seen in series.recent:
        series.live.step(policy, episode_policy, seen)
    series.live.episode = piece.live
    return series
