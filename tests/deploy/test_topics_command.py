"""`banwatch topics new` and `check`: a new watch list can be used as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.watch_list import watch_lists
from deploy.commands.topics import app
from deploy.processes.dashboard import topics_of
from deploy.shipped_topics import FIRST, shipped
from ingest.sources.mastodon.timelines import feeds_of
from processing.tagging.topics import ReloadingTaxonomy, load_taxonomy

TITLES = {"en": 'Strikes, "all" of them', "ar": "الإضرابات", "fr": "Les grèves"}
GIVEN = [each for tag, title in TITLES.items() for each in ("--title", f"{tag}={title}")]


def run(*arguments: str, stdin: str = "") -> str:
    done = CliRunner().invoke(app, list(arguments), input=stdin, env={"COLUMNS": "300"})
    return " ".join(done.output.split())


def test_words_and_titles_make_a_list_that_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "strike.toml"
    said = run("new", "strike", *GIVEN, "--words", "walk out, إضراب", "--to", str(file))
    assert f"BANWATCH_TOPICS_FILE={file}, and beside another list with {FIRST},{file}" in said
    taxonomy = load_taxonomy(shipped()[FIRST], file)
    assert taxonomy.topics[-1].names == TITLES
    assert taxonomy.tag("they walk out at noon", "en", "here") == ("strike",)
    assert taxonomy.tag("بدأ الإضراب اليوم", "ar", "here") == ("strike",)
    assert f"watch list strike: {TITLES['en']}; topics below it: 0" in (said := run("check", str(file)))
    assert said.endswith("words for sources: gdelt, mastodon")


def test_a_root_without_a_watched_topic_is_no_list_and_a_title_steers_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "strike.toml"
    file.write_text(
        """
        topics.strike = {names = {en = "A \\u001b[2Jstrike", ar = "إضراب"}, rules.any = "walkout"}
        topics.app = {names = {en = "An app", ar = "تطبيق"}, rules.any = "app", watched = false}
        """,
        "utf-8",
    )
    assert "watch list strike: A [2Jstrike; topics below it: 0" in (said := run("check", str(file)))
    assert "watch list app" not in said
    assert said.endswith("words for sources: none")
    assert [each.root for each in watch_lists(topics_of(ReloadingTaxonomy(file)))] == ["strike"]


def test_hashtags_of_words_are_those_that_mastodon_takes(tmp_path: Path) -> None:
    file, words = tmp_path / "vote.toml", "U.S. election,don't vote,vote*,covid-19,2028,#ballot"
    run("new", "vote", *GIVEN, "--words", words, "--to", str(file))
    [tags] = [each.words for each in load_taxonomy(file).sources if each.source == "mastodon"]
    assert tags == ("USelection", "dontvote", "vote", "covid19", "ballot")
    feeds_of(("example.org",), tags, "none", "", stream=False)  # raises for what is no hashtag


def test_what_is_not_given_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "strike.toml"
    run("new", "strike", "--title", "en=Strikes", "--to", str(file), stdin="الإضرابات\nLes grèves\nwalkout\n")
    assert load_taxonomy(file).topics[0].names == {"en": "Strikes", "ar": "الإضرابات", "fr": "Les grèves"}


@pytest.mark.parametrize("like", shipped())
def test_a_copy_of_a_shipped_list_has_ids_of_its_own_and_finds_the_same(tmp_path: Path, like: str) -> None:
    file, original = tmp_path / "own.toml", shipped()[like]
    run("new", "own", "--like", like, *GIVEN, "--to", str(file))
    both, alone = load_taxonomy(original, file), load_taxonomy(original)
    own = [topic for topic in both.topics if topic not in alone.topics]
    assert len(own) == len(alone.topics)
    assert {both.root_of(topic.id) for topic in own} == {"own"}
    assert [each.root for each in both.corrections].count("own") == len(alone.corrections)
    assert next(topic for topic in own if topic.id == "own").names == TITLES
    for text in ("The senate votes to ban TikTok", "Instagram is down", "Measles outbreak in two schools"):
        found = both.tag(text, "en", "here")
        assert len([each for each in found if both.root_of(each) == "own"]) == len(alone.tag(text, "en", "here"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Strike", *GIVEN, "--words", "walkout"), "'Strike' is no id"),
        (("strike", "--like", "storms"), "There is no shipped watch list 'storms'. There are: tiktok-bans"),
        (("strike", *GIVEN, "--words", " , "), "--words names no word"),
        (("strike", "--title", "xx=Strikes"), "with a TAG of en, ar, fr: not 'xx'"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in run("new", *arguments, "--to", str(tmp_path / "strike.toml"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "strike.toml"
    file.write_text("mine")
    assert "exists already" in run("new", "strike", *GIVEN, "--words", "walkout", "--to", str(file))
    assert file.read_text() == "mine"
