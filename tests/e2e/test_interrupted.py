"""Runs that are killed or interrupted, and several at once: nothing is left behind, and nobody else is disturbed."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from functools import partial

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup import removal

pytestmark = pytest.mark.slow

QUICK = ("run", "selfhealing", "--trials", "1", "--claim", "docker-no-auto-restart")


def test_of_two_runs_at_once_with_a_swarm_each_neither_disturbs_the_other(started, web, here, left):
    claim = ("run", "selfhealing", "--trials", "1", "--claim", "docker-restart-needs-compose-or-swarm")
    both = [started(*claim, "--json", f"{n}.json") for n in (1, 2)]
    told = [p.communicate(timeout=400)[1] for p in both]
    assert [p.returncode for p in both] == [0, 0], told
    assert left() == []


def test_what_runs_had_made_for_themselves_when_they_were_killed_is_removed_by_the_next(
    labs, started, web, here, left
):
    """Killed one after the other: each but the first had removed what another one left when it was killed itself."""
    dead = ""
    for lab, after_s in (("architecture", 20), ("healthchecks", 12), ("healthchecks", 30), ("setup-and-scale", 20)):
        process = started("run", lab, "--trials", "1")
        run = begun(here, beside=dead)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
        told = process.communicate()[1]
        there = left()
        assert [one for one in there if run in one] != [], lab
        if dead:
            assert f"Removed what {dead} left behind" in told
            assert [one for one in there if dead in one] == []
        dead = run
    done = labs("run", "storage", "--trials", "1", within_s=200)
    assert done.code == 0, done.err
    assert f"Removed what {dead} left behind" in done.err
    assert left() == []


def begun(here, *, beside: str) -> str:
    """The run that is recorded now, once what others left is removed; names are in the order of time."""

    def newest() -> str:
        return max((one.name for one in (here / "runs").glob("*")), default="")

    until("a run that is recorded", lambda: "" if newest() > beside else "it", Deadline.after(90))
    return newest()


def test_volumes_without_a_name_of_a_run_that_was_killed_are_removed_by_the_next(
    labs, started, web, here, host, left
):
    process = started("run", "storage", "--trials", "2")
    stands = {"label": removal.HOLDS}
    held = partial(host.client.containers.list, all=True, ignore_removed=True, filters=stands)
    until("a container without its volume", lambda: "" if held() else "it", Deadline.after(60), pause_s=0.01)
    process.kill()
    process.communicate()
    assert held(), "its trial was over before the run was killed"
    assert labs(*QUICK, within_s=120).code == 0
    assert left() == []


@pytest.fixture
def interrupted(started, web, here, left):
    """Run a lab, interrupt it so long after its begin, and see that it ends soon and leaves nothing."""

    def run(lab: str, sign: signal.Signals, after_s: float) -> None:
        process = started("run", lab, "--trials", "1")
        try:
            process.wait(after_s)
            pytest.skip(f"it was over before {after_s:.1f} s")
        except subprocess.TimeoutExpired:
            process.send_signal(sign)
        began = time.monotonic()
        told = process.communicate(timeout=60)[1]
        took = time.monotonic() - began
        assert process.returncode == 128 + sign, told
        assert left() == []
        assert took < 15

    return run


@pytest.mark.parametrize(
    ("sign", "after_s"), [(signal.SIGTERM, 2), (signal.SIGINT, 10), (signal.SIGTERM, 22), (signal.SIGINT, 34)]
)
def test_an_interrupted_run_leaves_nothing_within_15_s(interrupted, sign, after_s):
    """As it begins, with few trials, with many, and near its end."""
    interrupted("selfhealing", sign, after_s)


@pytest.mark.parametrize(
    ("sign", "after_s"), [(signal.SIGINT, 8), (signal.SIGTERM, 25), (signal.SIGINT, 45), (signal.SIGTERM, 70)]
)
def test_a_run_interrupted_while_it_makes_or_breaks_its_own_cluster_leaves_nothing(interrupted, sign, after_s):
    """It takes a minute to make: half of these moments are before it is there."""
    interrupted("architecture", sign, after_s)


@pytest.mark.parametrize(("sign", "after_s"), [(signal.SIGINT, 12), (signal.SIGTERM, 20)])
def test_a_run_interrupted_among_a_hundred_copies_leaves_nothing(interrupted, sign, after_s):
    interrupted("setup-and-scale", sign, after_s)


@pytest.mark.parametrize(("sign", "after_s"), [(signal.SIGINT, 3), (signal.SIGTERM, 6)])
def test_a_run_interrupted_while_clients_ask_from_inside_and_outside_leaves_nothing(interrupted, sign, after_s):
    interrupted("networking", sign, after_s)
