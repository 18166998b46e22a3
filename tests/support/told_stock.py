"""What an incident's page shows beside the stocked posts: hostile posts in the surge, deletions, attempts and notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ingest.contract import Post
from processing.claims.search import ClaimSearch
from processing.contract import TaggedPost
from processing.store.annotations import annotate
from processing.store.answers import Answer, answer
from processing.store.client import Store
from processing.store.deletions import DeletionTarget, delete
from processing.store.deliveries import DeliveryRow, write_deliveries
from processing.store.writer import recount, write_posts
from tests.support import stock
from tests.support.queued import Decided, decide

SECOND = timedelta(seconds=1)
WALL = datetime(2020, 7, 10, 16, 14, tzinfo=UTC)

HOSTILE = {
    **stock.HOSTILE,
    "latex": r"$$\frac{\ban}{TikTok}$$ \(\unicode{x41}\) `code` ~~gone~~ # heading ![img](https://example.org/x.png)",
    "letters": "A" * 10_000,
    "arabic letters": "ب" * 10_000,
    "entity": "&lt;b&gt;&amp;amp; </p></div></article><h1>taken over</h1>",
}
LINKS = (
    "javascript:alert(document.cookie)",
    "https://example.org/" + "x" * 1_500,
    "https://user@evil.example/",
    'https://example.org/<b>?q="><script>alert(1)</script>',
)
HASHTAGS = ("<img src=x onerror=alert(1)>", "Z" + "\u0336\u0321\u0489" * 40, "B" * 400, "\u202egnp.exe", "**bold**")
DELETED_TEXT = "what its author has taken back"
NOTE = "Seen at the agency.\n\n<script>alert(1)</script> **bold** $x^2$ \u202egnp.exe " + "N" * 400


def hostile() -> Iterator[TaggedPost]:
    """The first posts of the surge, which people repeat: the page shows them first, and as most shared."""
    for number, (name, text) in enumerate(HOSTILE.items()):
        at = stock.SURGE + (number + 1) * SECOND
        yield _post(f"hostile-{name}", text, at, url=LINKS[number % len(LINKS)])
        for copy in range(12 - number):
            repeated = f"hostile-{name}"
            yield _post(f"repost-{name}-{copy}", "RT", at + timedelta(minutes=copy + 1), repost_of=repeated)


def deleted() -> Iterator[TaggedPost]:
    """Posts of the surge that their authors delete."""
    for number in range(40):
        at = stock.PEAKS[0] + number * SECOND
        yield _post(f"deleted-{number}", f"{DELETED_TEXT} {number}", at)


def _post(name: str, text: str, at: datetime, *, url: str = "", repost_of: str | None = None) -> TaggedPost:
    post = Post(
        source=stock.SOURCE,
        id=name,
        text=text,
        created_at=at,
        author=f"author <i>{name}</i>",
        url=url or None,
        links=LINKS,
        hashtags=HASHTAGS,
        repost_of=repost_of,
        reposts=3,
    )
    return TaggedPost(post=post, language="en", confidence=0.9, topics=("ban", "employer-ban"), rules="test")


def fill(store: Store) -> None:
    """Write all of it beside what `stock.fill` has written."""
    gone = list(deleted())
    recount(store, write_posts(store, [*hostile(), *gone]))
    recount(store, delete(store, DeletionTarget(stock.SOURCE, [each.post.id for each in gone])))
    ClaimSearch(lambda root: (), None).look(store)
    name = stock.incident().id
    decide(
        store,
        Decided(name, WALL, channel="newsroom"),
        Decided(name, WALL, channel="<b>desk</b>"),
        Decided(name, WALL + timedelta(hours=5), channel="newsroom", number=2, step="grew"),
    )
    write_deliveries(
        store,
        [
            _attempt("newsroom", 1, reason="timeout", latency=10.0, detail="no answer within 10 s"),
            _attempt("newsroom", 2, reason="sent", latency=0.42, detail="ok"),
            _attempt("<b>desk</b>", 1, reason="refused", latency=0.2, detail="<script>alert(1)</script> " + "y" * 300),
            _attempt("night", 0, reason="quiet", latency=0.0, detail=""),
        ],
    )
    answer(store, [name], Answer.ACKNOWLEDGE, "Nora <b>", "looking at it **now**")
    annotate(store, name, "Nora", NOTE)
    annotate(store, name, "عمر", "أكّدته الوزارة")


def _attempt(channel: str, attempt: int, *, reason: str, latency: float, detail: str) -> DeliveryRow:
    name = stock.incident().id
    key = f"{name}/{channel}/1"
    return DeliveryRow(
        key=key,
        conversation=name,
        channel=channel,
        step="opened",
        attempt=attempt,
        reason=reason,
        latency=latency,
        message=key,
        pause=0.0,
        message_id="",
        detail=detail,
        at=WALL + attempt * timedelta(seconds=15),
    )
