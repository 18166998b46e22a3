"""The log as a program reads it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from deploy import logs
logs.configure()
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(batch="b1"):
    log.warning("rejected", reason="a line\\nof a network: \\"ban\\" حظر")
    log.debug("batch counted", offsets={3: 7})
log.info("after")
try:
    raise ValueError("broken")
except ValueError:
    log.exception("failed")
logging.getLogger("of.a.library").warning("with %s", "arguments")
"""


def run(monkeypatch: pytest.MonkeyPatch, **settings: str) -> list[str]:
    for name, value in settings.items():
        monkeypatch.setenv(f"BANWATCH_{name}", value)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_each_line_is_an_object_with_the_id_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.loads(line) for line in run(monkeypatch, LOG_FORMAT="json", LOG_LEVEL="debug")]
    assert [(line["event"], line.get("batch")) for line in lines] == [
        ("rejected", "b1"),
        ("batch counted", "b1"),
        ("after", None),
        ("failed", None),
        ("with arguments", None),
    ]
    assert all(line["timestamp"] and line["level"] for line in lines)
    assert lines[0]["reason"] == 'a line\nof a network: "ban" حظر'
    assert "ValueError: broken" in lines[3]["exception"]
    assert lines[4]["logger"] == "of.a.library"


@pytest.mark.parametrize("settings", [{}, {"LOG_FORMAT": "xml"}])
def test_without_a_valid_setting_it_is_text_without_a_line_for_each_batch(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    said = "\n".join(run(monkeypatch, **settings))
    assert "level=warning event=rejected" in said
    assert "batch=b1" in said
    assert "batch counted" not in said
