"""Which states of the engine end its process, and which only pass."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deploy.embedded.chdb_http.pulse import LOST_STATUS, REFUSALS

# The process ends with 0 once the engine has answered behind its refusals.
REFUSING = """
import sys, threading
from deploy.embedded.chdb_http.pulse import Heartbeat

left, answered = int(sys.argv[1]), threading.Event()

def beat():
    global left
    left -= 1
    if left >= 0:
        raise RuntimeError("no memory")
    answered.set()

Heartbeat(beat, 1)
answered.wait()
"""


@pytest.mark.parametrize(("refusals", "status"), [(REFUSALS - 1, 0), (REFUSALS, LOST_STATUS)])
def test_an_engine_that_refuses_now_and_then_is_not_given_up(refusals: int, status: int) -> None:
    command = [sys.executable, "-c", REFUSING, str(refusals)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == status
    assert ("The engine refuses everything (no memory): the warehouse ends" in ended.stderr) == (status == LOST_STATUS)
