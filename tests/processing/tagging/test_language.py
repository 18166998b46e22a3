from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import UNDETERMINED
from processing.tagging.language import DETECTORS, LanguageDetector
from processing.tagging.language.ensemble import Ensemble
from tests.benchmarks.language_figures import figures, written
from tests.support.cld import Cld
from tests.support.function_words import holds_hindustani
from tests.support.language_posts import load, macro, share, tell

DATA = Path(os.environ.get("BANWATCH_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
POSTS = DATA / "language" / "posts.ndjson.gz"


@pytest.fixture(scope="module")
def vote() -> Ensemble:
    return Ensemble()


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
        ("wach had l'application ghadi tbloqua 3andna f lmaghrib wla la", "ar-Latn"),
        ("Hallitus haluaa kieltää sovelluksen koko maassa", "fi"),
        ("Regeringen vil forbyde appen i hele landet", "da"),
        ("Regjeringen vil forby appen i hele landet, og det er ikke bra", "no"),
        ("Vlada želi zabraniti ovu aplikaciju u cijeloj zemlji", "hr"),
        ("Da li i vama ne radi od juče", "hr"),
        ("Да ли и вама не ради од јуче", "sr"),
        ("Үкімет бұл қосымшаға бүкіл елде тыйым салғысы келеді", "kk"),
        ("Uhulumeni ufuna ukuvimbela lolu hlelo lokusebenza ezweni lonke", "zu"),
        ("მთავრობას სურს აკრძალოს ეს აპლიკაცია მთელ ქვეყანაში", "ka"),
        ("સરકાર આખા દેશમાં આ એપ પર પ્રતિબંધ મૂકવા માંગે છે", "gu"),
        ("jajaja no puedo con este video so funny", "es"),
        ("the word of the day is شكرا and I love it", "en"),
        ("guys ye video dekho bahut funny hai yaar", "hi-Latn"),
        ("今日はTikTokで動画を見ました", "ja"),
        ("the whole app is back, pehle kyun band kiya tha phir", "hi-Latn"),
        ("this government order is a joke, ab kya krna hy hum ny", "ur-Latn"),
        ("The janta of Bharat deserves a better court ruling than this one", "en"),
        ("My bhai works in the app store of a big company and likes it", "en"),
    ],
)
def test_the_default_detector_tells_the_languages_of_the_subject(vote: Ensemble, text: str, language: str) -> None:
    assert vote.detect(text).language == language


