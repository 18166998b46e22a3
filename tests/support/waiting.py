"""Waiting for a state, and ports to wait at."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

Found = TypeVar("Found")


PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to outgoing connections, so that none takes a port before it is used."""


def free_port() -> int:
    """A port that nothing held a moment ago."""
    while True:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", random.choice(PORTS)))
            except OSError:
                continue
            return int(listener.getsockname()[1])


def eventually(look: Callable[[], Found], within: timedelta = timedelta(seconds=120)) -> Found:
    """Look until what is found is true, and return it. The time only bounds a failure.

    It looks less often as time goes on: what is waited for needs the machine more than the looking does.
    """
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        assert waited < within.total_seconds(), f"not true within {within}: {look}"
        time.sleep(min(0.02 + waited / 20, 0.5))
    return found


def polled(poll: Callable[[], Found], within: timedelta = timedelta(seconds=90)) -> Found:
    """Poll until what comes of it is true, without a pause: a poll waits by itself, and keeps its connection alive."""
    deadline = time.monotonic() + within.total_seconds()
    while not (found := poll()):
        assert time.monotonic() < deadline, f"not true within {within}: {poll}"
    return found
