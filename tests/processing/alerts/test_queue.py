"""Which message a channel is told next."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.alerts.notification import Outcome, Step
from processing.alerts.queue import Batch, Waiting, batches, next_batch
from processing.alerts.retries import Tried
from processing.alerts.schedule import bundle_of_one
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
SOON = NOON + 10 * MINUTE


def decided(key: str, conversation: str = "", minute: int = 0, **fields: object) -> Waiting:
    at = NOON + minute * MINUTE
    given: dict[str, object] = {"number": 1, "step": Step.OPENED, "at": at, "due": at, "channel": "slack"} | fields
    return Waiting(key=key, conversation=conversation or key, **given)  # type: ignore[arg-type]


def tried(times: int = 1, outcome: Outcome = Outcome.RETRY) -> dict[str, object]:
    return {"tried": (Tried(outcome, NOON),) * times, "pause": 5 * MINUTE}


def keys(batch: Batch | None) -> list[str]:
    return [] if batch is None else [each.key for each in batch.notifications]


def test_messages_go_in_the_order_of_the_decisions() -> None:
    later, first = decided("later", minute=2), decided("first", minute=1)

    assert keys(next_batch([later, first], SOON, SOON)) == ["first"]


def test_what_was_decided_to_go_at_once_goes_though_the_clock_was_set_back() -> None:
    assert keys(next_batch([decided("now")], NOON - timedelta(days=1), NOON - timedelta(days=1))) == ["now"]


def test_what_is_held_waits_for_its_time() -> None:
    held = decided("held", due=NOON + 20 * MINUTE)

    assert next_batch([held], SOON, SOON) is None
    assert keys(next_batch([held], SOON, NOON + 20 * MINUTE)) == ["held"]


def test_what_is_held_goes_before_what_follows_it_at_once() -> None:
    held = decided("opened", "disk:a", due=SOON + MINUTE, bundle="night")
    other = decided("other", "disk:b", due=SOON + MINUTE, bundle="night")
    critical = decided("grew", "disk:a", minute=5, number=2, step=Step.GREW)

    assert keys(next_batch([held, other, critical], SOON, SOON)) == ["opened"]
    assert keys(next_batch([other, critical], SOON, SOON)) == ["grew"]
    assert next_batch([other], SOON, SOON) is None


def test_nothing_of_a_conversation_overtakes_what_waits_for_its_next_attempt() -> None:
    waits, follows, other = (
        decided("opened", "a", message="opened", **tried()),
        decided("resolved", "a", minute=1),
        decided("other", "b", minute=2),
    )

    assert keys(next_batch([waits, follows], NOON + MINUTE, SOON)) == []
    assert keys(next_batch([waits, follows, other], NOON + MINUTE, SOON)) == ["other"]
    assert keys(next_batch([waits, follows, other], NOON + 5 * MINUTE, SOON)) == ["opened"]


def test_message_that_has_failed_several_times_lets_others_go_first() -> None:
    poisoned, other = decided("poisoned", message="poisoned", **tried(3)), decided("other", minute=1)

    assert keys(next_batch([poisoned, other], SOON, SOON)) == ["other"]
    assert keys(next_batch([poisoned], SOON, SOON)) == ["poisoned"]


def test_what_is_due_under_one_name_goes_in_one_message() -> None:
    rows = [decided(key, minute=minute, bundle="night") for minute, key in enumerate(("a", "b", "c"))]

    [digest] = batches(rows)

    assert digest.key == "digest:a"
    assert keys(digest) == ["a", "b", "c"]


def test_single_notification_of_a_bundle_goes_as_itself() -> None:
    [batch] = batches([decided("a", bundle="night")])

    assert batch.key == "a"
    assert not batch.is_digest


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([Step.OPENED, Step.GREW, Step.RESOLVED], 2),
        ([Step.OPENED, Step.GREW, Step.REPEATED], 0),
        ([Step.OPENED, Step.ACKNOWLEDGED], 1),
        ([Step.GREW, Step.GREW], 1),
        ([Step.RESOLVED, Step.OPENED], 1),
        ([Step.RESOLVED, Step.OPENED, Step.GREW], 1),
    ],
)
def test_of_what_one_conversation_held_one_step_is_told_as_things_stand(steps: list[Step], told: int) -> None:
    [batch] = batches(
        decided(
            str(place),
            "disk:a",
            place,
            bundle=bundle_of_one("night", "disk:a"),
            number=place,
            step=step,
            trouble=str(place),
        )
        for place, step in enumerate(steps)
    )

    assert (batch.key, batch.conversation, batch.is_digest) == (str(len(steps) - 1), "disk:a", False)
    assert (batch.step, batch.told.key, batch.told.trouble) == (steps[told], str(told), str(len(steps) - 1))
    assert batch.ends_what_was_held is (steps[-1] is Step.RESOLVED)


def test_what_is_held_of_one_conversation_stays_apart_from_others() -> None:
    rows = [decided(name, bundle=bundle_of_one("night", name)) for name in ("a", "b")]

    assert [(batch.key, batch.is_digest, batch.ends_what_was_held) for batch in batches(rows)] == [
        ("a", False, False),
        ("b", False, False),
    ]


def test_digest_that_was_tried_keeps_its_key_and_its_parts() -> None:
    together = [decided(key, bundle="night", message="digest:a", **tried()) for key in ("a", "b")]
    late = decided("c", minute=1, bundle="night")

    first, second = batches([*together, late])

    assert (first.key, keys(first)) == ("digest:a", ["a", "b"])
    assert (second.key, keys(second)) == ("c", ["c"])


def test_message_is_in_doubt_once_any_attempt_may_have_arrived() -> None:
    refused_then = (Tried(Outcome.TIMEOUT, NOON), Tried(Outcome.RETRY, NOON))

    assert decided("a", tried=refused_then).in_doubt
    assert not decided("a", **tried()).in_doubt


def test_a_digest_tells_each_conversation_once() -> None:
    opened, grew = decided("1", "a", bundle="b"), decided("2", "a", 1, bundle="b", number=2, step=Step.GREW)
    over = decided("3", "a", 2, bundle="b", number=3, step=Step.RESOLVED)
    silent = decided("4", "source:x", 3, bundle="b")
    back = decided("5", "source:x", 4, bundle="b", number=2, step=Step.RESOLVED)
    again = decided("6", "source:x", 5, bundle="b", number=3)
    for gathered, told in (
        ([opened, grew], ["1"]),
        ([grew], ["2"]),
        ([opened, grew, over], ["3"]),
        ([opened, silent], ["1", "4"]),
        ([opened, silent, back], ["1", "5"]),
        ([opened, silent, back, again], ["1", "6"]),
    ):
        [batch] = batches(gathered)
        assert [each.key for each in batch.parts] == told
        assert keys(batch) == [each.key for each in gathered]


def test_a_digest_tells_a_trouble_as_it_stood_last() -> None:
    opened = decided("1", "disk:a", bundle="b", trouble="warning")
    grew = decided("2", "disk:a", 1, bundle="b", number=2, step=Step.GREW, trouble="critical")
    [batch] = batches([opened, grew])
    assert [(each.key, each.step, each.trouble) for each in batch.parts] == [("1", Step.OPENED, "critical")]


MINUTES_BY_CONVERSATION = st.dictionaries(
    st.sampled_from("abc"), st.lists(st.integers(-90, 90), min_size=1, max_size=5)
)


@given(MINUTES_BY_CONVERSATION, st.randoms())
def test_no_step_overtakes_an_earlier_one_though_the_clock_was_set_back(
    given_minutes: dict[str, list[int]], chance: random.Random
) -> None:
    waiting = [
        decided(f"{name}{number}", name, minute, number=number)
        for name, minutes in given_minutes.items()
        for number, minute in enumerate(minutes, start=1)
    ]
    chance.shuffle(waiting)

    order = [each.notifications[0] for each in batches(waiting)]

    for name, minutes in given_minutes.items():
        assert [each.number for each in order if each.conversation == name] == list(range(1, len(minutes) + 1))
