"""Hindi and Arabic as people type them in Latin letters, made from their own script for training."""

from __future__ import annotations

import itertools
import random
import re

_HINDI_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "च": "ch", "छ": "ch", "ज": "j", "झ": "jh", "ट": "t", "ठ": "th", "ड": "d",
    "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n", "प": "p", "फ": "f", "ब": "b", "भ": "bh",
    "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v", "श": "sh", "ष": "sh", "स": "s", "ह": "h",
}  # fmt: skip
_HINDI_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au", "ऑ": "o",
    "ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "े": "e", "ै": "ai", "ो": "o", "ौ": "au", "ॉ": "o", "ं": "n",
    "ँ": "n", "ृ": "ri",
}  # fmt: skip
_SILENT = re.compile(r"(?<=[aeiouA][^aeiouA])A(?=[^aeiouA]h?[aeiou])")

_ARABIC_LETTERS = {
    "ا": "a", "أ": "a", "إ": "e", "آ": "a", "ٱ": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j g", "ح": "7 h",
    "خ": "kh 5", "د": "d", "ذ": "z th", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s 9", "ض": "d", "ط": "t 6",
    "ظ": "z", "ع": "3 a", "غ": "gh", "ف": "f", "ق": "2 q k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
    "و": "w o ou", "ي": "y i ee", "ة": "a eh", "ى": "a", "ء": "2", "ئ": "2 y", "ؤ": "2 o", "پ": "p", "گ": "g",
    "چ": "ch", "ڤ": "v",
}  # fmt: skip
_SAID = "aeiou"
_BETWEEN = ("", "", "a", "a", "e", "i", "o")
_ARTICLE = re.compile(r"^ال(?=..)")


def typed_hindi(text: str) -> str:
    """Return a text in Devanagari as people type it."""
    return " ".join(map(_hindi_word, text.split()))


def typed_arabic(text: str, chance: random.Random) -> str:
    """Return a text in Arabic letters as people may type it (Arabizi). Other characters stay."""
    return " ".join(_arabic_word(word, chance) for word in text.split())


def _hindi_word(word: str) -> str:
    """Return a Hindi word as people type it in Latin letters: some of its unwritten vowels, but none at the end."""
    typed = ""
    for letter, following in itertools.pairwise([*word, ""]):
        typed += _HINDI_CONSONANTS.get(letter) or _HINDI_VOWELS.get(letter, "")
        typed += "A" if letter in _HINDI_CONSONANTS and following in _HINDI_CONSONANTS else ""
    return _SILENT.sub("", typed).lower()


def _arabic_word(word: str, chance: random.Random) -> str:
    """Return one spelling of a word. Its short vowels, which nobody writes in Arabic letters, are guessed."""
    rest = _ARTICLE.sub("", word)
    typed = chance.choice(["el ", "al ", "l"]) if rest != word else ""
    for letter in rest:
        if letter not in _ARABIC_LETTERS:
            typed += letter if letter.isascii() else ""
            continue
        written = chance.choice(_ARABIC_LETTERS[letter].split())
        silent = typed[-1:].isalpha() and typed[-1] not in _SAID and written[0] not in _SAID
        typed += (chance.choice(_BETWEEN) if silent else "") + written
    return typed
