"""Floods of near-duplicates and surges of people, tagged by the shipped rules, stored and watched."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import pytest

from ingest.contract import Post
from processing.contract import Incident, TaggedPost, VerdictName
from processing.explanation.sentences import figure, verdict_sentence
from processing.store.client import Store
from processing.tagging.tagger import Enricher
from tests.support.floods import TRANSLATED, Flood, people, play, posts_of, quiet_day
from tests.support.parts import shipped_enricher
from tests.support.rises import own_words

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def tagger() -> Enricher:
    return shipped_enricher()


@cache
def quiet(tagger: Enricher) -> Sequence[TaggedPost]:
    return tagger.tag_many([*quiet_day()])


def played(store: Store, tagger: Enricher, posts: Iterator[Post]) -> tuple[list[str], list[Incident]]:
    return play(store, [*quiet(tagger), *tagger.tag_many([*posts])])


KEPT_BACK = [
    Flood("one word changed", 80),
    Flood("a handle and a link", 20, people=5),
    Flood("look-alike letters", 80),
    Flood("three words added", 80, people=5),
    Flood("in twelve languages", 120),
    Flood("exact", 80, accounts=1),
    Flood("exact", 80, people=5, accounts=3),
    Flood("a number", 2_000, people=10),
]


@pytest.mark.parametrize("flood", KEPT_BACK, ids=lambda flood: f"{flood.kind}, {flood.posts}, {flood.accounts}")
def test_a_flood_is_kept_back_also_with_few_people_beside_it(store: Store, tagger: Enricher, flood: Flood) -> None:
    said, incidents = played(store, tagger, posts_of(flood))
    assert said == []
    [incident] = incidents
    assert (incident.verdict, incident.lead_topic) == (VerdictName.CONCENTRATED, "ban")
    [repeated] = [each for each in incident.evidence if each.name == "repeated"]
    assert repeated.decisive
    assert f"{figure(repeated)} of the posts repeat" in verdict_sentence(incident.verdict, incident.evidence)


def test_people_beside_a_flood_are_told_with_figures_of_their_own(store: Store, tagger: Enricher) -> None:
    said, [incident] = played(store, tagger, posts_of(Flood("one word changed", 300, people=40)))
    assert said.count("opened") == 1
    assert incident.verdict is VerdictName.ORGANIC
    assert 30 <= incident.observed <= 50
    assert max(pulse.observed for pulse in incident.pulses) <= 12
    assert incident.ratio <= 12


WORDS = {
    "ar": (
        "هاتف مكتب مدير فيديو صباح قانون ضحك خوف شاشة رقص موسيقى عطلة محام خصوصية بيانات حدود وزير طفل مدرسة "
        "قهوة بطارية كاميرا سوق سائق نقابة رسالة شائعة مصدر خطأ موعد سبب قاض ربح جدة محرر حديقة نهر نافذة"
    ),
    "zh": (
        "手机 办公室 老板 视频 早晨 规定 没人 笑话 恐慌 经理 屏幕 舞蹈 音乐 周末 律师 隐私 数据 边境 部长 孩子 "
        "学校 咖啡 电池 相机 市场 司机 工会 信件 谣言 来源 错误 期限 原因 法官 利润 奶奶 编辑 花园 河流 窗户"
    ),
    "ja": (
        "携帯 事務所 社長 動画 朝 規則 誰も 笑い 恐怖 課長 画面 踊り 音楽 週末 弁護士 秘密 情報 国境 大臣 子供 "
        "学校 珈琲 電池 写真 市場 運転手 組合 手紙 噂 出典 間違い 期限 理由 裁判官 利益 祖母 編集者 庭 川 窓"
    ),
}
JOINED = {"ar": " ", "zh": "", "ja": "の"}
HEADLINES = {
    "en": TRANSLATED[0],
    "ar": TRANSLATED[1],
    "ja": TRANSLATED[9],
    "zh": TRANSLATED[10],
}
SHORT = {"en": "#BanTikTok", "ar": "#حظر_تيك_توك", "zh": "#封禁TikTok", "ja": "#TikTok禁止"}


def own(chance: random.Random, language: str) -> str:
    """What nobody else says so."""
    if language == "en":
        return own_words(chance)
    return JOINED[language].join(chance.sample(WORDS[language].split(), 12))


def said_by(texts: Sequence[str], **fields: object) -> Iterator[Post]:
    for post in people(len(texts), texts, quoting=False):
        yield msgspec.structs.replace(post, **fields)


def quoting(language: str) -> Iterator[Post]:
    """One headline, and what each has to say of it."""
    chance = random.Random(1)
    return said_by([f"{own(chance, language)} {HEADLINES[language]}" for _ in range(60)])


def reposting(language: str) -> Iterator[Post]:
    return said_by([HEADLINES[language]] * 60, repost_of="the-first")


def campaigning(language: str) -> Iterator[Post]:
    """A hashtag that many use, alone or with words of their own."""
    chance = random.Random(2)
    return said_by([f"{SHORT[language]} {own(chance, language) if number % 4 else ''}" for number in range(60)])


@pytest.mark.parametrize("language", HEADLINES)
@pytest.mark.parametrize("surge", [quoting, reposting, campaigning], ids=lambda surge: surge.__name__)
def test_what_people_do_is_told(store: Store, tagger: Enricher, surge: object, language: str) -> None:
    said, incidents = played(store, tagger, surge(language))  # type: ignore[operator]
    assert said.count("opened") == 1
    [incident] = incidents
    assert incident.verdict is VerdictName.ORGANIC
    assert language in incident.languages
    assert incident.observed > 50
