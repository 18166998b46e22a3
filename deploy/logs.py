"""Structured logging to standard error: coloured lines on a terminal, logfmt elsewhere, or JSON if it is set."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TextIO, cast

import structlog
from pydantic import ValidationError

from deploy.settings import ProcessSettings
from deploy.terminal.stream import AsFarAsPossible

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def configure() -> None:
    """Set up structlog and the standard library's logging. Call this function once in each process.

    A setting that is invalid is not told here: `deploy.settings.load` names it.
    """
    try:
        settings = ProcessSettings()
    except ValidationError:
        settings = ProcessSettings.model_construct()
    _configure(sys.stderr, as_json=settings.log_format == "json", level=LEVELS[settings.log_level])


def _configure(stream: TextIO, *, as_json: bool, level: int) -> None:
    renderer = _renderer(stream, as_json=as_json)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", AsFarAsPossible(stream))),
        cache_logger_on_first_use=True,
    )
    of_libraries = logging.StreamHandler(stream)
    of_libraries.setFormatter(_formatter(shared, renderer, as_json=as_json))
    logging.basicConfig(level=logging.WARNING, handlers=[of_libraries])
    for library in ("clickhouse_connect", "urllib3"):
        # Each failure of these libraries reaches banwatch as an exception. banwatch reports it once, in its own words.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    # The library warns about its own event loop on a busy machine, and the user cannot change that.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)


def _renderer(stream: TextIO, *, as_json: bool) -> structlog.typing.Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if stream.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])


def _formatter(
    shared: Sequence[structlog.typing.Processor], renderer: structlog.typing.Processor, *, as_json: bool
) -> logging.Formatter:
    """Return what writes the lines of libraries: as JSON too where the log is JSON, so that a program can read all."""
    if not as_json:
        return logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
