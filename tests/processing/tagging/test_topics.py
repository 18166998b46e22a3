from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.contract import Corrects
from processing.tagging.language import Ensemble
from processing.tagging.topics import Taxonomy, TaxonomyError, load_taxonomy, parse_taxonomy
from tests.support.invented_posts import DENYING, Invented, denied, invented, stances

SHIPPED = Path(__file__).parents[3] / "deploy" / "config" / "topics.toml"
DATA = Path(os.environ.get("BANWATCH_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
LABELLED = DATA / "topics" / "labelled.ndjson"

PHRASES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8")
)
DENIALS: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "denials.toml").read_text(encoding="utf-8")
)

CORRECTIONS = frozenset(["retraction", "denial"])

SMALL = """
[sets.app]
any = ["tiktok", "تيك توك", "抖音海外版"]

[sets.ban]
en = ["ban", "banned"]
ar = ["حظر"]
zh = ["禁令"]

[topics.ban]
names.en = "Bans"
names.ar = "حظر"
rules.any = "(@ban UNLESS/2 account) NEAR/3 @app"

[topics.ban-us]
parent = "ban"
names.en = "Ban in the US"
names.ar = "حظر في أمريكا"
rules.en = "topic:ban AND america"

[topics.fear]
parent = "ban"
implies = false
names.en = "Fear"
names.ar = "خوف"
rules.en = "spy* BEFORE/2 @app AND NOT source:test"
"""


@pytest.fixture(scope="module")
def small() -> Taxonomy:
    return parse_taxonomy(SMALL)


@pytest.fixture(scope="module")
def shipped() -> Taxonomy:
    return load_taxonomy(SHIPPED)


@pytest.mark.parametrize(
    ("text", "language", "topics"),
    [
        ("A TikTok ban in America", "en", ("ban", "ban-us")),
        ("They banned, at last, TikTok", "en", ("ban",)),
        ("banned one two three four tiktok", "en", ()),
        ("my account banned tiktok", "en", ()),
        ("#TikTokBan", "en", ("ban",)),
        ("#bantiktok", "en", ("ban",)),
        ("tiktoken ban, bangtiktok", "en", ()),
        ("spying by TikTok", "en", ("fear",)),
        ("TikTok is spying", "en", ()),
        ("وحظر تيك توك", "ar", ("ban",)),
        ("انحظر تيك توك", "ar", ()),
        ("最新禁令针对抖音海外版", "zh", ("ban",)),
        ("TikTok ban", "fr", ()),
        ("TikTok ban", "und", ("ban",)),
        ("TikTok's ban", "en", ("ban",)),
        ("", "en", ()),
    ],
)
def test_rules_find_what_they_say(small: Taxonomy, text: str, language: str, topics: tuple[str, ...]) -> None:
    assert small.tag(text, language, "here") == topics


def test_a_source_condition_is_heeded(small: Taxonomy) -> None:
    assert small.tag("spying by TikTok", "en", "test") == ()


def test_languages_that_read_others_are_named_in_the_file() -> None:
    taxonomy = parse_taxonomy('[reads]\nany = ["en"]\n' + SMALL)
    assert taxonomy.tag("TikTok ban", "fr", "here") == ("ban",)


@pytest.mark.parametrize(
    ("pattern", "text", "language", "found"),
    [
        (r"t[i1]k ?t[o0]k", "T1kT0k must go", "en", True),
        (r"t[i1]k ?t[o0]k", "Tïk-Tok!", "en", True),
        (r"t[i1]k", "T1kT0k must go", "en", False),
        (r"t[i1]k\w*", "T1kT0k must go", "en", True),
        (r"запрещён\w+", "ЗАПРЕЩЁННЫЙ", "ru", True),
        (r"[ئأ]نحظر", "وانحظر", "ar", True),
        (r"禁.{0,3}抖音", "要禁海外抖音了", "zh", True),
    ],
)
def test_a_regular_expression_finds_whole_words_as_they_are_folded(
    pattern: str, text: str, language: str, *, found: bool
) -> None:
    taxonomy = parse_taxonomy(f"[topics.a]\nnames = {{en = 'A', ar = 'أ'}}\nrules.any = '/{pattern}/'")
    assert taxonomy.tag(text, language, "here") == (("a",) if found else ())


