"""What people are told, in both languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from itertools import product
from zoneinfo import ZoneInfo

import msgspec
import pytest

from processing.alerts.message import Wording, build, quote_label, text_lines
from processing.alerts.message.arabic import ARABIC
from processing.alerts.message.phrases import ENGLISH, Phrases
from processing.alerts.message.sparkline import blocks, gathered
from processing.alerts.news import Acknowledgement, ChannelTest, DigestNews, News, TroubleNews
from processing.alerts.notification import Growth, Message, Step
from processing.alerts.picture import read_picture
from processing.contract import Corrects, Pulse, TaggedPost
from processing.explanation import Correction, Follower, Lag, Leads, Reach, Spread
from processing.queries import Statement
from processing.store.client import Store
from processing.store.writer import recount, write_posts
from processing.troubles import Trouble, TroubleName, TroubleSeverity
from tests.conftest import NOON
from tests.conftest import a_post as a_raw_post
from tests.support.alerted import ACKNOWLEDGED, GREW, INCIDENT, MINUTE, PICTURE, RESOLVED, WIDTH, a_post, news
from tests.support.stock import HOSTILE

ENGLISH_NAMES = {"ban": "TikTok bans", "employer-ban": "Bans by employers", "retraction": "Sent in error"}
ARABIC_NAMES = {"ban": "حظر تيك توك", "employer-ban": "حظر أصحاب العمل", "retraction": "تراجع"}
HOUR = timedelta(hours=1)
IN_ENGLISH = Wording(width=WIDTH, topics=ENGLISH_NAMES, public_url="https://watch.example/")
IN_ARABIC = replace(IN_ENGLISH, language="ar", topics=ARABIC_NAMES)


def trouble(name: TroubleName, step: Step = Step.OPENED, waiting: int = 0, **fields: object) -> TroubleNews:
    given: dict[str, object] = {"severity": TroubleSeverity.WARNING, "since": NOON, "subject": "bluesky"} | fields
    about = Trouble(name=name, **given)  # type: ignore[arg-type]
    return TroubleNews(step=step, at=NOON + 25 * MINUTE, trouble=about, waiting=waiting)


SILENT = trouble(TroubleName.SILENT, value=1500.0, threshold=120.0, lasts=1500.0)
BACK = replace(SILENT, step=Step.RESOLVED)
FAILED = trouble(
    TroubleName.CHANNEL,
    waiting=3,
    subject="newsroom",
    value=2,
    threshold=2,
    count=2,
    lasts=600.0,
    reason="auth",
    detail="invalid_auth",
)
FULL = trouble(
    TroubleName.DISK, Step.GREW, subject="default", value=0.02, threshold=0.03, severity=TroubleSeverity.CRITICAL
)
CORRECTED = Correction(
    of=Corrects("retraction", "employer-ban", "ban"),
    whole=Spread("*", 300, 200, NOON + 5 * HOUR, Reach.OVERTAKEN, NOON + 5.25 * HOUR),
    languages=(
        Spread("en", 200, 200, NOON + 5 * HOUR, Reach.OVERTAKEN, NOON + 5.25 * HOUR),
        Spread("ar", 100, 0, None, Reach.NEVER, None),
    ),
    pulses=(False, True),
    alone=False,
    minutes=(),
    query=Statement("SELECT 1", {}),
)
NOT_OVERTAKEN = replace(CORRECTED, whole=Spread("*", 300, 20, NOON, Reach.NOT_YET, None), pulses=(False, False))
LED = Leads(
    leader="en",
    start=NOON,
    posts=(40,),
    followers=(
        Follower("ar", Lag(6.2, 4.4, 8.9, 0.04), (30,)),
        Follower("ko", Lag(9.0, 2.0, 14.0, 0.04), (2,)),
        Follower("es", Lag(11.0, 9.0, 13.0, 0.04), (20,)),
        Follower("fr", Lag(60.0, 50.0, 59.5, 0.04), (10,)),
    ),
    undecided=("hi",),
    queries=(),
)
ALL: dict[str, News] = {
    "opened": news(),
    "led": news(leads=LED),
    "corrected": news(corrections=(CORRECTED,)),
    "not yet corrected": news(corrections=(NOT_OVERTAKEN,)),
    "denied alone": news(corrections=(replace(CORRECTED, alone=True),)),
    "grew": GREW,
    "repeated": news(Step.REPEATED),
    "acknowledged": ACKNOWLEDGED,
    "resolved": RESOLVED,
    "resolved, unknown": replace(RESOLVED, unknown=True),
    "silent source": SILENT,
    "source that is back": BACK,
    "channel that fails": FAILED,
    "full disk": FULL,
    "full disk, still": replace(FULL, step=Step.REPEATED),
    "digest": DigestNews(at=NOON, parts=(news(), SILENT), why="quiet"),
    "test": ChannelTest(at=NOON, channel="newsroom"),
}


def texts(message: Message) -> Iterator[str]:
    """Every text of a message but its SQL."""
    yield from (message.title, message.verdict, message.sparkline, *message.notes)
    yield from (text for fact in message.facts for text in (fact.label, fact.value))
    yield from (text for quote in message.quotes for text in (quote.label, quote.text, quote.author, quote.url))
    yield from (text for link in (message.page, message.acknowledge) if link for text in (link.label, link.url))
    for part in message.parts:
        yield from texts(part)


def facts(message: Message) -> dict[str, str]:
    return {fact.label: fact.value for fact in message.facts}


def test_an_incident_that_opened_is_told_whole() -> None:
    assert text_lines(build(news(acknowledge_url="https://watch.example/a?id=1"), IN_ENGLISH)) == (
        "EXTREME: TikTok bans at 36 times normal, since Fri 10 Jul 2020 12:00 UTC",
        "  Organic: of 2,000 posts compared, 66% are by people who repost or use words of their own.",
        "  Pulse 1: from Fri 12:00, highest 12:35 UTC with 212 posts in 5 min, 5 expected",
        "  Pulse 2: from Fri 17:00, highest 17:20 UTC with 431 posts in 5 min, 6 expected",
        "  Posts: 4,200, where 310 were expected",
        "  People: 3,100",
        "  Languages: English, Arabic",
        "  Terms in English: work phones, delete",
        "  Terms in Arabic: \u2068أمازون\u2069",
        "  Topics: Bans by employers",
        "  Found: 12:10 UTC, score 4.1: so large a rise comes less than once in eight months; "
        "incident ban-20200710T1210Z",
        "  11:40 ▂▁▂▂▃▅█▄ 12:20",
        "  First post, Fri 12:01 UTC, by sara: \u2068أمازون تطلب حذف TikTok\u2069",
        "  https://example.org/1",
        "  Most shared, Fri 12:01 UTC: Amazon: delete it!",
        "  Synthetic data: these posts were generated, nobody wrote them.",
        "  Chinese: few speak. 97% of the posts are from the accounts of one server; without them no surge remains.",
        "  Open the incident: https://watch.example/incident?id=ban-20200710T1210Z&ui=en",
        "  Acknowledge: https://watch.example/a?id=1",
        "  SELECT sum(posts) FROM counts WHERE topic = CAST('ban', 'String')",
    )


def test_a_correction_names_its_pulse_and_where_none_was_found() -> None:
    told = facts(build(news(corrections=(CORRECTED,)), IN_ENGLISH))
    assert "Pulse 1" in told
    assert "Pulse 2, a correction" in told
    assert told["Correction"] == (
        "“Sent in error” overtook “Bans by employers” at 17:15 UTC; 40% of the posts on both correct; "
        "none was found in Arabic"
    )
    later = replace(news(corrections=(CORRECTED,)), at=NOON + 30 * HOUR)
    assert "at Fri 10 Jul 2020 17:15 UTC;" in facts(build(later, IN_ENGLISH))["Correction"]
    behind = facts(build(news(corrections=(NOT_OVERTAKEN,)), IN_ENGLISH))["Correction"]
    assert behind.startswith("“Sent in error” has not overtaken “Bans by employers”; 6% of")
    few = replace(CORRECTED, whole=Spread("*", 300, 2, NOON, Reach.TOO_FEW, None))
    assert "Correction" not in facts(build(news(corrections=(few,)), IN_ENGLISH))


def test_who_led_is_one_sentence_about_the_largest_that_followed() -> None:
    assert facts(build(news(leads=LED), IN_ENGLISH))["Who led"] == (
        "Arabic followed English by 6 min (4 min to 9 min), Spanish by 11 min (9 min to 13 min), "
        "French by 1 hr (50 min to 1 hr)"
    ).replace(" min", "\u00a0min").replace(" hr", "\u00a0hr")
    assert "Who led" not in facts(build(news(), IN_ENGLISH))


def test_arabic_stands_in_isolates_so_that_no_name_or_number_turns_the_sentence() -> None:
    message = build(news(), IN_ARABIC)
    assert message.title == (
        "موجة بالغة الشدة: \u2068حظر تيك توك\u2069، 36 مرة من المعتاد، منذ الجمعة 10 يوليو 2020، 12:00 بالتوقيت العالمي"
    )
    assert facts(message)["الكلمات الدافعة، \u2068الإنجليزية\u2069"] == "\u2068work phones\u2069، \u2068delete\u2069"
    assert facts(message)["الأشخاص"] == "3,100"
    assert facts(message)["رُصدت"].endswith("المعرّف: \u2068ban-20200710T1210Z\u2069")
    assert message.sparkline == "\u206611:40 ▂▁▂▂▃▅█▄ 12:20\u2069"
    assert message.quotes[0].text == "\u2068أمازون تطلب حذف TikTok\u2069"
    assert message.quotes[1].text == "\u2068Amazon: delete it!\u2069"
    assert message.right_to_left


@pytest.mark.parametrize("wording", [IN_ENGLISH, IN_ARABIC], ids=["en", "ar"])
@pytest.mark.parametrize("told", ALL.values(), ids=ALL)
def test_every_kind_of_news_is_one_line_a_text_with_closed_isolates(told: News, wording: Wording) -> None:
    message = build(told, wording)
    assert message.title
    for text in texts(message):
        assert "{" not in text
        assert not any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in text)
        depth = 0
        for letter in text:
            depth += (letter in "\u2066\u2068") - (letter == "\u2069")
            assert depth in {0, 1}
        assert depth == 0


@pytest.mark.parametrize("told", ALL.values(), ids=ALL)
def test_an_arabic_message_has_no_english_words_of_ours(told: News) -> None:
    ours = " ".join(text for text in texts(build(told, replace(IN_ARABIC, public_url=""))))
    outside = "".join(part.rpartition("\u2069")[2] for part in ours.replace("\u2066", "\u2068").split("\u2068"))
    left = outside.replace("banwatch", "").replace("alerts list", "").replace("https://example.org/1", "")
    assert not [letter for letter in left if letter.isascii() and letter.isalpha()]


def test_growth_is_named_with_what_it_grew_from() -> None:
    message = build(GREW, IN_ENGLISH)
    assert message.title.startswith("GREW, EXTREME: TikTok bans at 36 times normal")
    assert [fact.value for fact in message.facts if fact.label == ENGLISH.changed] == [
        "severity from major to extreme",
        "new languages: Arabic",
        "it came back far higher: 431 posts in 5 min at 17:20 UTC",
    ]


def test_a_second_rise_is_not_called_higher_than_the_first_where_it_is_not() -> None:
    lower = msgspec.structs.replace(INCIDENT.pulses[1], observed=90)
    incident = msgspec.structs.replace(INCIDENT, pulses=(INCIDENT.pulses[0], lower))
    message = build(replace(GREW, growth=(Growth.PULSE,), incident=incident), IN_ENGLISH)
    assert facts(message)[ENGLISH.changed] == "it rose again from 17:00: 90 posts in 5 min at 17:20 UTC"


def test_what_nobody_knows_to_be_over_is_not_called_resolved() -> None:
    unknown = replace(RESOLVED, unknown=True)
    assert build(unknown, IN_ENGLISH).title.startswith("CLOSED, END UNKNOWN, EXTREME: TikTok bans")
    assert build(unknown, IN_ARABIC).title.startswith("أُغلقت ولا يُعلم هل انتهت، موجة بالغة الشدة")


def test_what_is_over_says_how_long_and_how_high() -> None:
    message = build(RESOLVED, IN_ENGLISH)
    assert message.title == (
        "RESOLVED, EXTREME: TikTok bans at 36 times normal, from Fri 10 Jul 2020 12:00 to 18:40 UTC"
    )
    assert facts(message)["Lasted"] == "6\u00a0hr 40\u00a0min"
    assert facts(message)["Height"].startswith("from Fri 17:00, highest 17:20 UTC with 431 posts")
    assert [quote.label for quote in message.quotes] == ["Most shared"]
    assert ENGLISH.end_unknown not in message.notes
    assert ENGLISH.end_unknown in build(replace(RESOLVED, unknown=True), IN_ENGLISH).notes
    ended = Acknowledgement(by="desk", note="false alarm", at=NOON, action="resolve")
    assert "desk ended it: false alarm" in build(replace(RESOLVED, acknowledgement=ended), IN_ENGLISH).notes


def test_an_acknowledgement_says_whose_it_is() -> None:
    message = build(ACKNOWLEDGED, IN_ENGLISH)
    assert message.title.startswith("ACKNOWLEDGED, EXTREME: ")
    assert facts(message) | {"By": "desk", "Note": "I call Amazon"} == facts(message)


def test_a_trouble_of_banwatch_itself_says_what_since_when_how_much_and_what_to_do() -> None:
    assert text_lines(build(FULL, IN_ENGLISH)) == (
        "banwatch itself: NOW CRITICAL. Only 2% of the disk default is free.",
        "  Since: Fri 10 Jul 2020 12:00 UTC",
        "  Value: 2%",
        "  Threshold: 3%",
        "  What to do: Make room, or keep texts for a shorter time. When the disk is full, posts wait to be counted.",
        "  Open the page Health: https://watch.example/health?ui=en",
    )
    back = build(BACK, IN_ENGLISH)
    assert back.title == "banwatch itself: OVER. The collector bluesky delivers again."
    assert facts(back)["Lasted"] == "25\u00a0min"
    failed = build(FAILED, IN_ENGLISH)
    assert failed.title == "banwatch itself: WARNING. The channel newsroom has been failing for 10\u00a0min."
    assert facts(failed)["Reason"] == "it does not accept the token, the password or the key: invalid_auth"
    assert facts(failed)["Messages waiting for it"] == "3"


@pytest.mark.parametrize("name", TroubleName)
@pytest.mark.parametrize("text", ["{name} {0} {age!r}", "\u202e<b>\n@here", "\u2069" * 20 + "x"])
def test_a_name_of_strangers_stays_text_in_every_trouble(name: TroubleName, text: str) -> None:
    given = trouble(name, subject=text, detail=text, value=1.0, threshold=1.0, count=2)
    for news_, wording in product((given, replace(given, step=Step.RESOLVED)), (IN_ENGLISH, IN_ARABIC)):
        message = build(news_, wording)
        assert message.title.startswith(wording.phrases.itself.partition("{")[0])
        assert not {*" ".join(texts(message))} & {*"\u202e\n"}
        assert message.title.count("\u2068") == message.title.count("\u2069")


def test_a_digest_has_a_message_a_part_and_one_part_is_no_digest() -> None:
    digest = build(ALL["digest"], IN_ENGLISH)
    assert digest.title == "DIGEST, messages: 2"
    assert digest.notes == ("These messages were held back in quiet hours.",)
    assert [part.title[:7] for part in digest.parts] == ["EXTREME", "banwatc"]
    assert "    Posts: 4,200, where 310 were expected" in text_lines(digest)
    assert build(DigestNews(at=NOON, parts=(SILENT,)), IN_ENGLISH) == build(SILENT, IN_ENGLISH)
    many = build(DigestNews(at=NOON, parts=(SILENT,) * 70, why="budget"), IN_ENGLISH)
    assert len(many.parts) == 50
    assert many.notes[1].startswith("Messages that do not fit: 20.")


def test_times_are_those_of_the_readers_zone() -> None:
    message = build(news(), replace(IN_ENGLISH, zone=ZoneInfo("Europe/Berlin")))
    assert message.title.endswith("since Fri 10 Jul 2020 14:00 CEST")
    assert message.sparkline.startswith("13:40 ")
    assert quote_label(message.quotes[0], "en") == "First post, Fri 14:01 CEST, by sara"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_link_opens_the_incident_on_the_page(language: str) -> None:
    page = build(news(), IN_ENGLISH if language == "en" else IN_ARABIC).page
    assert page is not None
    assert page.url == f"https://watch.example/incident?id=ban-20200710T1210Z&ui={language}"
    assert build(news(), replace(IN_ENGLISH, public_url="")).page is None


@pytest.mark.parametrize("text", [*HOSTILE.values(), "\u2069\u202e</p>\r\nBcc: x@y.z", "\u2069" * 50 + "x"])
def test_a_post_stays_within_its_own_place(text: str) -> None:
    picture = replace(PICTURE, first=a_post(text=text, author=text, url=text))
    incident = msgspec.structs.replace(INCIDENT, terms=(msgspec.structs.replace(INCIDENT.terms[0], term=text),))
    for wording in (IN_ENGLISH, IN_ARABIC):
        message = build(news(incident=incident, picture=picture), wording)
        quote = message.quotes[0]
        assert len(quote.text) <= 283
        assert len(quote.author) <= 83
        assert not {*quote.text, *quote.author} & {*"\u202e\u2066\u2067\n\r"}
        assert quote.text.count("\u2068") == quote.text.count("\u2069") <= 1
        assert quote.url == ""


def test_a_text_that_never_was_and_a_peak_without_pulses_are_told() -> None:
    bare = msgspec.structs.replace(INCIDENT, pulses=(), languages=(), terms=(), subtopics=(), evidence=(), doubted=())
    for step in (Step.OPENED, Step.GREW, Step.REPEATED, Step.ACKNOWLEDGED, Step.RESOLVED):
        message = build(news(step, incident=bare, picture=None), IN_ENGLISH)
        assert facts(message)["Found"]
        assert (message.sparkline, message.quotes, message.sql) == ("", (), "")


def test_many_pulses_do_not_flood_the_message() -> None:
    pulses = tuple(Pulse(NOON + n * MINUTE, NOON + n * MINUTE, 9, 1.0) for n in range(40))
    message = build(news(incident=msgspec.structs.replace(INCIDENT, pulses=pulses)), IN_ENGLISH)
    assert [label for label in facts(message) if label.startswith("Pulse")] == [f"Pulse {n}" for n in range(35, 41)]


def test_a_surge_that_only_a_day_shows_is_told_by_the_posts_of_the_day() -> None:
    of_a_day = msgspec.structs.replace(INCIDENT, window="1 day", window_observed=9, window_expected=1.5)
    for step, label in ((Step.OPENED, "Height"), (Step.RESOLVED, "Height")):
        told = facts(build(news(step, incident=of_a_day), IN_ENGLISH))
        assert told[label].endswith("9 posts within a day, 1.5 expected")
        assert not any("5 min" in text or name.startswith("Pulse") for name, text in told.items())
    half_hour = msgspec.structs.replace(of_a_day, window="30 min")
    assert facts(build(news(incident=half_hour), IN_ENGLISH)) == facts(build(news(), IN_ENGLISH))


def test_the_blocks_are_as_high_as_the_counts() -> None:
    assert blocks([0, 1, 4, 7]) == "▁▂▅█"
    assert blocks([0, 0]) == "▁▁"
    assert blocks([1, 1_000_000]) == "▂█"
    assert gathered(range(70), 32) == tuple(sum(range(first, min(first + 3, 70))) for first in range(0, 70, 3))


def test_the_languages_have_the_same_sentences() -> None:
    for field in fields(Phrases):
        english, arabic = getattr(ENGLISH, field.name), getattr(ARABIC, field.name)
        if isinstance(english, str):
            assert names_in(english) == names_in(arabic), field.name
        if hasattr(english, "keys"):
            assert english.keys() == arabic.keys()
            assert not [text for text in arabic.values() if text.isascii()]


def names_in(sentence: str) -> set[str]:
    return {part.partition("}")[0] for part in sentence.split("{")[1:]}


def test_the_picture_is_read_from_the_posts(store: Store) -> None:
    times = [NOON - 30 * MINUTE, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 7 * MINUTE]
    posts = [
        TaggedPost(
            a_raw_post(id=str(number), created_at=at, author=f"author {number % 3}", reposts=number),
            "en", 1.0, ("ban",), "r",
        )
        for number, at in enumerate(times)
    ]  # fmt: skip
    recount(store, write_posts(store, posts))
    picture = read_picture(store, INCIDENT, NOON + 10 * MINUTE, WIDTH)
    assert picture.start == NOON - timedelta(hours=2)
    assert len(picture.counts) == 26
    assert {place: posts for place, posts in enumerate(picture.counts) if posts} == {18: 1, 24: 2, 25: 1}
    assert picture.people == 3
    assert picture.first is not None
    assert picture.most_shared is not None
    assert (picture.first.id, picture.most_shared.id) == ("1", "3")
    assert [int(posts) for _, posts, _ in store.query(picture.query.paste)] == [1, 2, 1]
