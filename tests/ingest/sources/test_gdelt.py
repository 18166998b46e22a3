from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.source import Item, PartStatus, Watermark
from ingest.sources.gdelt.mapping import MOST_MALFORMED, NotAGkgRow, Wanted, read_file, row_to_post
from ingest.sources.gdelt.source import FILE_EVERY, Gdelt, GdeltSettings
from tests.support.networks.driving import Wall, posts, rejected, steps, take_until
from tests.support.networks.gdelt_files import Files, a_file, a_row, filing
from tests.support.serving import Says, Served

FILE = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = (
    "tiktok", "tik tok", "bytedance", "douyin", "تيك توك", "тикток", "टिकटॉक", "틱톡", "ティックトック", "抖音",
)  # fmt: skip
WANTED = Wanted(TERMS)


def row(title: str = "", wanted: Wanted = WANTED, **fields: object) -> Post | Rejected | None:
    line = a_row(FILE, 7, title, **fields)  # type: ignore[arg-type]
    return row_to_post(line.encode(), "here", wanted, backfill=False)


def taken(title: str = "", **fields: object) -> Post:
    post = row(title, **fields)  # type: ignore[arg-type]
    assert isinstance(post, Post), post
    return post


def test_an_article_is_its_title_by_its_domain() -> None:
    post = taken("Senate bans TikTok &#x2013; again &amp; again")
    assert post.text == "Senate bans TikTok – again & again"
    assert (post.source, post.id, post.author) == ("gdelt", "20260301120000-7", "news.example")
    assert post.url == post.links[0] == "https://news.example/world/a-story"
    assert (post.created_at, post.seen_at, post.langs) == (FILE, FILE, ("en",))


def test_a_translated_article_keeps_its_title_and_its_language() -> None:
    post = taken("&#x62D;&#x638;&#x631; &#x62A;&#x64A;&#x643; &#x62A;&#x648;&#x643;", language="ara")
    assert (post.text, post.langs) == ("حظر تيك توك", ("ar",))
    assert taken("TikTok tiltott", language="xyz").langs == ("xyz",)


def test_without_a_title_the_words_of_its_address_are_its_text() -> None:
    assert taken(page="https://news.example/2020/07/india-bans-tiktok-59.html").text == "india bans tiktok"


@pytest.mark.parametrize(
    "fields",
    [
        {"names": "Amazon,3;Tik Tok,88"},
        {"organisations": "bytedance;amazon"},
        {"page": "https://news.example/india-bans-tik-tok.html"},
        {"page": "https://news.example/%D8%AD%D8%B8%D8%B1-%D8%AA%D9%8A%D9%83-%D8%AA%D9%88%D9%83"},
    ],
)
def test_names_organisations_and_addresses_are_looked_at(fields: dict[str, str]) -> None:
    assert taken("A story", **fields).text == "A story"


@pytest.mark.parametrize(
    "title", ["TikToker arrested", "ولتيك توك", "印度封禁抖音应用", "ТикТок заблокирован", "टिकटॉक पर बैन"]
)
def test_terms_are_found_as_each_script_writes_them(title: str) -> None:
    assert taken(title).text == title


@pytest.mark.parametrize("title", ["Politik tokoh", "Lunch is served", ""])
def test_other_articles_are_left(title: str) -> None:
    assert row(title) is None


def test_themes_narrow_what_terms_take() -> None:
    wanted = Wanted(("tiktok",), frozenset({"BAN"}))
    assert row("TikTok", wanted, themes="TAX_FNCACT,12;BAN,80") is not None
    assert row("TikTok", wanted, themes="BANKING,80") is None


@pytest.mark.parametrize(
    ("before", "believed"), [(timedelta(minutes=20), True), (timedelta(hours=5), False), (-timedelta(hours=2), False)]
)
def test_a_page_s_own_time_is_believed_within_an_hour(before: timedelta, *, believed: bool) -> None:
    post = taken("TikTok", published=FILE - before)
    assert (post.created_at, post.clock_replaced) == ((FILE - before, False) if believed else (FILE, True))


@pytest.mark.parametrize(
    "extras",
    ["<PAGE_TITLE>" * 250_000, "<PAGE_TITLE>TikTok &#" + "1" * 5_000 + "</PAGE_TITLE>"],
    ids=["many beginnings", "many digits"],
)
def test_a_hostile_title_holds_nothing_up(extras: str) -> None:
    line = a_row(FILE, 1, names="TikTok,3") + extras
    assert isinstance(row_to_post(line.encode(), "here", WANTED, backfill=False), Post)