def test_a_regular_expression_stands_wherever_a_word_can() -> None:
    rule = "/t[i1]kt[o0]k/ NEAR/2 (@ban OR /b[a4]n/) AND NOT /x+/"
    taxonomy = parse_taxonomy(SMALL.replace("(@ban UNLESS/2 account) NEAR/3 @app", rule))
    assert taxonomy.tag("a t1ktok b4n", "en", "here") == ("ban",)
    assert taxonomy.tag("a t1ktok b4n xx", "en", "here") == ()


def test_an_attack_on_a_backtracking_engine_is_over_at_once() -> None:
    taxonomy = parse_taxonomy("[topics.a]\nnames = {en = 'A', ar = 'أ'}\nrules.any = '/(a+)+b/'")
    assert taxonomy.tag("a" * 100_000, "en", "here") == ()


def test_an_explanation_names_the_rule_and_the_words(small: Taxonomy) -> None:
    (match,) = small.explain("A ban of TikTok!", "en", "here")
    assert (match.topic, match.language, match.words) == ("ban", "any", ("ban of tiktok",))
    assert match.rule == "(@ban UNLESS/2 account) NEAR/3 @app"
    assert match.branch == "@ban[ban] UNLESS/2 account NEAR/3 @app[tiktok]"


BRANCHES = "(ban OR bans AND @app OR order NEAR/2 (@ban OR law)) AND (NOT music OR music BEFORE/1 @app) OR topic:ban"


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("bans on TikTok, and a law", "bans AND @app[tiktok] AND NOT music"),
        ("an order is law, a ban comes later", "(ban OR order NEAR/2 law) AND NOT music"),
        (
            "music tiktok ban",
            "ban AND music BEFORE/1 @app[tiktok] OR topic:ban[@ban[ban] UNLESS/2 account NEAR/3 @app[tiktok]]",
        ),
    ],
)
def test_an_explanation_shows_what_holds_and_nothing_else(text: str, branch: str) -> None:
    taxonomy = parse_taxonomy(SMALL + f"[topics.all]\nnames = {{en = 'A', ar = 'أ'}}\nrules.en = '{BRANCHES}'")
    assert [match.branch for match in taxonomy.explain(text, "en", "here") if match.topic == "all"] == [branch]


def test_the_version_follows_the_content(small: Taxonomy) -> None:
    assert parse_taxonomy(SMALL).version == small.version
    assert parse_taxonomy(SMALL + "\n# a remark").version != small.version


def test_an_order_of_an_employer_and_a_ban_by_a_state_have_each_their_correction(shipped: Taxonomy) -> None:
    assert shipped.corrections == (
        Corrects("retraction", "employer-ban", "ban"),
        Corrects("denial", "government-ban", "ban"),
    )


def corrections_in(taxonomy: Taxonomy, text: str, language: str) -> set[str]:
    return CORRECTIONS.intersection(taxonomy.tag(text, language, "here"))


@pytest.mark.parametrize("language", DENIALS)
def test_denials_are_told_from_assertions_and_jokes(shipped: Taxonomy, language: str) -> None:
    texts = DENIALS[language]["asserted"] + DENIALS[language]["joked"]
    assert [text for text in texts if corrections_in(shipped, text, language)] == []
    missed = [text for text in DENIALS[language]["denied"] if not corrections_in(shipped, text, language)]
    assert len(missed) <= 1, missed


@pytest.mark.parametrize(
    ("posts", "precision", "recall"),
    [(denied("unseen"), 0.93, 0.75), (stances(), 0.92, 0.85)],
    ids=["denied", "stances"],
)
def test_denials_are_found_and_little_else_is_taken_for_one(
    shipped: Taxonomy, posts: list[Invented], precision: float, recall: float
) -> None:
    """What the page says of a correction stands on this. Nobody looks at the misses in `denied`: see its README."""
    languages = [found.language for found in Ensemble().detect_many([post.text for post in posts])]
    said = [bool(corrections_in(shipped, post.text, each)) for post, each in zip(posts, languages, strict=True)]
    told = [(post.kind in DENYING, each) for post, each in zip(posts, said, strict=True)]
    right, wrong, missed = told.count((True, True)), told.count((False, True)), told.count((True, False))
    assert right >= precision * (right + wrong)
    assert right >= recall * (right + missed)


