"""What is waited for is told when it changes, and not with each request that is counted."""

from __future__ import annotations

import pytest

from harness.running.waits import SPACED_S, Waiting
from tests.support.fake import VirtualClock


class Log:
    def __init__(self):
        self.lines = []

    def put(self, trial, one):
        self.lines.append((trial, one.missing, one.at_s, one.waited_s, one.allowed_s))


@pytest.fixture
def told():
    clock, log = VirtualClock(), Log()
    waiting = Waiting(log, clock, 1000.0)

    def tell(*what, after_s=0.0, trial="t001"):
        clock.sleep(after_s)
        before = len(log.lines)
        waiting.told(trial, *what)
        return log.lines[before:]

    return tell


def test_what_is_missing_is_told_at_once_with_its_times(told):
    assert told("2 of 3", 1.23456, 10.0, after_s=2.5) == [("t001", "2 of 3", 2.5, 1.235, 10.0)]


def test_the_same_is_told_once(told):
    told("2 of 3", 1.0, 10.0)
    assert told("2 of 3", 5.0, 10.0, after_s=60) == []


def test_another_count_is_told_now_and_then(told):
    told("299 of 300", 1.0, 10.0)
    assert told("298 of 300", 1.1, 10.0, after_s=0.1) == []
    assert told("250 of 300", 2.1, 10.0, after_s=SPACED_S) != []


def test_another_window_is_told_at_once(told):
    told("2 of 3", 1.0, 10.0)
    assert told("2 of 3", 1.1, 15.0, after_s=0.1) != []


def test_that_nothing_is_missing_any_more_is_told_at_once_and_so_is_what_comes_next(told):
    told("2 of 3", 1.0, 10.0)
    assert told("", after_s=0.1) == [("t001", "", 0.1, 0.0, 0.0)]
    assert told("", after_s=5) == []
    assert told("1 of 3", 0.1, 10.0, after_s=0.1) != []


def test_before_anything_was_missing_nothing_is_told(told):
    assert told("") == []


def test_each_trial_has_its_own(told):
    told("2 of 3", 1.0, 10.0)
    assert told("2 of 3", 1.0, 10.0, trial="t002") != []
