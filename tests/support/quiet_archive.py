"""An invented archive of a few posts an hour in six languages, with one loud day, untagged as a user would play it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from math import pi, sin

from ingest.contract import Post

START = datetime(2021, 3, 1, tzinfo=UTC)
DAYS = 14
LOUD = 10
"""The day, counted from `START`, on which people speak of the subject five times as much."""
TIMES = 5
CHATTER = 6.0
"""Posts an hour on anything else."""

_SPOKEN = {
    "en": (
        "TikTok ban",
        "they say the government wants this since last week and nobody here has asked our teachers, parents or small "
        "shops what happens to their work after that, which is the saddest part of the whole story for my town",
    ),
    "es": (
        "prohíben TikTok",
        "dicen que el gobierno lo quiere desde la semana pasada y nadie ha preguntado a los maestros, las familias o "
        "las tiendas pequeñas qué pasa con su trabajo después, que es lo más triste de toda esta historia aquí",
    ),
    "ar": (
        "حظر تيك توك",
        "يقولون إن الحكومة تريد ذلك منذ الأسبوع الماضي ولم يسأل أحد المعلمين والأهالي وأصحاب المتاجر الصغيرة عن عملهم "
        "بعد ذلك وهذا أكثر ما يحزنني في هذه القصة كلها عندما أفكر في أصدقائي وفي مدينتي القديمة",
    ),
    "fr": (
        "interdiction de TikTok",
        "on dit que le gouvernement la veut depuis la semaine dernière et personne ne demande aux professeurs, aux "
        "familles ou aux petits magasins ce que devient leur travail ensuite, ce qui est le plus triste ici",
    ),
    "de": (
        "TikTok-Verbot",
        "man sagt, die Regierung wolle das seit der letzten Woche und niemand hat unsere Lehrer, Eltern oder kleinen "
        "Läden gefragt, was danach aus ihrer Arbeit wird, und das ist für meine Stadt das Traurigste an der Geschichte",
    ),
    "pt": (
        "proibição do TikTok",
        "dizem que o governo quer isso desde a semana passada e ninguém perguntou aos professores, às famílias ou às "
        "pequenas lojas o que acontece com o trabalho delas depois, o que é a parte mais triste de tudo aqui",
    ),
}


def languages() -> set[str]:
    """Those that are spoken."""
    return set(_SPOKEN)


def posts(an_hour: float, *, loud: bool = True) -> list[Post]:
    """Two weeks in order of time: so many posts an hour on the subject, each by a person of their own."""
    chance = random.Random(int(an_hour * 100))
    numbers = count()
    written = [
        _post(at, next(numbers), chance, on_topic=on_topic)
        for hour in range(24 * DAYS)
        for on_topic, mean in ((True, an_hour * (TIMES if loud and hour // 24 == LOUD else 1)), (False, CHATTER))
        for at in _moments(hour, mean, chance)
    ]
    return sorted(written, key=lambda post: post.created_at)


def _moments(hour: int, mean: float, chance: random.Random) -> Iterator[datetime]:
    """Random moments of an hour, fewer at night."""
    rate = mean * (1.0 + 0.6 * sin(2.0 * pi * (hour % 24 - 8) / 24.0))
    minutes = chance.expovariate(rate / 60.0)
    while minutes < 60.0:
        yield START + timedelta(hours=hour, minutes=minutes)
        minutes += chance.expovariate(rate / 60.0)


def _post(at: datetime, number: int, chance: random.Random, *, on_topic: bool) -> Post:
    subject, talk = chance.choice(list(_SPOKEN.values()))
    words = talk.replace(",", "").split()
    own = " ".join(chance.sample(words, 16))
    text = f"{subject}: {own}" if on_topic else own
    return Post(source="feed", id=str(number), text=text, created_at=at, author=f"person{number}", seen_at=at)