@pytest.mark.parametrize(
    ("text", "language", "correction"),
    [
        ("The ministry denies that it will ban TikTok", "en", {"denial"}),
        ("Amazon denies that its staff may not have TikTok, there is no TikTok ban", "en", {"retraction"}),
        ("Pakistan lifts the ban on TikTok", "en", {"denial"}),
        ("Banning TikTok is a mistake, government must listen", "en", set()),
        ("Interdire TikTok serait une erreur, dit le ministre", "fr", set()),
        ("Ein TikTok-Verbot wäre ein Fehler, sagt die Regierung", "de", set()),
        ("The government has not lifted the TikTok ban, such reports are false", "en", set()),
        ("The minister wants to ban TikTok because of fake news", "en", set()),
        ("TikTok denies spying while the government considers a ban", "en", set()),
        ("The judge denied the request of TikTok to stop the ban", "en", set()),
        ("If TikTok is not banned by Monday I will be surprised", "en", set()),
        ("The ministry denies TikTok an exemption from the ban", "en", set()),
        ("I can't believe that TikTok is not banned", "en", set()),
        ("Is it true that the TikTok ban was lifted?", "en", set()),
        ("The ministry denied it for months, now TikTok is banned", "en", set()),
        ("A court annuls the order that banned TikTok", "en", {"denial"}),
        ("Nepal reopens TikTok", "en", {"denial"}),
        ("Правительство хочет запретить TikTok из-за фейков", "ru", set()),
        ("Все спрашивают, не запретить ли TikTok", "ru", set()),
        ("Setuju nggak TikTok diblokir?", "id", set()),
    ],
)
def test_who_denies_what_decides(shipped: Taxonomy, text: str, language: str, correction: set[str]) -> None:
    assert corrections_in(shipped, text, language) == correction


@pytest.mark.parametrize(
    ("text", "language", "is_ban"),
    [
        ("Operators told to cut off TikTok tonight", "en", True),
        ("ISPs ordered to block TikTok", "en", True),
        ("jio ka net band hai, tiktok nahi chal raha", "hi-Latn", False),
        ("Se cayó Movistar, las operadoras no funcionan y TikTok no abre", "es", False),
        ("Provider down, TikTok funktioniert nicht", "de", False),
        ("провайдер лег, тикток не открывается", "ru", False),
    ],
)
def test_a_network_that_fails_is_no_ban(shipped: Taxonomy, text: str, language: str, is_ban: bool) -> None:
    assert ("ban" in shipped.tag(text, language, "here")) is is_ban


