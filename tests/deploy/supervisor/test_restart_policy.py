from __future__ import annotations

from datetime import timedelta

from deploy.supervisor.restart_policy import Deaths, GiveUp, Restart, RestartPolicy, died
from ingest.retry import BackoffPolicy

POLICY = RestartPolicy(
    most=4, window=60.0, backoff=BackoffPolicy(first=timedelta(seconds=0.5), cap=timedelta(seconds=5))
)


def test_the_pause_doubles() -> None:
    deaths = Deaths()
    assert died(POLICY, deaths, 100.0) == Restart(100.5)
    assert died(POLICY, deaths, 101.0) == Restart(102.0)


def test_the_pause_has_an_end() -> None:
    patient = RestartPolicy(most=100)
    deaths = Deaths()
    for moment in range(20):
        decision = died(patient, deaths, float(moment))
    assert decision == Restart(19.0 + patient.backoff.cap.total_seconds())


def test_what_keeps_dying_is_given_up() -> None:
    deaths = Deaths()
    assert [type(died(POLICY, deaths, float(second))) for second in range(4)] == [Restart, Restart, Restart, GiveUp]


def test_old_deaths_are_forgotten() -> None:
    deaths = Deaths()
    for second in (0.0, 1.0, 2.0):
        died(POLICY, deaths, second)
    assert died(POLICY, deaths, 100.0) == Restart(100.5)
