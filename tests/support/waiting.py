"""Waiting for a state, and ports to wait at."""

from __future__ import annotations

import os
import random
import socket
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = timedelta(minutes=5)
"""Only bounds a failure: on a machine with too much to do everything takes long."""

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
PORTS = range(20_000 + _WORKER * 1_500, 20_000 + (_WORKER + 1) * 1_500)
"""Below those that the kernel gives to outgoing connections, so that none takes a port before it is used. Each of
up to eight processes of the tests has ports of its own: it may be long until a server takes the port it was given."""

_given: deque[int] = deque(maxlen=500)


def free_port() -> int:
    """A port that nothing held a moment ago, and that was not given to another."""
    while True:
        port = random.choice(PORTS)
        if port in _given:
            continue
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.append(port)
        return port


def eventually(look: Callable[[], Found], within: timedelta = PATIENCE) -> Found:
    """Look until what is found is true, and return it.

    It looks less often as time goes on: what is waited for needs the machine more than the looking does.
    """
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        assert waited < within.total_seconds(), f"not true within {within}: {look}"
        time.sleep(min(0.02 + waited / 20, 0.5))
    return found


def polled(poll: Callable[[], Found], within: timedelta = PATIENCE) -> Found:
    """Poll until what comes of it is true, without a pause: a poll waits by itself, and keeps its connection alive."""
    deadline = time.monotonic() + within.total_seconds()
    while not (found := poll()):
        assert time.monotonic() < deadline, f"not true within {within}: {poll}"
    return found
