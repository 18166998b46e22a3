"""Structured logging to standard error: coloured lines on a terminal, logfmt elsewhere."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _AsFarAsPossible:
    """A stream that drops lines it cannot write, because a full disk under the log must not end the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure() -> None:
    """Set up structlog and the standard library's logging. Call this function once in each process."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _AsFarAsPossible(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for library in ("clickhouse_connect", "urllib3"):
        # Each failure of these libraries reaches banwatch as an exception. banwatch reports it once, in its own words.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    # The library warns about its own event loop on a busy machine, and the user cannot change that.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
