"""docs/alerts.md describes every field of a channel."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from processing.alerts.notifiers.apprise import AppriseOptions
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.notifiers.mail import MailOptions
from tests.conftest import ROOT

KINDS: dict[str, type[BaseModel]] = {"console": ConsoleOptions, "mail": MailOptions, "apprise": AppriseOptions}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_section_with_a_row_for_each_field(kind: str) -> None:
    text = (ROOT / "docs/alerts.md").read_text("utf-8")
    section = text.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert section
    assert rows == list(KINDS[kind].model_fields)
    assert all(field.description for field in KINDS[kind].model_fields.values())