@pytest.mark.parametrize("line", [b"", b"one\ttwo", b"\t" * 40, b"\xff" * 20])
def test_a_row_of_other_columns_is_rejected(line: bytes) -> None:
    found = row_to_post(line, "here", WANTED, backfill=False)
    assert isinstance(found, Rejected)
    assert "columns" in found.reason


def test_a_row_without_a_time_is_rejected() -> None:
    line = a_row(FILE, 1, "TikTok").replace("\t20260301120000\t", "\tnoon\t")
    found = row_to_post(line.encode(), "here", WANTED, backfill=False)
    assert isinstance(found, Rejected)


def test_a_file_gives_its_rows_by_number() -> None:
    rows = [a_row(FILE, 1, "Lunch"), a_row(FILE, 2, "TikTok"), "broken", a_row(FILE, 4, "ByteDance")]
    found = read_file(a_file(rows), "file", WANTED, backfill=True)
    assert [(number, type(post)) for number, post in found] == [(2, Post), (3, Rejected), (4, Post)]
    assert all(post.backfill for _, post in found if isinstance(post, Post))


def test_a_file_of_garbage_is_not_told_row_by_row() -> None:
    assert len(read_file(a_file(["broken"] * 5_000), "file", WANTED, backfill=False)) == MOST_MALFORMED


def test_an_article_behind_much_garbage_is_still_taken() -> None:
    rows = ["broken"] * (MOST_MALFORMED + 1) + [a_row(FILE, 2, "TikTok")]
    assert isinstance(read_file(a_file(rows), "file", WANTED, backfill=False)[-1][1], Post)


def zipped(*contents: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"../../{number}", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no zip",
        a_file([a_row(FILE, 1, "TikTok")])[:-30],
        zipped(),
        zipped(b"a", b"b"),
        zipped(b"x" * (5 * 1024 * 1024)),
        a_file([a_row(FILE, 1, "TikTok")]).replace(b"PK\x03\x04", b"PK\x03\x05"),
        a_file([a_row(FILE, 1, "TikTok")])[40:],
    ],
)
def test_a_file_that_is_none_is_said_to_be_none(packed: bytes) -> None:
    with pytest.raises(NotAGkgRow):
        read_file(packed, "file", WANTED, backfill=False)


def test_a_bomb_is_left_when_it_has_grown_too_large() -> None:
    bomb = zipped((b"\t" * 26 + b"\n") * 100_000)
    assert len(bomb) < 20_000
    with pytest.raises(NotAGkgRow, match="larger"):
        read_file(bomb, "file", WANTED, backfill=False, most_unpacked=1_000_000)


@pytest.fixture
def files() -> Files:
    made = Files()
    made.fill(FILE, FILE)
    return made


@pytest.fixture
def server(files: Files) -> Iterator[Served]:
    with filing(files) as server:
        yield server


@pytest.fixture
def wall() -> Wall:
    return Wall(FILE + timedelta(minutes=5))


def source(server: Served, wall: Wall, **fields: object) -> Gdelt:
    settings = GdeltSettings.model_validate(
        {"base_url": f"{server.url}/gdeltv2/", "first_files": 1, "terms": TERMS} | fields
    )
    return Gdelt(settings, wall)


def has(count: int):  # type: ignore[no-untyped-def]
    return lambda taken: len(posts(taken)) >= count and isinstance(taken[-1], Watermark)


def test_each_new_file_is_read_of_both_series_from_the_server_that_is_set(
    files: Files, server: Served, wall: Wall
) -> None:
    files.add(FILE, [a_row(FILE, 1, "TikTok one"), a_row(FILE, 2, "Lunch")])
    reading = steps(source(server, wall), wall)
    assert [post.text for post in posts(take_until(reading, has(1)))] == ["TikTok one"]
    later = FILE + FILE_EVERY
    files.add(later, [a_row(later, 1, "TikTok two")])
    files.add(later, [a_row(later, 1, "TikTok drei", language="deu")], ".translation")
    assert sorted(post.text for post in posts(take_until(reading, has(2)))) == ["TikTok drei", "TikTok two"]
    assert all("elsewhere" not in path for path in server.paths())