def test_every_topic_has_a_root(small: Taxonomy) -> None:
    assert {topic.id: small.root_of(topic.id) for topic in small.topics} == {
        "ban": "ban",
        "ban-us": "ban",
        "fear": "ban",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "NEAR/3 @app",
            "NEAR/3 @ap",
            "file, line 13, column 45: topic ban, rules.any: there is no set @ap.",
        ),
        ("NEAR/3 @app", "NEAR/3", "file, line 13, column 44: topic ban, rules.any: Expected a word"),
        (
            "topic:ban AND",
            "topic:bann AND",
            "file, line 19, column 13: topic ban-us, rules.en: there is no topic bann.",
        ),
        ("topic:ban AND", "topic:ban-us AND", "topic ban-us: its rules lead back to topic:ban-us."),
        ('parent = "ban"\nnames.en', 'parent = "bans"\nnames.en', "topic ban-us: its parent 'bans' is not a topic"),
        ('parent = "ban"\nnames.en', 'parent = "ban-us"\nnames.en', "topic ban-us: it is among its own ancestors."),
        (
            "implies = false",
            'corrects = "bans"',
            "file, line 23, column 1: topic fear, corrects: 'bans' is not a topic of the file.",
        ),
        ('parent = "ban"\nnames.en', 'corrects = "ban-us"\nnames.en', "'ban-us' is the topic itself or below it"),
        (
            'parent = "ban"\nimplies = false',
            'corrects = "ban-us"',
            "file, line 22, column 1: topic fear, corrects: 'ban-us' is below another root than 'fear'",
        ),
        (
            '"topic:ban AND america"\n\n[topics.fear]',
            '"topic:ban AND america"\ncorrects = "fear"\n[topics.fear]\ncorrects = "ban-us"',
            "file, line 20, column 1: topic ban-us, corrects: the corrections lead in a circle back to 'ban-us'.",
        ),
        ('names.ar = "خوف"', "", "topic fear: names.ar is missing."),
        (
            '["ban", "banned"]',
            '["ban", "!!"]',
            "file, line 6, column 14: set ban, en: Expected a word, found '!!', which has no letter or digit.",
        ),
        (
            '["ban", "banned"]',
            '["ban", "ti*tok"]',
            "file, line 6, column 17: set ban, en: Expected * only at the end, for the rest of a word, found 'ti*tok'.",
        ),
        (
            '"topic:ban AND america"',
            """'topic:ban AND "ameri* first"'""",
            "file, line 19, column 33: topic ban-us, rules.en: Expected * only at the end, for the rest of a word,",
        ),
        (
            "topic:ban AND america",
            "topic:ban AND *america",
            "file, line 19, column 27: topic ban-us, rules.en: Expected * only at the end, for the rest of a word,",
        ),
        (
            "implies = false",
            "imply = false",
            "file, line 21, column 1: topic fear: Object contains unknown field `imply`.",
        ),
        (
            "[topics.ban]",
            "[topics.ban",
            "file, line 10, column 12: not TOML: Expected ']' at the end of a table declaration.",
        ),
        ("[topics.fear]", "[topics.Fear]", "topic 'Fear': an id is made of small letters"),
    ],
)
def test_an_error_is_a_sentence_that_says_where(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(TaxonomyError) as caught:
        parse_taxonomy(SMALL.replace(old, new, 1), "file")
    assert message in str(caught.value)


def test_a_topic_without_rules_is_never_found() -> None:
    written = '[topics.{}]\nnames = {{en = "A", ar = "أ"}}\n'
    taxonomy = parse_taxonomy(written.format("a") + written.format("b") + 'rules.any = "text"\n')
    assert taxonomy.tag("any text", "en", "here") == ("b",)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="cannot be read"):
        load_taxonomy(tmp_path / "topics.toml")


@given(
    text=st.text(alphabet=st.characters(exclude_categories=()), max_size=200),
    language=st.sampled_from(["en", "ar", "zh", "und", "xx-Latn"]),
)
def test_no_text_makes_the_shipped_taxonomy_fail(shipped: Taxonomy, text: str, language: str) -> None:
    known = {topic.id for topic in shipped.topics}
    assert known.issuperset(shipped.tag(f"ban tiktok {text}", language, "here"))