@pytest.mark.parametrize("text", ["", "   ", "😂😂🔥", "https://example.org/a/b", "@someone", "12345 !!! ...", "\x00"])
def test_a_text_without_words_has_no_language(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == (UNDETERMINED, 0.0)


@pytest.mark.parametrize(
    "text",
    ["TikTok", "tiktok tik tok", "#TikTok #tiktokban", "TikTok ban", "Instagram TikTok YouTube", "ТикТок", "hahaha ok"],
)
def test_names_loan_words_and_laughter_have_no_language(vote: Ensemble, text: str) -> None:
    assert vote.detect(text).language == UNDETERMINED


@pytest.mark.parametrize(
    "text",
    [
        "TikTok banned", "#savetiktok #tiktokban", "TikTok is back", "delete TikTok", "Amazon employees TikTok",
        "thank you", "good morning", "TikTok sale", "so sad", "supreme court", "national security", "bye tiktok 😭",
        "new phone", "oh no", "lol same", "app store", "RedNote refugees", "This 😂", "US bans TikTok", "what now",
        "#ban #tiktok #usa #trump",
    ],
)  # fmt: skip
def test_a_few_english_words_are_english_or_nothing(vote: Ensemble, text: str) -> None:
    assert vote.detect(text).language in {"en", UNDETERMINED}


@pytest.mark.parametrize(
    ("text", "language"),
    [("gracias", "es"), ("merci beaucoup", "fr"), ("danke schön", "de"), ("tiktok yasaklandı", "tr"), ("抖音", "zh")],
)
def test_a_word_that_one_language_owns_is_enough(vote: Ensemble, text: str, language: str) -> None:
    assert vote.detect(text).language == language


def test_a_batch_gets_the_answers_of_its_texts_one_by_one(detector: LanguageDetector) -> None:
    texts = [
        "The government wants to take this app away",
        "",
        "yaar mujhe samajh nahi aaya",
        "😂",
        "政府想要禁止",
        "x" * 9_000,
    ]
    declared = [("ja",), (), ("ur",), ("en",), (), ()]
    together = detector.detect_many(texts, declared)
    alone = [detector.detect(text, hint) for text, hint in zip(texts, declared, strict=True)]
    assert [found.language for found in together] == [found.language for found in alone]
    assert [found.confidence for found in together] == pytest.approx([found.confidence for found in alone], abs=1e-4)


@pytest.mark.parametrize("text", ["word " * 100, "Learn a new word in Urdu: administration", "zzz qqq xxxx vvv"])
def test_plain_letters_are_no_language_of_another_script(vote: Ensemble, text: str) -> None:
    assert vote.detect(text).language not in {"ur", "hi", "ar", "th", "ru", "ja"}


def test_what_stands_beside_a_text_does_not_change_its_answer_by_a_bit(vote: Ensemble) -> None:
    text = "Ni pfukile khanimambo, the government, wene ke wo hini?"
    alone = vote.detect(text)
    assert all(vote.detect_many(["noise and more noise"] * count + [text])[-1] == alone for count in range(1, 40))


def test_an_empty_batch_has_no_answers(detector: LanguageDetector) -> None:
    assert detector.detect_many([]) == []


def test_a_long_batch_keeps_its_order(vote: Ensemble) -> None:
    texts = [
        "El gobierno quiere prohibir la aplicación en todo el país",
        "Die Regierung möchte die App verbieten",
    ] * 700
    assert [found.language for found in vote.detect_many(texts)] == ["es", "de"] * 700


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
@settings(max_examples=200)
def test_no_text_makes_the_default_detector_fail(vote: Ensemble, text: str) -> None:
    language, confidence = vote.detect(text)
    assert language
    assert 0.0 <= confidence <= 1.0


@pytest.mark.parametrize(
    "text", ["lone \ud800 surrogate and more words", "a\x00b and\nmore\r\nwords", "\ufdd0 words here"]
)
def test_characters_that_libraries_refuse_are_no_error(detector: LanguageDetector, text: str) -> None:
    assert isinstance(detector.detect(text).language, str)


def test_a_declared_language_never_overrides_a_confident_detection(vote: Ensemble) -> None:
    text = "The government wants to take this app away from us"
    assert vote.detect(text, ("ja",)) == vote.detect(text)


def test_a_declared_language_breaks_a_tie(vote: Ensemble) -> None:
    text = "ye to bohot acha hai, kuch to bolo"
    assert vote.detect(text, ("ur",)).language == "ur-Latn"
    assert vote.detect(text, ("hi",)).language == "hi-Latn"


@pytest.mark.parametrize("declared", ["sr", "bs", "hr", "sr-Latn"])
def test_a_declared_serbian_bosnian_or_croatian_counts_for_the_tag_of_latin_letters(
    vote: Ensemble, declared: str
) -> None:
    assert vote.detect("Kako si brate", (declared,)).language == "hr"


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_the_same_text_gives_the_same_answer_from_every_detector_made(name: str) -> None:
    text = "tak ja ne no si de la mi app"
    first, second = DETECTORS[name](), DETECTORS[name]()
    assert [first.detect(text) for _ in range(3)] == [second.detect(text)] * 3


@pytest.mark.skipif(not POSTS.exists(), reason=f"the posts to measure with are not at {POSTS}")
def test_held_out_posts_are_told_better_than_by_the_best_single_library_and_as_the_documents_say(
    vote: Ensemble,
) -> None:
    posts = [post for post in load(POSTS.parent) if post.held_out]
    ours, libraries = tell(vote, posts), tell(Cld(), posts[::4])
    assert macro(ours[::4]) > macro(libraries) + 0.05
    assert macro(ours) >= 0.92
    assert share(ours) >= 0.93
    assert figures(ours, vote) == written(), (
        "`python -m tests.benchmarks.language --write` writes docs/languages.md anew"
    )


@pytest.mark.skipif(not POSTS.exists(), reason=f"the posts to measure with are not at {POSTS}")
def test_held_out_posts_with_a_word_of_hindi_or_urdu_are_told_as_one_of_the_two(vote: Ensemble) -> None:
    pair = {"hi-Latn", "ur-Latn"}
    posts = [post for post in load(POSTS.parent) if post.held_out and post.language in pair]
    found = vote.detect_many([post.text for post in posts if holds_hindustani(post.text)])
    assert sum(each.language in pair for each in found) >= 0.93 * len(found) > 200
