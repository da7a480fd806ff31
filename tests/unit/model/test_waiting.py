"""Waiting: tested on a clock of our own, so that minutes pass at once."""

from __future__ import annotations

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import Hopeless, TooLate, until


class FakeClock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def after(looks: int, answer: str = "it"):
    seen = []

    def look() -> str:
        seen.append(1)
        return "" if len(seen) > looks else answer

    return look, seen


def test_looks_at_once_and_does_not_sleep_when_nothing_is_missing():
    clock = FakeClock()
    look, seen = after(0)

    until("x", look, Deadline.after(30, clock))

    assert len(seen) == 1
    assert clock.time == 100.0


def test_looks_again_until_nothing_is_missing():
    clock = FakeClock()
    look, seen = after(5)

    until("x", look, Deadline.after(30, clock), pause_s=0.5)

    assert len(seen) == 6
    assert clock.time == pytest.approx(102.5)


def test_never_sleeps_past_its_deadline():
    clock = FakeClock()
    look, _ = after(10_000)

    with pytest.raises(TooLate):
        until("x", look, Deadline.after(1.0, clock), pause_s=0.4)

    assert clock.time <= 101.0


def test_too_late_says_what_was_missing_last_and_how_often_it_looked():
    clock = FakeClock()

    with pytest.raises(TooLate) as caught:
        until("the cluster", lambda: "2 of 3 nodes", Deadline.after(1, clock), pause_s=0.5)

    assert caught.value.looks == 3
    assert "the cluster" in str(caught.value)
    assert "2 of 3 nodes" in str(caught.value)


def test_listed_errors_mean_not_yet_and_are_told():
    clock = FakeClock()
    told = []

    def look() -> str:
        if clock.time < 101:
            raise OSError("refused")
        return ""

    until("x", look, Deadline.after(5, clock), passing=(OSError,), tell=told.append)

    assert "OSError: refused" in told


def test_an_error_that_is_not_listed_ends_the_wait():
    with pytest.raises(ValueError, match="broken"):
        until("x", _raiser(ValueError("broken")), Deadline.after(5, FakeClock()), passing=(OSError,))


def test_hopeless_ends_the_wait_early():
    clock = FakeClock()

    with pytest.raises(Hopeless, match="image missing"):
        until("x", _raiser(Hopeless("image missing")), Deadline.after(5, clock))

    assert clock.time == 100.0


def test_one_deadline_is_shared_by_what_is_waited_for_along_the_way():
    clock = FakeClock()
    deadline = Deadline.after(10, clock)
    clock.sleep(7)

    assert deadline.left() == 3
    assert deadline.sooner(60).left() == 3
    assert deadline.sooner(1).left() == 1


def _raiser(error: Exception):
    def look() -> str:
        raise error

    return look
