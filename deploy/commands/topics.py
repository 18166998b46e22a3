"""`banwatch topics`: these commands check a taxonomy and apply it to a text."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.commands.options import settings
from deploy.shipped_topics import topics_files
from deploy.source_options import check_words
from processing.tagging.language import DETECTORS
from processing.tagging.topics import Taxonomy, load_taxonomy

app = typer.Typer(no_args_is_help=True, help="Check the taxonomy, and try it on a text.")

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
    """Read a taxonomy, report whether it is valid, and print its watch lists."""
    taxonomy = load_taxonomy(*(topics_files(paths) if paths else settings().topics_files))
    check_words(taxonomy.sources)
    print(f"{len(taxonomy.topics)} topics can be used; their version is {taxonomy.version}.")
    for root in (topic for topic in taxonomy.topics if topic.parent is None):
        members = [topic for topic in taxonomy.topics if taxonomy.root_of(topic.id) == root.id]
        print(f"{root.id}: {root.names['en']}, {len(members)} topics")


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


def _tagged(text: str, language: str | None, source: str) -> tuple[str, tuple[str, ...], Taxonomy]:
    own = settings()
    taxonomy = load_taxonomy(*own.topics_files)
    found = language or DETECTORS[own.processing.language_detector]().detect(text).language
    return found, taxonomy.tag(text, found, source), taxonomy