def test_the_first_start_reads_some_files_back(files: Files, server: Served, wall: Wall) -> None:
    for number in range(1, 5):
        files.add(FILE + number * FILE_EVERY, [a_row(FILE + number * FILE_EVERY, 1, f"TikTok {number}")])
    files.fill(FILE, FILE + 4 * FILE_EVERY)
    taken = take_until(steps(source(server, wall, first_files=3), wall), has(3))
    assert [post.text for post in posts(taken)] == ["TikTok 2", "TikTok 3", "TikTok 4"]


def test_what_was_missed_is_read_by_name(files: Files, server: Served, wall: Wall) -> None:
    cursor = take_until(steps(source(server, wall), wall), lambda taken: len(taken) >= 4)[-1].cursor
    for number in range(1, 5):
        files.add(FILE + number * FILE_EVERY, [a_row(FILE + number * FILE_EVERY, 1, f"TikTok {number}")])
    files.fill(FILE, FILE + 4 * FILE_EVERY)
    wall.now = FILE + 5 * FILE_EVERY
    taken = take_until(steps(source(server, wall), wall, cursor), has(4))
    assert [post.text for post in posts(taken)] == [f"TikTok {number}" for number in range(1, 5)]
    assert len({step.since for step in taken if isinstance(step, Watermark)}) == 1


def test_it_resumes_behind_any_of_its_cursors(files: Files, server: Served, wall: Wall) -> None:
    rows = [a_row(FILE, number, f"TikTok {number}") for number in range(1, 5)]
    files.add(FILE, rows)
    taken = take_until(steps(source(server, wall), wall), has(4))
    for sent, step in enumerate((step for step in taken if isinstance(step, Item)), start=1):
        rest = take_until(
            steps(source(server, wall), wall, step.cursor), lambda taken: isinstance(taken[-1], Watermark)
        )
        assert [post.id for post in posts(rest)] == [post.id for post in posts(taken)][sent:]


def test_a_late_file_is_waited_for_and_holds_the_other_series_not_up(files: Files, server: Served, wall: Wall) -> None:
    files.put(FILE, Says(status=404), ".translation")
    files.add(FILE, [a_row(FILE, 1, "TikTok now")])
    reading = steps(source(server, wall), wall)
    taken = take_until(reading, has(1))
    assert taken[-1].until <= FILE - FILE_EVERY  # type: ignore[union-attr]
    files.add(FILE, [a_row(FILE, 1, "TikTok spät", language="deu")], ".translation")
    assert posts(take_until(reading, has(1)))[0].text == "TikTok spät"


@pytest.mark.parametrize(
    "broken", [Says(status=404), Says(b"PK no zip"), Says(a_file([a_row(FILE, 1, "TikTok")])[:-9])]
)
def test_a_file_that_stays_broken_is_told_of_and_passed_over(
    files: Files, server: Served, wall: Wall, broken: Says
) -> None:
    files.put(FILE, broken)
    reading = steps(source(server, wall), wall)
    taken = take_until(reading, lambda taken: bool(rejected(taken)))
    assert wall.now >= FILE + timedelta(hours=1)
    assert rejected(taken)[0].where == "20260301120000.gkg.csv.zip"
    later = FILE + FILE_EVERY
    files.add(later, [a_row(later, 1, "TikTok goes on")])
    assert posts(take_until(reading, has(1)))[0].text == "TikTok goes on"


def test_a_file_passed_over_is_not_covered(files: Files, server: Served, wall: Wall) -> None:
    cursor = take_until(steps(source(server, wall), wall), lambda taken: len(taken) >= 4)[-1].cursor
    hole = FILE + 2 * FILE_EVERY
    files.fill(FILE, FILE + 6 * FILE_EVERY)
    files.put(hole, Says(b"PK no zip"))
    wall.now = FILE + 8 * FILE_EVERY
    reading = steps(source(server, wall), wall, cursor)
    taken = take_until(reading, lambda taken: getattr(taken[-1], "until", FILE) >= FILE + 4 * FILE_EVERY)
    spans = [(step.since, step.until) for step in taken if isinstance(step, Watermark) and step.until > step.since]
    assert max(until for _, until in spans) > hole + 2 * FILE_EVERY
    assert max(until for since, until in spans if since < hole) > FILE
    assert not [(since, until) for since, until in spans if since <= hole <= until]


