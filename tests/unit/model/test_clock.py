"""Deadlines are one end that is handed down; letters are had at once, or not in time."""

from __future__ import annotations

import threading

import pytest

from harness.model.clock import Deadline, Letters, RealClock
from tests.support.fake import VirtualClock


def test_one_deadline_is_shared_by_what_is_waited_for_along_the_way():
    clock = VirtualClock()
    deadline = Deadline.after(10, clock)
    clock.sleep(7)
    assert deadline.left() == 3
    assert deadline.sooner(60).left() == 3
    assert deadline.sooner(1).left() == 1
    clock.sleep(5)
    assert deadline.left() == 0


def test_letters_come_in_the_order_in_which_they_were_put():
    box = Letters()
    threading.Thread(target=lambda: [box.put(letter) for letter in "ab"]).start()
    assert [box.get(10), box.get(10)] == ["a", "b"]
    with pytest.raises(TimeoutError):
        box.get(0.001)


def test_the_real_clock_does_not_jump_and_runs_what_it_is_given():
    clock, box = RealClock(), Letters()
    before = clock.now()
    clock.spawn(lambda: box.put(threading.current_thread().name), "a name")
    assert box.get(10) == "a name"
    clock.sleep(0.001)
    assert clock.now() >= before + 0.001
