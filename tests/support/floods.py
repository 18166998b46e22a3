"""Invented floods of near-duplicates, with or without people beside them, as a user would play them: untagged posts.

All are posted within an hour from noon on, over a quiet day on which hardly anybody speaks of the subject.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle

from ingest.contract import Post, Progress
from processing import queries
from processing.contract import Incident, TaggedPost
from processing.store.client import Store
from processing.store.writer import recount, write_posts, write_progress
from processing.tagging.topics import load_taxonomy
from processing.watching import watch_over
from tests.conftest import NOON, ROOT
from tests.support.rises import WIDTH, own_words
from tests.support.telling import Heard, alerts_of

HOUR = timedelta(hours=1)
START = NOON - 30 * HOUR
END = NOON + 2 * HOUR
SOURCE = "example"
TEXT = "India bans TikTok and demands that every citizen deletes this poisonous Chinese app before Friday evening"
TRANSLATED = (
    TEXT,
    "الهند تحظر تيك توك وتطالب كل مواطن بحذف هذا التطبيق الصيني السام قبل مساء يوم الجمعة القادم",
    "India prohíbe TikTok y exige que cada ciudadano elimine esta venenosa aplicación china antes del viernes",
    "L'Inde interdit TikTok et exige que chaque citoyen supprime cette application chinoise toxique avant vendredi",
    "Indien verbietet TikTok und verlangt, dass jeder Bürger diese giftige chinesische App vor Freitagabend löscht",
    "A Índia proíbe o TikTok e exige que cada cidadão apague este aplicativo chinês venenoso antes de sexta-feira",
    "Индия запрещает TikTok и требует, чтобы каждый гражданин удалил это ядовитое китайское приложение до пятницы",
    "Hindistan TikTok'u yasakladı ve her vatandaşın bu zehirli Çin uygulamasını cuma akşamından önce silmesini istiyor",
    "भारत ने टिकटॉक पर प्रतिबंध लगाया और हर नागरिक से शुक्रवार शाम से पहले इस जहरीले चीनी ऐप को हटाने को कहा",
    "インドはTikTokを禁止し、すべての国民に金曜日の夜までにこの有毒な中国製アプリを削除するよう要求している",
    "印度封禁TikTok，并要求每一位公民在星期五晚上之前从手机上删除这款有毒的中国应用程序",
    "India melarang TikTok dan menuntut setiap warga menghapus aplikasi Cina beracun ini sebelum Jumat malam",
)
NAMES = ("Maria", "Ahmed", "Chen", "Olga", "Priya", "John", "Fatima", "Kenji", "Lucas", "Amina")
TWINS = str.maketrans("aeopcx", "аеорсх")


def _swapped(chance: random.Random, words: int) -> str:
    changed = TEXT.split()
    for place in chance.sample(range(len(changed)), words):
        if changed[place] not in {"bans", "TikTok"}:  # it stays a post about a ban
            changed[place] = own_words(chance).split()[0]
    return " ".join(changed)


def _padded(chance: random.Random, words: int) -> str:
    return " ".join((TEXT, *own_words(chance).split()[:words]))


Text = Callable[[random.Random, int], str]
"""The text of a post of a flood by its number."""

KINDS: dict[str, Text] = {
    "exact": lambda _, __: TEXT,
    "a number": lambda _, number: f"{TEXT} {number}",
    "a handle and a link": lambda _, number: f"@person{number} {TEXT} https://example.org/{number}",
    "emoji": lambda chance, _: TEXT + "".join(chance.choices("🔥😡🤬👀🚫", k=chance.randrange(1, 6))),
    "a name": lambda chance, _: f"{TEXT} {chance.choice(NAMES)}",
    "look-alike letters": lambda chance, _: "".join(
        each if each in "TikTok" else chance.choice((each, each.translate(TWINS))) for each in TEXT
    ),
    "one word changed": lambda chance, _: _swapped(chance, 1),
    "two words changed": lambda chance, _: _swapped(chance, 2),
    "four words changed": lambda chance, _: _swapped(chance, 4),
    "three words added": lambda chance, _: _padded(chance, 3),
    "eight words added": lambda chance, _: _padded(chance, 8),
    "in twelve languages": lambda _, number: TRANSLATED[number % len(TRANSLATED)],
}


@dataclass(frozen=True)
class Flood:
    """So many posts by so many accounts (0: each by its own), and people with words of their own beside them."""

    kind: str
    posts: int
    people: int = 0
    accounts: int = 0


def posts_of(flood: Flood) -> Iterator[Post]:
    """In no order."""
    chance = random.Random(flood.posts)
    for number in range(flood.posts):
        account = number % flood.accounts if flood.accounts else number
        yield _post(f"copy-{number}", KINDS[flood.kind](chance, number), f"account{account}", number / flood.posts)
    yield from people(flood.people)


def people(count: int, texts: Sequence[str] = ("TikTok ban",), *, quoting: bool = True) -> Iterator[Post]:
    """People, each with words of their own beside one of the texts."""
    chance = random.Random(count)
    for number, text in zip(range(count), cycle(texts), strict=False):
        own = f"{text} {own_words(chance)}" if quoting else text
        yield _post(f"person-{number}", own, f"someone{number}", number / count)


def quiet_day() -> Iterator[Post]:
    """Two posts an hour on the subject, forty on anything else."""
    chance = random.Random(3)
    for hour in range((END - START) // HOUR):
        for number in range(42):
            text = f"TikTok ban {own_words(chance)}" if number < 2 else own_words(chance)
            at = hour - (NOON - START) / HOUR + chance.random()
            yield _post(f"quiet-{hour}-{number}", text, f"person{hour}-{number}", at)


def _post(name: str, text: str, author: str, hours: float) -> Post:
    at = NOON + hours * HOUR
    author = f"{author}@server{hash_of(author)}.example"
    return Post(source=SOURCE, id=name, text=text, created_at=at, seen_at=at, author=author)


@cache
def shipped_roots() -> dict[str, str]:
    """The root of every watched topic of the shipped taxonomy."""
    taxonomy = load_taxonomy(ROOT / "deploy/config/topics.toml")
    return {topic.id: taxonomy.root_of(topic.id) for topic in taxonomy.topics if topic.watched}


def hash_of(author: str) -> int:
    """One of nine servers, so that none writes most."""
    return sum(map(ord, author)) % 9


def play(
    store: Store, posts: Sequence[TaggedPost], *, since: datetime = START, until: datetime = END
) -> tuple[list[str], list[Incident]]:
    """Store the posts of some time, and watch them. What was told, and the incidents."""
    recount(store, write_posts(store, posts))
    write_progress(store, [(0, Progress(source=SOURCE, since=since, until=until, complete=True))])
    out = Heard(store)
    watch = watch_over(store, shipped_roots, WIDTH, alerts_of(store), lambda: until)
    watch.resume()
    while watch.look():
        pass
    return out.steps, list(queries.incidents(store))