def test_a_text_of_nothing_but_hits_is_tagged_all_the_same(shipped: Taxonomy) -> None:
    assert "ban" in shipped.tag("ban tiktok in the us court " * 4_000, "en", "here")


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("India bans TikTok and 58 other Chinese apps", "en", "government-ban-india"),
        ("Trump signs an order to ban TikTok", "en", "government-ban-us"),
        ("TikTok to pull out of Hong Kong within days", "en", "government-ban-hong-kong"),
        ("Army bans TikTok on government phones", "en", "government-devices"),
        ("Amazon tells employees to delete TikTok from their phones", "en", "employer-ban"),
        ("Amazon says its TikTok e-mail was sent in error", "en", "retraction"),
        ("ByteDance must divest TikTok by January", "en", "sale-or-divestiture"),
        ("A judge halts the TikTok ban", "en", "court"),
        ("TikTok removed from the App Store", "en", "app-store"),
        ("TikTok refugees find a home", "en", "migration"),
        ("TikTok goes dark in the US", "en", "shutdown-restored"),
        ("TikTok says it will fight the TikTok ban", "en", "company-response"),
        ("أمازون تطلب من موظفيها حذف تيك توك", "ar", "employer-ban"),
        ("الهند تحظر تطبيق تيك توك", "ar", "government-ban-india"),
        ("भारत में टिक टॉक बैन", "hi", "government-ban-india"),
        ("india mein tiktok ban ho gaya", "hi-Latn", "government-ban-india"),
        ("انڈیا نے ٹک ٹاک پر پابندی لگا دی", "ur", "government-ban-india"),
        ("EE.UU. podría prohibir TikTok", "es", "government-ban-us"),
        ("A Índia proíbe o TikTok", "pt", "government-ban-india"),
        ("Pemerintah India melarang TikTok", "id", "government-ban-india"),
        ("Hindistan TikTok'u yasakladı", "tr", "government-ban-india"),
        ("L'Inde interdit TikTok", "fr", "government-ban-india"),
        ("アマゾン、従業員にTikTokの削除を要求", "ja", "employer-ban"),
        ("Индия запретила Тик-Ток", "ru", "government-ban-india"),
        ("USA erwägen TikTok-Verbot", "de", "government-ban-us"),
        ("트럼프, 틱톡을 금지", "ko", "government-ban-us"),
        ("亚马逊要求员工删除TikTok", "zh", "employer-ban"),
        ("Mỹ có thể cấm TikTok", "vi", "government-ban-us"),
    ],
)
def test_bans_are_found_in_every_language(shipped: Taxonomy, text: str, language: str, topic: str) -> None:
    tagged = shipped.tag(text, language, "here")
    assert topic in tagged
    assert "ban" in tagged


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I got banned from TikTok again", "en"),
        ("my TikTok account was banned for no reason", "en"),
        ("TikTok bans deepfakes", "en"),
        ("TikTok banned three million videos", "en"),
        ("TikTok is down for everyone", "en"),
        ("Tiktoken counts tokens before I ban them", "en"),
        ("#BangChan on #TikTok", "en"),
        ("YouTube banned him, so he moved to TikTok", "en"),
        ("buy TikTok followers", "en"),
        ("Mera tiktok account ban ho gaya", "hi-Latn"),
        ("تم حظر حسابي في تيك توك", "ar"),
        ("TikTok prohíbe los filtros de belleza", "es"),
        ("TikTok запретит фильтры красоты", "ru"),
        ("TikTok hesabım yasaklandı", "tr"),
        ("TikTokのアカウントが凍結された", "ja"),
        ("我的TikTok账号被封禁了", "zh"),
        ("akun TikTok aku diblokir", "id"),
        ("tài khoản TikTok của mình bị cấm", "vi"),
    ],
)
def test_what_only_sounds_like_a_ban_is_not_one(shipped: Taxonomy, text: str, language: str) -> None:
    assert "ban" not in shipped.tag(text, language, "here")


@pytest.mark.parametrize("language", PHRASES)
def test_sentences_of_every_language_are_told_apart(shipped: Taxonomy, language: str) -> None:
    phrases = PHRASES[language]
    assert [text for text in phrases["on"] if "ban" not in shipped.tag(text, language, "here")] == []
    assert [text for text in phrases["off"] if "ban" in shipped.tag(text, language, "here")] == []


def test_the_shipped_taxonomy_speaks_sixteen_languages(shipped: Taxonomy) -> None:
    assert set(PHRASES) == {
        *("en", "ar", "hi", "hi-Latn", "ur", "zh", "ja", "id", "tr", "ru", "es", "pt", "fr", "de", "ko", "vi"),
    }


def test_fear_of_spying_is_not_yet_a_ban(shipped: Taxonomy) -> None:
    assert shipped.tag("TikTok reads the clipboard", "en", "here") == ("security-privacy", "tiktok")


def test_every_shipped_topic_that_is_watched_descends_from_ban(shipped: Taxonomy) -> None:
    assert {shipped.root_of(topic.id) for topic in shipped.topics if topic.watched} == {"ban"}


def test_all_talk_of_the_app_is_kept_and_not_watched(shipped: Taxonomy) -> None:
    assert [topic.id for topic in shipped.topics if not topic.watched] == ["tiktok", "likely-ban"]
    assert not {"tiktok", "likely-ban"} & shipped.subtopics("ban")
    assert shipped.tag("Learn this TikTok dance with me", "en", "here") == ("tiktok",)
    assert shipped.tag("Learn this dance with me", "en", "here") == ()