def test_history_covers_no_file_that_is_not_there(files: Files, server: Served, wall: Wall) -> None:
    then = datetime(2020, 7, 10, 16, tzinfo=UTC)
    files.fill(then, then + 8 * FILE_EVERY)
    hole = then + 4 * FILE_EVERY
    files.put(hole, Says(status=404), ".translation")
    files.newest = {"": FILE, ".translation": FILE}
    wanted = {"since": then, "until": then + 7 * FILE_EVERY}
    taken = take_until(steps(source(server, wall, **wanted), wall), lambda taken: len(taken) > 10)
    spans = {
        (step.since, step.until) for step in taken if isinstance(step, Watermark) and step.until < FILE - FILE_EVERY
    }
    assert max(until for since, until in spans if since == then) == hole - timedelta(minutes=15, seconds=1)
    assert max(until for since, until in spans if since > hole) == then + 7 * FILE_EVERY - timedelta(seconds=1)
    assert not [(since, until) for since, until in spans if since <= hole <= until]


def test_history_is_read_by_name_then_what_comes(files: Files, server: Served, wall: Wall) -> None:
    then = datetime(2020, 7, 10, 16, tzinfo=UTC)
    files.add(then, [a_row(then, 1, page="https://news.example/amazon-tiktok-email")])
    files.add(then + FILE_EVERY, [a_row(then + FILE_EVERY, 1, "أمازون وتيك توك", language="ara")], ".translation")
    files.fill(then, then + 3 * FILE_EVERY)
    files.newest = {"": FILE, ".translation": FILE}
    files.add(FILE, [a_row(FILE, 1, "TikTok now")])
    wanted = {"since": then, "until": then + timedelta(minutes=40)}
    taken = take_until(steps(source(server, wall, **wanted), wall), has(3))
    assert [post.text for post in posts(taken)] == ["amazon tiktok email", "أمازون وتيك توك", "TikTok now"]
    assert [post.backfill for post in posts(taken)] == [True, True, False]
    assert rejected(taken) == []
    history = [step for step in taken if isinstance(step, Watermark) and step.since == then]
    assert all(step.idle for step in history if step.until > step.since)
    assert history[-1].until == then + timedelta(minutes=45, seconds=-1)
    again = take_until(steps(source(server, wall, **wanted), wall, taken[-1].cursor), lambda taken: len(taken) > 1)
    assert posts(again) == []


def test_history_passes_over_no_file_while_the_network_is_away(files: Files, server: Served, wall: Wall) -> None:
    then = datetime(2020, 7, 10, 16, tzinfo=UTC)
    files.add(then, [a_row(then, 1, "TikTok one")])
    files.fill(then, then + FILE_EVERY)
    files.put(then + FILE_EVERY, Says(status=503))
    files.newest = {"": FILE, ".translation": FILE}
    reading = steps(source(server, wall, since=then, until=then + timedelta(minutes=40)), wall)
    take_until(reading, has(1))
    files.newest = {"": YEAR_1, ".translation": YEAR_1}
    with pytest.raises(Transient, match="names no file"):
        take_until(reading, lambda taken: bool(rejected(taken)))


def test_after_a_long_absence_it_begins_anew(files: Files, server: Served, wall: Wall) -> None:
    cursor = take_until(steps(source(server, wall), wall), lambda taken: len(taken) >= 2)[-1].cursor
    later = FILE + timedelta(days=9)
    files.fill(later, later)
    wall.now = later
    taken = take_until(steps(source(server, wall), wall, cursor), lambda taken: len(taken) >= 3)
    assert all(step.since > FILE + timedelta(days=8) for step in taken if isinstance(step, Watermark))
    assert not rejected(taken)


def test_a_server_without_new_files_is_not_taken_for_alive(files: Files, server: Served, wall: Wall) -> None:
    alive = FILE
    for _ in steps(source(server, wall), wall, within=timedelta(hours=3)):
        alive = wall.now
    assert timedelta(minutes=40) < alive - FILE < timedelta(minutes=50)
    assert wall.now > FILE + timedelta(hours=2)


def test_one_series_alone(files: Files, server: Served, wall: Wall) -> None:
    take_until(steps(source(server, wall, translated=False), wall), lambda taken: len(taken) >= 2)
    assert not any("translation" in path for path in server.paths())


