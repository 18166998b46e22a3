"""The tokens of hostile texts: each is read once, to its end, however it goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.embedded.chdb_http.lexer import tokens
from deploy.embedded.chdb_http.statement import Need, first_word, outline, reads_input, split_insert

UNITS = {
    "comments": b"/* ",
    "comments and quotes": b"/* ' ",
    "quotes of three kinds": b"'\"`",
    "escaped quotes": b"'\\'",
    "escaped quotes of two kinds": b"'\\\"",
    "doubled quotes": b"''\"\"",
    "curved quotes": "“‘".encode(),
    "tags": b"$a ",
    "dollars": b"$",
    "line comments": b"--a\n",
    "line comments that do not end": b"--",
    "brackets": b"(",
    "words": b"format a ",
    "slashes and stars": b"/ *",
    "stars and slashes": b"*/ ",
}


def said(text: bytes, *, complete: bool = True) -> list[bytes]:
    return [token for token, *_ in tokens(text, complete=complete)]


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_a_long_hostile_text_is_read_to_its_end(unit: bytes) -> None:
    """Where one step more than the text is long were taken for each byte, these would not end for many minutes."""
    text = unit * (200_000 // len(unit))
    assert first_word(text) in {"", "FORMAT"}
    assert outline(text + b" FORMAT CSV").names_a_file is False
    assert reads_input(text) is False
    assert isinstance(split_insert(b"INSERT INTO t (" + text, complete=True), Need)


def test_tags_of_their_own_are_looked_up_and_not_searched_for() -> None:
    text = b"".join(b"$%d$ " % number for number in range(100_000))
    assert len(said(text)) == 100_000


@given(st.binary(max_size=200) | st.lists(st.sampled_from(list(UNITS.values())), max_size=30).map(b"".join))
def test_tokens_stand_one_behind_another(text: bytes) -> None:
    for complete in (True, False):
        edge = 0
        for token, start, end, _ in tokens(text, complete=complete):
            assert edge <= start < end <= len(text)
            assert token.lower() == text[start:end].lower()
            edge = end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a /* b /* c */ d */ e", [b"A", b"E"]),
        (b"a /* b /* c */ d", [b"A"]),
        (b"a // b\nc", [b"A", b"C"]),
        (b"a -- b\nc # d\ne", [b"A", b"C", b"E"]),
        (b"a - b / c", [b"A", b"-", b"B", b"/", b"C"]),
        (b"'a b", [b"'a b"]),
        (b"'a\\' b' c", [b"'a\\' b'", b"C"]),
        (b"'a'' b' c", [b"'a'' b'", b"C"]),
        (b"'a\\", [b"'a\\"]),
        ("“a b” c".encode(), ["“a b”".encode(), b"C"]),
        (b"$x$ a $x$ b", [b"$x$ a $x$", b"B"]),
        (b"$ x$ a $ x$ b", [b"$ x$ a $ x$", b"B"]),
        (b"$x$ a $y$ b", [b"$x$", b"A", b"$y$", b"B"]),
        (b"$a$a$ b", [b"$a$a$", b"B"]),
        (b"a$b c", [b"A$B", b"C"]),
        (b"$ a", [b"$", b"A"]),
    ],
)
def test_tokens_are_those_of_the_engine(text: bytes, expected: list[bytes]) -> None:
    assert said(text) == expected


def test_a_here_document_may_still_end_while_the_text_grows() -> None:
    assert said(b"$x$ a", complete=False) == [b"$x$ a"]
    assert split_insert(b"INSERT INTO t VALUES ($x$ a", complete=False) != Need.NOTHING
    assert split_insert(b"INSERT INTO t SETTINGS a = $x$ FORMAT CSV", complete=False) is Need.MORE
