"""Durations among the settings are seconds or ISO 8601."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from processing.settings import ProcessingSettings


@pytest.mark.parametrize("written", ["300", "300.0", " 300 ", "PT5M", "00:05:00"])
def test_five_minutes_are_read_as_people_write_them(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_BIN_WIDTH", written)
    assert ProcessingSettings().bin_width == timedelta(minutes=5)


@pytest.mark.parametrize("written", ["five", "5 minutes"])
def test_what_is_no_duration_is_refused(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_BIN_WIDTH", written)
    with pytest.raises(ValidationError, match="bin_width"):
        ProcessingSettings()


def test_an_empty_setting_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = ProcessingSettings().bin_width
    monkeypatch.setenv("BANWATCH_BIN_WIDTH", "")
    assert ProcessingSettings().bin_width == usual