YEAR_1, YEAR_9999 = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("newest", "says"), [(YEAR_1, "names no file"), (YEAR_9999, "a time to come")])
def test_one_list_that_is_wrong_belongs_to_its_series(
    files: Files, server: Served, wall: Wall, newest: datetime, says: str
) -> None:
    files.newest[".translation"] = newest
    files.add(FILE, [a_row(FILE, 1, "TikTok now")])
    told: list[PartStatus] = []
    own = source(server, wall)
    taken = take_until(steps(own, wall, told=told), has(1))
    assert [status.part for status in told] == ["translated articles"]
    assert says in told[0].fault
    files.newest[".translation"] = FILE
    files.add(FILE, [a_row(FILE, 1, "TikTok jetzt", language="deu")], ".translation")
    again = take_until(steps(own, wall, taken[-1].cursor, told=told), has(1))
    assert [post.text for post in posts(again)] == ["TikTok jetzt"]
    assert told[1:] == [PartStatus("translated articles")]


def test_where_no_list_can_be_read_it_is_the_network(files: Files, server: Served, wall: Wall) -> None:
    files.newest = {"": YEAR_1, ".translation": YEAR_1}
    with pytest.raises(Transient, match="names no file"):
        next(steps(source(server, wall), wall))


def test_a_series_that_fails_for_long_is_left_out_of_what_is_covered(files: Files, server: Served, wall: Wall) -> None:
    own = source(server, wall)
    taken = take_until(steps(own, wall), lambda taken: len(taken) >= 4)
    files.newest[".translation"] = YEAR_1
    for number in range(1, 9):
        files.add(FILE + number * FILE_EVERY, [])
    wall.now = FILE + 8 * FILE_EVERY
    reached = [step for step in steps(own, wall, taken[-1].cursor, timedelta(hours=1)) if isinstance(step, Watermark)]
    held = [step for step in reached if step.since == taken[-1].since]  # type: ignore[union-attr]
    assert max(step.until for step in held) < FILE + FILE_EVERY
    assert reached[-1].until == FILE + 8 * FILE_EVERY - timedelta(seconds=1)
    assert reached[-1].since == FILE


@pytest.mark.parametrize("status", [403, 500])
def test_one_file_that_is_refused_holds_up_nothing_and_is_passed_over_in_the_end(
    files: Files, server: Served, wall: Wall, status: int
) -> None:
    own = source(server, wall)
    cursor = take_until(steps(own, wall), lambda taken: len(taken) >= 4)[-1].cursor
    hole = FILE + FILE_EVERY
    files.fill(FILE, FILE + 8 * FILE_EVERY)
    files.put(hole, Says(status=status))
    files.add(FILE + 2 * FILE_EVERY, [a_row(FILE, 1, "TikTok drei", language="deu")], ".translation")
    files.add(FILE + 2 * FILE_EVERY, [a_row(FILE, 2, "TikTok behind it")])
    wall.now = FILE + 8 * FILE_EVERY
    told: list[PartStatus] = []
    taken = take_until(steps(own, wall, cursor, told=told), has(2))
    assert [post.text for post in posts(taken)] == ["TikTok drei", "TikTok behind it"]
    assert timedelta(hours=1) <= wall.now - (FILE + 8 * FILE_EVERY) < timedelta(hours=2)
    assert [status.part for status in told] == 2 * ["20260301121500.gkg.csv.zip"]
    assert [bool(status.fault) for status in told] == [True, False]
    assert str(status) in rejected(taken)[0].reason


def test_a_file_that_is_refused_once_is_had_the_next_time(files: Files, server: Served, wall: Wall) -> None:
    files.put(FILE, Says(status=503))
    reading = steps(source(server, wall), wall)
    take_until(reading, lambda taken: isinstance(taken[-1], Watermark))
    files.add(FILE, [a_row(FILE, 1, "TikTok at last")])
    assert posts(take_until(reading, has(1)))[0].text == "TikTok at last"


def test_up_does_not_start_a_gigabyte_a_day_unasked() -> None:
    assert not GdeltSettings().starts_with_up
    assert GdeltSettings(translated=False).starts_with_up


def test_no_terms_is_a_sentence(server: Served, wall: Wall) -> None:
    with pytest.raises(Misconfigured, match="TERMS"):
        source(server, wall, terms=())
