"""Removing many containers: so many at a time, and all of them."""

from __future__ import annotations

import threading
import time

from harness.setup import removal


class Counted:
    """A container that notes how many are being removed beside it."""

    now, most, guard = 0, 0, threading.Lock()

    def __init__(self) -> None:
        self.client, self.labels, self.gone = object(), {}, False

    def remove(self, *, force, v):
        with Counted.guard:
            Counted.now += 1
            Counted.most = max(Counted.most, Counted.now)
        time.sleep(0.01)
        with Counted.guard:
            Counted.now -= 1
        self.gone = force and v


def test_a_hundred_are_removed_twelve_at_a_time():
    every = [Counted() for _ in range(100)]
    removal.remove(every)
    assert all(one.gone for one in every)
    assert 2 <= Counted.most <= removal.AT_ONCE


def test_nothing_is_nothing():
    removal.remove([])
