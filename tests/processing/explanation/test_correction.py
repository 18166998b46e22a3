"""When a correction overtakes its claim, and where none is found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from processing.contract import Corrects, Pulse
from processing.explanation import Reach
from processing.explanation.correction import CORRECTION_WINDOW, Correction, correction
from processing.queries import Statement
from processing.queries.corrections import CorrectedMinute
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
OF = Corrects("retraction", "employer-ban", "ban")
FIRST, SECOND = Pulse(NOON, NOON + 10 * MINUTE, 60, 1.0), Pulse(NOON + 100 * MINUTE, NOON + 110 * MINUTE, 50, 1.0)


def said(language: str, start: int, end: int, *, claims: int = 0, corrections: int = 0) -> Iterator[CorrectedMinute]:
    """As many posts in each minute from `start` to `end`, counted from noon."""
    for number in range(start, end):
        yield CorrectedMinute(NOON + number * MINUTE, language, claims + corrections, claims, corrections)


def found(*minutes: Iterator[CorrectedMinute], pulses: tuple[Pulse, ...] = ()) -> Correction:
    rows = sorted((each for some in minutes for each in some), key=lambda each: (each.minute, each.language))
    return correction(OF, rows, pulses, Statement("SELECT 1", {}))


def reaches(of: Correction) -> dict[str, Reach]:
    return {each.language: each.reach for each in of.languages}


def test_each_language_has_its_own_state() -> None:
    ran = found(
        said("en", 0, 60, claims=3),
        said("en", 100, 130, corrections=4),
        said("ar", 0, 60, claims=2),
        said("ar", 120, 121, corrections=1),
        said("ar", 118, 128, claims=1),
        said("hi", 0, 60, claims=1),
        said("ko", 0, 4, claims=1),
        said("de", 0, 9, claims=1),
        said("de", 100, 103, corrections=1),
    )
    assert reaches(ran) == {
        "en": Reach.OVERTAKEN,
        "ar": Reach.NOT_YET,
        "hi": Reach.NEVER,
        "de": Reach.TOO_FEW,
        "ko": Reach.TOO_FEW,
    }
    assert ran.absent == ("hi",)
    english = ran.languages[0]
    assert (english.claims, english.corrections, english.first) == (180, 120, NOON + 100 * MINUTE)
    assert english.share == 0.4


def test_the_correction_is_ahead_when_it_is_over_the_last_half_hour_and_not_before() -> None:
    ran = found(said("en", 0, 120, claims=2), said("en", 100, 180, corrections=3))
    # Up to minute 120 every window of 30 minutes has 60 claims; a claim leaves it with every further minute.
    claims_in = {number: 2 * (CORRECTION_WINDOW // MINUTE - max(0, number - 119)) for number in range(100, 180)}
    overtaken = next(number for number, claims in claims_in.items() if 3 * min(number - 99, 30) > claims)
    assert ran.whole.overtaken == NOON + overtaken * MINUTE
    assert ran.whole.first == NOON + 100 * MINUTE


def test_a_single_misread_post_is_no_correction_that_has_overtaken() -> None:
    ran = found(said("en", 0, 1, corrections=1), said("en", 1, 60, claims=3))
    assert ran.whole.reach is Reach.NOT_YET
    assert not ran.is_spoken_of


def test_a_claim_that_is_corrected_all_the_time_is_not_overtaken_by_chance() -> None:
    """A third of the posts corrects: in some half hour of a day, more correct than claim."""
    dice = random.Random(7)
    kinds = [dice.choice(("claim", "claim", "correction")) for _ in range(720)]
    posts = (
        said("en", 2 * number, 2 * number + 1, claims=kind == "claim", corrections=kind == "correction")
        for number, kind in enumerate(kinds)
    )
    assert found(*posts).whole.reach is Reach.NOT_YET
    begun = found(said("en", 0, 1, claims=4, corrections=6), said("en", 1, 200, claims=30))
    assert begun.whole.reach is Reach.NOT_YET


def test_a_pulse_of_correction_is_told_from_one_of_the_claim() -> None:
    ran = found(
        said("en", 0, 60, claims=5),
        said("en", 100, 140, claims=1, corrections=6),
        pulses=(FIRST, SECOND),
    )
    assert ran.pulses == (False, True)
    assert not ran.alone


def test_few_corrections_in_a_pulse_about_something_else_do_not_make_it_one() -> None:
    others = (CorrectedMinute(NOON + n * MINUTE, "en", 40, 0, 0) for n in range(40))
    ran = found(others, said("hi", 0, 20, corrections=1), pulses=(FIRST,))
    assert ran.pulses == (False,)


def test_little_is_said_of_a_correction_that_few_in_a_large_incident_make() -> None:
    few = found(said("en", 0, 60, claims=20), said("en", 10, 30, corrections=2))
    assert few.whole.corrections > 10
    assert not few.is_spoken_of
    elsewhere = found(said("en", 0, 60, claims=20), said("ar", 10, 30, corrections=2))
    assert elsewhere.whole.share == few.whole.share
    assert elsewhere.is_spoken_of


def test_an_incident_about_another_claim_is_not_one_that_denies() -> None:
    """Two in five posts correct, hardly any makes their claim, and the others make another."""
    others = (CorrectedMinute(NOON + n * MINUTE, "en", 3, 0, 0) for n in range(40))
    ran = found(others, said("hi", 0, 40, corrections=2), pulses=(Pulse(NOON, NOON + 10 * MINUTE, 60, 1.0),))
    assert ran.whole.share == 1.0
    assert not ran.alone
    assert ran.pulses == (False,)


def test_an_incident_that_only_denies_is_told_apart() -> None:
    assert found(said("en", 0, 40, corrections=2), said("en", 0, 5, claims=1)).alone
    assert not found(said("en", 0, 40, claims=2)).alone
    assert not found(said("en", 0, 40, claims=3, corrections=4)).alone
