"""Checks that may fail or hang: each has a time limit, and its failure is a finding."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

from deploy.doctor.finding import Finding, error
from ingest.errors import Failure

Result = TypeVar("Result")

PATIENCE = timedelta(seconds=20)
"""The longest time for one check. The clients' own limits are mostly shorter, and say what did not answer."""


def attempt(what: str, work: Callable[[], Result], patience: timedelta = PATIENCE) -> Result | Finding:
    """Return the result of some work, or the finding that it failed or took too long."""
    future = _started(what, work)
    try:
        failure = future.exception(patience.total_seconds())
    except TimeoutError:
        return error(what, f"This could not be checked within {patience.total_seconds():g} s.")
    return future.result() if failure is None else error(what, _sentence(failure))


def findings(what: str, work: Callable[[], Iterable[Finding]], patience: timedelta = PATIENCE) -> tuple[Finding, ...]:
    """Return the findings of some work. If it fails or takes too long, that is one more finding behind those so far."""
    found: list[Finding] = []
    failure = attempt(what, lambda: found.extend(work()), patience)
    return (*found, failure) if isinstance(failure, Finding) else tuple(found)


def _started(what: str, work: Callable[[], Result]) -> Future[Result]:
    """Start the work in a thread that the end of the process does not wait for."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as failure:  # noqa: BLE001 - a fault of one check is told and must not stop the others
            future.set_exception(failure)

    threading.Thread(target=run, name=f"doctor {what}", daemon=True).start()
    return future


def _sentence(failure: BaseException) -> str:
    match failure:
        case Failure():
            return failure.sentence
        case OSError(filename=str() as name, strerror=str() as reason):
            return f"{name} cannot be used: {reason}."
        case _:
            return f"The check itself failed with {type(failure).__name__}: {str(failure).rstrip('.')}."
