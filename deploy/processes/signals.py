"""How a process is told to end."""

from __future__ import annotations

import signal
import threading


def until_signalled() -> threading.Event:
    """An event that SIGTERM, SIGINT and SIGHUP set."""
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signal_number, lambda *_: stop.set())
    return stop
