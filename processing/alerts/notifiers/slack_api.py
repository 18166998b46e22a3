"""Calls of Slack's Web API. Slack answers 200 to what it refuses, with `ok` false and the name of an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processing.alerts.notification import Attempt, Outcome
from processing.alerts.notifiers.http import Clock, Failed, Request, exchange, json_request, utc_now
from processing.alerts.notifiers.outcomes import failure, unreadable

OUTCOMES = {
    Outcome.AUTH: {
        "access_denied",
        "account_inactive",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    },
    Outcome.RATE_LIMITED: {"ratelimited", "rate_limited", "message_limit_exceeded"},
    # Of these Slack says that some of the call may have succeeded.
    Outcome.TIMEOUT: {"internal_error", "fatal_error"},
    Outcome.REFUSED: {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "is_inactive",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "thread_not_found",
    },
}
"""The outcome of each error. One that is not known is tried again."""

ADVICE = {
    "channel_not_found": "the channel's id is wrong, or the app has to be invited to it",
    "is_archived": "the channel is archived: restore it, or name another one",
    "missing_scope": "the app lacks a scope",
    "not_in_channel": "the app has to be invited to the channel: /invite @its-name",
    "restricted_action": "the workspace or the channel does not let the app post",
    "restricted_action_read_only_channel": "the channel does not let the app post",
}


class SlackError(Failed):
    """Slack has answered that it does not do what it was asked. `error` is its name for the reason."""

    def __init__(self, error: str, attempt: Attempt) -> None:
        super().__init__(attempt)
        self.error = error


@dataclass(frozen=True)
class SlackApi:
    """Slack's Web API at an address, with a bot's token."""

    url: str
    token: str = field(repr=False)
    clock: Clock = utc_now

    def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that writes, with a body in JSON.

        Raises:
            Failed: the call failed, as a SlackError where Slack says why.
        """
        return self._called(json_request(f"{self.url}/{method}", arguments, headers=self._headers()))

    def ask(self, method: str, arguments: Mapping[str, str | int]) -> dict[str, Any]:
        """Call a method that reads, or one that takes no JSON. Raises as `call` does."""
        form = {name: str(value) for name, value in arguments.items()}
        return self._called(Request(url=f"{self.url}/{method}", form=form, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _called(self, request: Request) -> dict[str, Any]:
        answer = exchange(request, clock=self.clock)
        fields = answer.fields()
        error = str(fields.get("error", "")) if fields.get("ok") is False else ""
        if error:
            raise SlackError(error, replace(_attempt(error, fields), retry_after=answer.retry_after))
        if not answer.ok:
            raise Failed(failure(answer))
        if fields.get("ok") is not True:
            raise Failed(unreadable(answer))
        return fields


def _attempt(error: str, fields: Mapping[str, Any]) -> Attempt:
    outcome = next((outcome for outcome, errors in OUTCOMES.items() if error in errors), Outcome.RETRY)
    advice = f" ({ADVICE[error]})" if error in ADVICE else ""
    needed = f", needed: {fields['needed']}" if fields.get("needed") else ""
    return Attempt(outcome, f"Slack answered {error}{needed}{advice}.")
