"""What the answer of a channel means: one outcome for each status, and no secret in what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus

from processing.alerts.notification import Attempt, Outcome
from processing.alerts.notifiers.http import Answer, Failed

LONGEST_DETAIL = 300

_AUTH = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_UNKNOWN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


def failure(answer: Answer, detail: str = "") -> Attempt:
    """Return the outcome of an answer that is not a success. `detail` is what the channel said, if that is known."""
    said = detail or _phrase(answer.status)
    text = f"{answer.status}: {said}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Attempt(Outcome.RATE_LIMITED, text, retry_after=answer.retry_after)
    if answer.status in _UNKNOWN:
        text = f"{text}. What stands before the channel got no answer from it. It may have arrived."
        return Attempt(Outcome.TIMEOUT, text, retry_after=answer.retry_after)
    if answer.status in _PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Attempt(Outcome.RETRY, text, retry_after=answer.retry_after)
    if answer.status in _AUTH:
        return Attempt(Outcome.AUTH, text)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return Attempt(Outcome.REFUSED, f"{text}. The channel sends on to another address, which is not followed.")
    return Attempt(Outcome.REFUSED, text)


def unreadable(answer: Answer) -> Attempt:
    """Return the outcome of a success whose answer makes no sense, as a proxy's may: the message may have arrived."""
    return Attempt(Outcome.TIMEOUT, f"{answer.status}: the answer is not one of this channel. It may have arrived.")


def attempted(tell: Callable[[], Attempt], secrets: Iterable[str]) -> Attempt:
    """Return what came of an attempt: a failure as an outcome, the detail on one bounded line and without secrets."""
    try:
        attempt = tell()
    except Failed as failed:
        attempt = failed.attempt
    detail = attempt.detail
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        detail = detail.replace(secret, "***")
    line = "".join(letter if letter.isprintable() else " " for letter in detail)
    return replace(attempt, detail=line[:LONGEST_DETAIL])


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown status"
