from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.contract import Post
from processing.tagging.language import Ensemble
from processing.tagging.tagger import Enricher, tag_lines
from processing.tagging.topics import load_taxonomy

SHIPPED = Path(__file__).parents[3] / "deploy" / "config" / "topics.toml"
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return Enricher(Ensemble(), load_taxonomy(SHIPPED))


def _post(text: str, *, hashtags: tuple[str, ...] = (), url: str | None = None) -> Post:
    return Post(source="test", id="1", text=text, created_at=NOON, hashtags=hashtags, url=url)


def _line(**fields: object) -> bytes:
    return json.dumps({"source": "test", "id": "1", "created_at": "2020-07-10T12:00:00Z", **fields}).encode() + b"\n"


def test_a_post_gets_its_language_its_topics_and_the_version_of_the_rules(enricher: Enricher) -> None:
    post = _post("El gobierno de la India prohíbe TikTok en todo el país")
    tagged = enricher.tag(post)
    assert tagged.post is post
    assert tagged.language == "es"
    assert 0.5 < tagged.confidence <= 1.0
    assert tagged.topics == ("ban", "government-ban", "government-ban-india", "tiktok")
    assert tagged.rules == load_taxonomy(SHIPPED).version


def test_hashtags_beside_the_text_count(enricher: Enricher) -> None:
    assert enricher.tag(_post("This is a sad day for all of us")).topics == ()
    assert "ban" in enricher.tag(_post("This is a sad day for all of us", hashtags=("TikTokBan",))).topics


def test_the_community_of_a_post_counts(enricher: Enricher) -> None:
    text = "Where are we all going after the ban?"
    assert enricher.tag(_post(text, url="https://forum.example/r/gardening/comments/1/")).topics == ()
    assert "ban" in enricher.tag(_post(text, url="https://forum.example/r/TikTok/comments/1/")).topics


def test_lines_keep_their_order_and_every_field(enricher: Enricher) -> None:
    lines = [_line(id="1", text="Hello there, how are you?", mood={"of": [1, 2.50]}), b"\n", _line(id="2", text="😀")]
    rejected: list[tuple[int, str]] = []
    first, second = tag_lines(lines, enricher, lambda number, reason: rejected.append((number, reason)))
    assert json.loads(first) == {
        **json.loads(lines[0]),
        "language": "en",
        "language_confidence": json.loads(first)["language_confidence"],
        "topics": [],
    }
    assert b'"mood":{"of": [1, 2.5]}' in first
    assert first.endswith(b"}\n")
    assert json.loads(second)["id"] == "2"
    assert (json.loads(second)["language"], json.loads(second)["language_confidence"]) == ("und", 0.0)
    assert rejected == []


def test_a_tagged_line_can_be_tagged_again(enricher: Enricher) -> None:
    (once,) = tag_lines([_line(text="India bans TikTok")], enricher, lambda number, reason: None)
    assert list(tag_lines([once], enricher, lambda number, reason: None)) == [once]


def test_a_bad_line_is_reported_with_its_number_and_stops_nothing(enricher: Enricher) -> None:
    lines = [b"not json\n", _line(text="fine"), b'{"source": "test"}\n', b"\xff\xfe\n", b"[]\n", _line(text="fine too")]
    rejected: list[tuple[int, str]] = []
    tagged = list(tag_lines(lines, enricher, lambda number, reason: rejected.append((number, reason))))
    assert len(tagged) == 2
    assert [number for number, _ in rejected] == [1, 3, 4, 5]
    assert all(reason.startswith("Not a post: ") for _, reason in rejected)
