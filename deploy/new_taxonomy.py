"""The text of a new taxonomy file: a form with words of the user's, or a copy of a shipped one under another root."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from processing.tagging.topics import load_taxonomy

_FORM = """# What banwatch looks for: {comment}. Change it, then run `banwatch topics check` with this file.
#
# A topic is an id with names and rules; a set is a list of terms, used in rules as @name. A term is compared without
# case, accents and letter forms; `word*` is any word that begins so. Terms and rules under `any` count in every
# language, those under a language's tag (en, ar, fr) in posts of that language.
#
# Rules:  AND OR NOT ( )   "a phrase"   prefix*   /regex/   @set   topic:id   lang:xx   source:name
#         a NEAR/5 b    within five words, 1 is next to it    a BEFORE/5 b    in this order, too
#         a UNLESS/5 b  an a with no b that near

[reads]  # in which languages' terms a language is read as well
any = ["en"]

[sources.gdelt]  # what these sources ask for, where no setting of theirs says it
terms = {words}

[sources.mastodon]
hashtags = {tags}

[sets.subject]
any = {words}

[topics.{name}]  # the root: its names are the title of the watch list
{titles}
rules.any = "@subject"

# A topic below the root has a name and rules of its own, and its posts are also posts of the root:
#
#   [topics.{name}-official]
#   parent = "{name}"
#   names.en = "Authorities"
#   names.ar = "السلطات"
#   rules.any = "topic:{name} AND (minister OR ministry OR وزارة)"
"""

_NOT_IN_A_TAG = re.compile(r"""[\s#/?&=%+.,;:!'"()<>\\@*-]+""")
_NAMES = re.compile(r"^names\..*\n", re.MULTILINE)


def from_words(name: str, titles: Mapping[str, str], words: Sequence[str]) -> str:
    """Return a file with one topic, which finds these words in every language. `titles` are by language."""
    return _FORM.format(
        name=name,
        comment=" ".join(titles["en"].split()),
        words=_quoted(words),
        tags=_quoted(list(_tags(words))),
        titles="\n".join(_titles(titles)),
    )


def from_file(path: Path, name: str, titles: Mapping[str, str]) -> str:
    """Return a copy of a taxonomy file with one root, so that both can run at once.

    The root becomes `name`, a topic below it `name-ID`, and the root's names become the titles.
    """
    taxonomy = load_taxonomy(path)
    [root] = [topic.id for topic in taxonomy.topics if topic.parent is None]
    ids = {topic.id: f"{name}-{topic.id.removeprefix(f'{root}-')}" for topic in taxonomy.topics} | {root: name}
    naming = re.compile(
        r'(^\[topics\.|^(?:parent|corrects|among|unless) = "|\btopic:)([a-z0-9][a-z0-9-]*)', re.MULTILINE
    )
    text = naming.sub(lambda found: found[1] + ids.get(found[2], found[2]), path.read_text("utf-8"))
    own = re.compile(rf"^(\[topics\.{name}\].*\n)((?:(?!\[).*\n)*)", re.MULTILINE)
    titled = "\n".join(_titles(titles)) + "\n"
    return own.sub(lambda found: found[1] + titled + _NAMES.sub("", found[2]), text)


def _tags(words: Sequence[str]) -> Iterator[str]:
    """Yield the words as hashtags. What is no hashtag, such as a number, would keep Mastodon from starting."""
    for word in words:
        tag = _NOT_IN_A_TAG.sub("", word)
        if tag and not tag.isdecimal():
            yield tag


def _titles(titles: Mapping[str, str]) -> list[str]:
    return [f"names.{language} = {json.dumps(title, ensure_ascii=False)}" for language, title in titles.items()]


def _quoted(words: Sequence[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)
