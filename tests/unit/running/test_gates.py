"""Where trials wait until they may go on, and that nobody waits any more once the run is ended."""

from __future__ import annotations

import pytest

from harness.running.beside import Stopped
from harness.running.gates import Gates
from tests.support.fake import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


def test_who_waits_goes_on_when_the_gate_opens_with_the_letter_that_was_left(clock):
    gates, seen = Gates(clock), []
    gates.add("t001")
    clock.spawn(lambda: seen.append((gates.wait("t001"), clock.now() - 1000)))
    clock.after(2, lambda: gates.open("t001", "a letter"))
    clock.sleep(5)
    assert seen == [("a letter", 2)]
    gates.open("t001")
    assert gates.wait("t001") is None


def test_a_run_that_is_ended_stops_all_that_wait_and_all_that_come_later(clock):
    gates, stopped = Gates(clock), []

    def waits(name):
        try:
            gates.wait(name)
        except Stopped:
            stopped.append(name)

    for name in ("t001", "t002"):
        gates.add(name)
        clock.spawn(lambda name=name: waits(name))
    clock.after(1, gates.end)
    clock.sleep(2)
    assert (stopped, gates.over) == (["t001", "t002"], True)
    with pytest.raises(Stopped):
        gates.wait("t001")


def test_a_sleep_ends_with_the_next_event_of_the_platform(clock):
    own = Gates(clock).clock()
    clock.after(2, own.stir)
    own.sleep(5)
    assert own.now() == 1002
    own.sleep(5)
    assert own.now() == 1007


def test_events_that_came_meanwhile_are_one(clock):
    own = Gates(clock).clock()
    for _ in range(5):
        own.stir()
    own.sleep(5)
    assert own.now() == 1000
    own.sleep(5)
    assert own.now() == 1005


def test_a_sleep_ends_with_the_run(clock):
    gates = Gates(clock)
    own = gates.clock()
    clock.after(2, gates.end)
    with pytest.raises(Stopped):
        own.sleep(100)
    assert own.now() == 1002
    with pytest.raises(Stopped):
        own.sleep(0)


def test_what_is_slept_is_never_less_than_nothing(clock):
    own = Gates(clock).clock()
    own.sleep(-3)
    assert own.now() == 1000
