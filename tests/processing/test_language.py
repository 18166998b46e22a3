from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import UNDETERMINED
from processing.language import DETECTORS, LanguageDetector, Vote

DATA = Path(os.environ.get("BANWATCH_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
POSTS = DATA / "language" / "posts.ndjson.gz"


@pytest.fixture(scope="module")
def vote() -> Vote:
    return Vote()


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def detector(request: pytest.FixtureRequest) -> LanguageDetector:
    return DETECTORS[request.param]()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The government wants to take this app away from us", "en"),
        ("El gobierno quiere prohibir la aplicación en todo el país", "es"),
        ("O governo quer proibir o aplicativo em todo o país", "pt"),
        ("Le gouvernement veut interdire cette application aux enfants", "fr"),
        ("Die Regierung möchte die App im ganzen Land verbieten", "de"),
        ("Hükümet uygulamayı bütün ülkede yasaklamak istiyor", "tr"),
        ("Pemerintah ingin melarang aplikasi itu di seluruh negeri", "id"),
        ("Правительство хочет запретить это приложение", "ru"),
        ("الحكومة تريد حظر التطبيق في كل البلاد", "ar"),
        ("सरकार इस ऐप पर रोक लगाना चाहती है", "hi"),
        ("حکومت اس ایپ پر پابندی لگانا چاہتی ہے", "ur"),
        ("政府はこのアプリを禁止したいと考えている", "ja"),
        ("政府想要在全国禁止这个应用程序", "zh"),
        ("政府想要在全國禁止這個應用程式", "zh"),
        ("정부가 이 앱을 금지하려고 한다", "ko"),
        ("รัฐบาลต้องการแบนแอปนี้", "th"),
        ("Chính phủ muốn cấm ứng dụng này trên toàn quốc", "vi"),
        ("yaar mujhe samajh nahi aaya ki ye app kyun band hua", "hi-Latn"),
        ("mjhe to kch smjh nai arha ye app kyu bnd kia hy", "ur-Latn"),
        ("abeg wetin dey happen to this app, e no dey open", "pcm"),
    ],
)
def test_the_default_detector_tells_the_languages_of_the_subject(vote: Vote, text: str, language: str) -> None:
    assert vote.detect(text).language == language


@pytest.mark.parametrize("text", ["", "   ", "😂😂🔥", "https://example.org/a/b", "@someone", "12345 !!! ...", "\x00"])
def test_a_text_without_words_has_no_language(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == (UNDETERMINED, 0.0)


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_the_default_detector_fail(vote: Vote, text: str) -> None:
    language, confidence = vote.detect(text)
    assert language
    assert 0.0 <= confidence <= 1.0


@pytest.mark.parametrize(
    "text", ["lone \ud800 surrogate and more words", "a\x00b and\nmore\r\nwords", "\ufdd0 words here"]
)
def test_characters_that_libraries_refuse_are_no_error(detector: LanguageDetector, text: str) -> None:
    assert isinstance(detector.detect(text).language, str)


def test_a_declared_language_never_overrides_a_confident_detection(vote: Vote) -> None:
    text = "The government wants to take this app away from us"
    assert vote.detect(text, ("ja",)) == vote.detect(text)


def test_a_declared_language_breaks_a_tie(vote: Vote) -> None:
    text = "ye to bohot acha hai, kuch to bolo"
    assert vote.detect(text, ("ur",)).language == "ur-Latn"
    assert vote.detect(text, ("hi",)).language == "hi-Latn"


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_the_same_text_gives_the_same_answer_from_every_detector_made(name: str) -> None:
    text = "tak ja ne no si de la mi app"
    first, second = DETECTORS[name](), DETECTORS[name]()
    assert [first.detect(text) for _ in range(3)] == [second.detect(text)] * 3


@pytest.mark.skipif(not POSTS.exists(), reason=f"the posts to measure with are not at {POSTS}")
def test_the_vote_beats_the_best_single_library_on_real_posts(vote: Vote) -> None:
    posts = [json.loads(line) for line in gzip.decompress(POSTS.read_bytes()).splitlines()][::6]
    assert _macro(vote, posts) > max(_macro(DETECTORS[name](), posts) for name in ("cld2", "fasttext")) + 0.02
    assert vote.second_opinions < len(posts) / 50


def _macro(detector: LanguageDetector, posts: list[dict[str, str]]) -> float:
    """The mean over languages of the share told rightly, a variety counted as its language."""
    right, all_of = Counter[str](), Counter[str]()
    for post in posts:
        gold = _variety(post["lang"])
        all_of[gold] += 1
        right[gold] += _variety(detector.detect(post["text"]).language) == gold
    return sum(right[language] / count for language, count in all_of.items()) / len(all_of)


def _variety(tag: str) -> str:
    return tag if tag.endswith("-Latn") else tag.partition("-")[0]
