"""The options of each kind: what they take, and that they show no secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from processing.alerts.notifiers import KINDS, options_of
from tests.conftest import ROOT
from tests.support.channels.servers import TOKEN

RIGHT: dict[str, dict[str, Any]] = {
    "slack": {"channel": "C0123456789", "token": TOKEN},
    "telegram": {"chat": -1001234567890, "token": TOKEN},
    "matrix": {"homeserver": "https://here.example", "room": "!a:here.example", "token": TOKEN},
    "pagerduty": {"routing_key": TOKEN},
    "alertmanager": {"url": "http://127.0.0.1:9093"},
    "webhook": {"url": f"https://here.example/{TOKEN}"},
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_kind_takes_its_fields_and_no_other(kind: str) -> None:
    options = options_of(kind)(**RIGHT[kind])

    assert TOKEN not in repr(options)
    with pytest.raises(ValidationError, match="Extra inputs"):
        options_of(kind)(**RIGHT[kind], colour="red")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("slack", "channel", "#general"),
        ("slack", "token", f"{TOKEN} two words"),
        ("slack", "token", f"{TOKEN}\n"),
        ("slack", "token", ""),
        ("slack", "url", "slack.com"),
        ("matrix", "room", "#alias:here.example"),
        ("matrix", "homeserver", "ftp://here.example"),
        ("webhook", "url", f"here.example/{TOKEN}"),
        ("webhook", "url", f"https:///{TOKEN}"),
        ("webhook", "signing_key", TOKEN),
        ("webhook", "signing_key", f"whsec_{TOKEN}!!"),
        ("webhook", "signing_key", "whsec_c2hvcnQ="),
        ("webhook", "format", "xml"),
        ("alertmanager", "labels", {"a-b": "x"}),
    ],
)
def test_what_is_wrong_is_refused_without_being_shown(kind: str, field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        options_of(kind)(**RIGHT[kind] | {field: value})

    assert [error["loc"][0] for error in refused.value.errors()] == [field]
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "field", "given", "kept"),
    [
        ("webhook", "url", "https://here.example/hook/?sig=a/", "https://here.example/hook/?sig=a/"),
        ("webhook", "url", "https://here.example/hook/", "https://here.example/hook/"),
        ("pagerduty", "url", "https://here.example/v2/enqueue/", "https://here.example/v2/enqueue/"),
        ("slack", "url", "https://here.example/api/", "https://here.example/api"),
        ("telegram", "url", "https://here.example/", "https://here.example"),
        ("matrix", "homeserver", "https://here.example/", "https://here.example"),
        ("alertmanager", "url", "https://here.example/prefix/", "https://here.example/prefix"),
    ],
)
def test_an_address_is_kept_whole_unless_paths_are_added_to_it(kind: str, field: str, given: str, kept: str) -> None:
    value = getattr(options_of(kind)(**RIGHT[kind] | {field: given}), field)

    assert (value.get_secret_value() if isinstance(value, SecretStr) else value) == kept


def test_every_kind_has_options_and_an_opener() -> None:
    assert RIGHT.keys() <= KINDS.keys()
    for kind in RIGHT:
        shape = options_of(kind)
        assert all(info.description for info in shape.model_fields.values())
        assert any(SecretStr in _parts(info.annotation) for info in shape.model_fields.values())


@pytest.mark.parametrize("kind", RIGHT)
def test_the_documentation_has_a_section_with_a_row_for_each_field(kind: str) -> None:
    text = (ROOT / "docs/alerts.md").read_text("utf-8")
    section = text.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(options_of(kind).model_fields)


def _parts(annotation: Any) -> set[Any]:
    parts = {annotation}
    for part in getattr(annotation, "__args__", ()):
        parts |= _parts(part)
    return parts
