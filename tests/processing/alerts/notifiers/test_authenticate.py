"""Whether a channel says what it thinks of the credentials, and nobody hears of the question."""

from __future__ import annotations

import pytest

from processing.alerts.notification import Authenticating, Outcome
from tests.support.channels.kinds import CHANNEL_KINDS, ChannelKind, running
from tests.support.channels.servers import messages_held

ASKED = [kind for kind in CHANNEL_KINDS if kind.name in {"slack", "telegram", "matrix", "alertmanager"}]


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.name)
@pytest.mark.parametrize(("token", "outcome"), [(None, Outcome.SENT), ("t0ken-of-another", Outcome.AUTH)])
def test_a_channel_says_whether_it_accepts_the_token(kind: ChannelKind, token: str | None, outcome: Outcome) -> None:
    with running(kind, **({} if token is None else {"token": token})) as (held, notifier, server):
        assert isinstance(notifier, Authenticating)
        answer = notifier.authenticate()
        assert answer.outcome is outcome
        assert len(server.received) == 1
        assert messages_held(held) == 0
        assert token is None or token not in answer.detail


def test_kinds_that_cannot_be_asked_are_not() -> None:
    for kind in CHANNEL_KINDS:
        if kind not in ASKED:
            with running(kind) as (_, notifier, _):
                assert not isinstance(notifier, Authenticating)
