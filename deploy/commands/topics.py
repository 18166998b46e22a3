"""`banwatch topics`: these commands check a taxonomy, apply it to a text, and begin a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import settings
from deploy.new_taxonomy import from_file, from_words
from deploy.shipped_topics import FIRST, shipped, topics_files
from deploy.source_options import check_words
from processing.i18n import LANGUAGES, language
from processing.plain_text import plain
from processing.tagging.language import DETECTORS
from processing.tagging.topics import TOPIC_ID, Taxonomy, load_taxonomy, parse_taxonomy

app = typer.Typer(no_args_is_help=True, help="Check the taxonomy, try it on a text, begin a new one.")

Text = Annotated[str, typer.Argument(help="What somebody posted.")]
Language = Annotated[str | None, typer.Option(help="BCP 47 tag of the text; detected if not given.")]
Source = Annotated[str, typer.Option(help="Name of the network it comes from.")]


@app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Files, or names of shipped watch lists; else those in use."),
    ] = None,
) -> None:
    """Read a taxonomy, report whether it is valid, and print its watch lists and the sources that it has words for."""
    taxonomy = load_taxonomy(*(topics_files(paths) if paths else settings().topics_files))
    check_words(taxonomy.sources)
    print(f"{len(taxonomy.topics)} topics can be used; their version is {taxonomy.version}.")
    titles = taxonomy.names_in("en")
    for root in dict.fromkeys(taxonomy.roots.values()):  # what has no watched topic is no list
        below = sum(taxonomy.root_of(topic.id) == root for topic in taxonomy.topics) - 1
        print(f"watch list {root}: {plain(titles[root])}; topics below it: {below}")
    print(f"words for sources: {', '.join(dict.fromkeys(each.source for each in taxonomy.sources)) or 'none'}")


@app.command("try")
def try_text(text: Text, language: Language = None, source: Source = "example") -> None:
    """Print the language and the topics of a text."""
    found, topics, _ = _tagged(text, language, source)
    print(f"{found}\t{', '.join(topics) or 'no topic'}")


@app.command()
def explain(text: Text, language: Language = None, source: Source = "example") -> None:
    """Print the rules that gave a text its topics: the part of each rule that matches, and the matching words."""
    found, topics, taxonomy = _tagged(text, language, source)
    print(f"language {found}; {', '.join(topics) or 'no topic'}")
    for match in taxonomy.explain(text, found, source):
        print(f"{match.topic} ({match.language}): {', '.join(match.words)}")
        print(f"    {match.branch}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the root topic, such as `election`.")],
    title: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG=TEXT", help="The title in a language of the page, such as `en=Elections`."),
    ] = None,
    words: Annotated[str | None, typer.Option(metavar="A,B,...", help="Words that name the subject.")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="LIST", help="Copy the rules of a shipped watch list instead.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="The file to write; NAME.toml if not given.")] = None,
) -> None:
    """Begin a watch list: write a taxonomy file with a title in each language of the page, to be changed by hand.

    What is not given is asked for.
    """
    if not TOPIC_ID.fullmatch(name):
        raise typer.BadParameter(f"{name!r} is no id: it is made of small letters, digits and hyphens, 64 at most.")
    path = (to or Path(f"{name}.toml")).absolute()
    if path.exists():
        raise typer.BadParameter(f"{path} exists already.")
    known = shipped()
    if like is not None and like not in known:
        raise typer.BadParameter(f"There is no shipped watch list {like!r}. There are: {', '.join(known)}.")
    titles = _titles(title or [])
    if like is not None:
        text = from_file(known[like], name, titles)
    else:
        given = words or typer.prompt("Words that name the subject, separated by commas")
        subject = [each.strip() for each in given.split(",") if each.strip()]
        if not subject:
            raise typer.BadParameter("--words names no word: it is A,B,...")
        text = from_words(name, titles, subject)
    parse_taxonomy(text, str(path))  # what cannot be used is not written
    path.write_text(text, "utf-8")
    print(f"{path} is written. Change its rules, and check them with `banwatch topics check {path}`.")
    print(f"It is watched with BANWATCH_TOPICS_FILE={path}, and beside another list with {FIRST},{path}")


def _titles(given: list[str]) -> dict[str, str]:
    """Return the title in each language of the page. One that is not given is asked for."""
    pairs = dict(each.partition("=")[::2] for each in given)
    if unknown := pairs.keys() - set(LANGUAGES):
        raise typer.BadParameter(f"--title is TAG=TEXT, with a TAG of {', '.join(LANGUAGES)}: not {min(unknown)!r}.")
    return {tag: pairs.get(tag) or typer.prompt(f"Title in {language(tag).native_name}") for tag in LANGUAGES}


def _tagged(text: str, language: str | None, source: str) -> tuple[str, tuple[str, ...], Taxonomy]:
    own = settings()
    taxonomy = load_taxonomy(*own.topics_files)
    found = language or DETECTORS[own.processing.language_detector]().detect(text).language
    return found, taxonomy.tag(text, found, source), taxonomy