@pytest.mark.skipif(not LABELLED.exists(), reason=f"the labelled posts are not at {LABELLED}")
@pytest.mark.parametrize(
    ("language", "precision", "recall"), [("en", 0.92, 0.90), ("zh", 0.92, 0.85), ("ru", 1.0, 0.0)]
)
def test_labelled_posts_are_told_apart(shipped: Taxonomy, language: str, precision: float, recall: float) -> None:
    posts = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    detector = Ensemble()
    told = [
        (post["label"] == "on", "ban" in shipped.tag(post["text"], detector.detect(post["text"]).language, "here"))
        for post in posts
        if post["lang"] == language and post["label"] != "edge"
    ]
    right, wrong, missed = told.count((True, True)), told.count((False, True)), told.count((True, False))
    assert right >= precision * (right + wrong)
    assert right >= recall * (right + missed)


OPINION = """
[sets]
app.any = ["tiktok"]
ban.any = ["ban"]
delay.any = ["deadline"]
place.any = ["america"]
shop.any = ["shop"]
[topics.app]
names = {en = "App", ar = "تطبيق"}
rules.any = "@app"
[topics.ban]
names = {en = "Ban", ar = "حظر"}
rules.any = "@ban NEAR/3 @app"
[topics.likely-ban]
parent = "ban"
names = {en = "Likely", ar = "مرجح"}
[topics.likely-ban.opinion]
among = "app"
unless = "ban"
within = 5
threshold = 0.75
bias = -2.0
weights = {delay = 2.0, place = 1.5, shop = -3.0}
"""


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("a tiktok deadline in america", ("app", "ban", "likely-ban")),
        ("a tiktok deadline", ("app",)),  # the probability is 0.5
        ("a deadline in america for the tiktok shop", ("app",)),
        ("a tiktok deadline, and then nothing more was heard of it in america", ("app",)),  # too far away
        ("a tiktok ban and its deadline in america", ("app", "ban")),  # a rule has spoken
        ("a deadline in america", ()),
    ],
)
def test_a_second_opinion_weighs_what_is_said_near_the_subject(text: str, topics: tuple[str, ...]) -> None:
    assert parse_taxonomy(OPINION).tag(text, "en", "here") == topics


def test_an_explanation_names_the_weights_of_a_second_opinion() -> None:
    *_, match = parse_taxonomy(OPINION).explain("a tiktok deadline in america", "en", "here")
    assert (match.topic, match.words) == ("likely-ban", ("tiktok deadline", "tiktok deadline in america"))
    assert match.branch == "@delay +2.0, @place +1.5: probability 0.82"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("shop = -3.0", "shops = -3.0", "there is no set shops"),
        ('among = "app"', 'among = "apps"', "there is no topic apps with rules"),
        ("threshold = 0.75", "threshold = 1.0", "its threshold 1.0 is not between 0 and 1"),
        ('"@ban NEAR/3 @app"', '"topic:likely-ban"', "topic likely-ban is given by a second opinion"),
    ],
)
def test_a_wrong_opinion_is_told_with_its_line(right: str, wrong: str, message: str) -> None:
    with pytest.raises(TaxonomyError, match=rf"line \d+.*{message}"):
        parse_taxonomy(OPINION.replace(right, wrong))


@pytest.mark.parametrize(("half", "precision", "recall"), [("seen", 0.95, 0.85), ("unseen", 0.93, 0.85)])
def test_invented_posts_are_told_apart(shipped: Taxonomy, half: str, precision: float, recall: float) -> None:
    posts = invented(half)
    languages = [found.language for found in Ensemble().detect_many([post.text for post in posts])]
    said = ["ban" in shipped.tag(post.text, each, "here") for post, each in zip(posts, languages, strict=True)]
    told = [(post.on, each) for post, each in zip(posts, said, strict=True)]
    right, wrong, missed = told.count((True, True)), told.count((False, True)), told.count((True, False))
    assert right >= precision * (right + wrong)
    assert right >= recall * (right + missed)
