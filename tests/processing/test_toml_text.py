"""Each key of a TOML file has its line, whatever else the file holds."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from processing.toml_text import Key, NotToml, TomlText

TEXT = '''zone = "x" # [not.a.table]
  [channels."a b"]
kind = "q"
 list = [ # ] x
  "]", 'x = 1', """
y = 2""",
]
text = """
[rules]
a = 1\\""" """"
literal = \'\'\'
b = 2\'\'\'
[[rules]]
name = "n"
[rules.sub]
x.y = {z = [1, {w = 2}]}
[[rules]]
'q=r' = 2
[[rules.deep]]
v = 1
[[rules.deep]]
v = 2
'''
LINES: dict[Key, int] = {
    ("zone",): 1,
    ("channels",): 2,
    ("channels", "a b"): 2,
    ("channels", "a b", "kind"): 3,
    ("channels", "a b", "list"): 4,
    ("channels", "a b", "list", 1): 4,
    ("channels", "a b", "text"): 8,
    ("channels", "a b", "literal"): 11,
    ("channels", "a b", "absent"): 2,
    ("rules",): 13,
    ("rules", 0, "name"): 14,
    ("rules", 0, "sub", "x", "y", "z"): 16,
    ("rules", 1): 17,
    ("rules", 1, "q=r"): 18,
    ("rules", 1, "deep", 0, "v"): 20,
    ("rules", 1, "deep", 1): 21,
    ("rules", 1, "deep", 1, "v"): 22,
}


@pytest.mark.parametrize(("key", "line"), LINES.items(), ids=map(str, LINES))
def test_a_key_has_its_line_or_that_of_the_table_around_it(key: Key, line: int) -> None:
    document = TomlText(TEXT, "file")
    assert document.line(document.offset(key)) == line


def test_a_header_begins_at_its_bracket() -> None:
    document = TomlText(TEXT, "file")
    assert document.column(document.offset(("channels", "a b"))) == 3


def test_a_key_of_which_nothing_stands_in_the_file_has_no_place() -> None:
    assert TomlText(TEXT, "file").offset(("absent", "field")) == -1


def test_every_key_of_the_shipped_taxonomy_is_found_on_a_line_that_names_it() -> None:
    document = TomlText.read(Path(str(resources.files("deploy") / "config/topics.toml")), "the taxonomy")
    lines = document.text.splitlines()
    keys = [("topics", topic, field) for topic, fields in document.values["topics"].items() for field in fields]
    assert len(keys) > 50
    assert [key for key in keys if key[2] not in lines[document.line(document.offset(key)) - 1]] == []


def test_a_text_that_is_no_toml_names_the_place() -> None:
    with pytest.raises(NotToml, match=r"^rules.toml, line 2, column 5: not TOML: [^\n]*[^.]\.$"):
        TomlText("a = 1\nb = \n", "rules.toml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    with pytest.raises(NotToml, match=f"^{path}: the rules file cannot be read: "):
        TomlText.read(path, "the rules file")
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(NotToml, match=f"^{path}: the rules file cannot be read: "):
        TomlText.read(path, "the rules file")
