"""How processes end: one handler for each signal that asks for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from deploy.processes.signals import run_until
from ingest.errors import Unavailable
from ingest.liveness import Liveness

WAITS = (
    "from deploy.processes.signals import until_signalled\n"
    "stop = until_signalled()\n"
    "print('waits', flush=True)\n"
    "stop.wait(30)\n"
    "print('told' if stop.is_set() else 'not told')"
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_process_ends_by_itself_on_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        process.send_signal(number)
        assert process.stdout.read() == "told\n"
    assert process.returncode == 0


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    program = (
        "import signal\n"
        "from deploy.processes.signals import until_signalled\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "until_signalled()\n"
        "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"


def test_a_stop_while_kafka_is_away_ends_the_work_without_a_failure() -> None:
    stop, liveness = threading.Event(), Liveness(ready=True)

    def work() -> str:
        stop.set()
        raise Unavailable("Nothing answers.")

    assert run_until(stop, work, liveness) is None
    assert liveness.turned_at is not None
    assert not liveness.ready, "it lives and does not do its work"
