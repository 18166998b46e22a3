"""The pictures of the documents: each page has one, each is shown, and none is large."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.screenshots import IMAGES, WIDTH, Picture, pictures

SHOWN = set(re.findall(r"\(images/(\S+)\.png\)", (ROOT / "docs" / "dashboard.md").read_text("utf-8")))


@pytest.mark.parametrize("picture", list(pictures()), ids=lambda each: each.name)
def test_the_picture_of_a_page_is_shown_and_is_not_large(picture: Picture) -> None:
    path = IMAGES / f"{picture.name}.png"
    with Image.open(path) as image:
        assert image.size == (WIDTH, picture.height), "taken by another state of the command: `make screenshots`"
    assert path.stat().st_size < 250_000
    assert picture.name in SHOWN


def test_every_picture_is_taken_by_the_command() -> None:
    assert {each.stem for each in IMAGES.glob("*.png")} == SHOWN == {each.name for each in pictures()}
