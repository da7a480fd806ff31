"""Whether a run is alive is known on the engine: to every user and state folder, also of a run that was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from harness import journal
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME, RUN_LABEL
from harness.model.waiting import until
from harness.setup import life
from harness.setup.images import web as images
from harness.setup.life import Life
from harness.setup.steps import Steps
from harness.sites.docker import leftovers
from tests.support.broken import Watching, judged

DEAD_WITHIN_S = 30.0
SEEN_S = 10.0
ENDS_WITHIN_S = 15.0

BEGIN = """
import sys, threading
from harness.setup import endpoint, engine
from harness.setup.life import Life
Life.begin(sys.argv[1], engine.connect(endpoint.resolve()), does="labs run test")
print("begun", flush=True)
threading.Event().wait()
"""

FORGET = """
from harness.running import ownership
from harness.setup import endpoint, engine
ownership.forget_dead(engine.connect(endpoint.resolve()))
"""


@pytest.fixture
def run(host):
    """The name of a run; nothing is left of it."""
    name = f"life{time.time_ns() % 16**6:06x}"
    yield name
    leftovers.sweep(host, name, Deadline.after(SEEN_S))


def makes_something(host, run: str) -> None:
    """As a run does it that has shown that it lives."""
    host.client.networks.create(f"dkl-{run}", labels={NAME: "run", RUN_LABEL: run})


def elsewhere(tmp_path) -> None:
    """The next run begins, of another user: it removes what dead ones left."""
    env = dict(os.environ) | {"XDG_STATE_HOME": str(tmp_path / "theirs")}
    subprocess.run([sys.executable, "-c", FORGET], env=env, check=True)


def lives(host, run: str) -> bool:
    return run in {one.run for one in life.living(host)}


def test_a_live_run_is_left_alone_by_one_with_another_state_folder(host, web, run, tmp_path):
    with Life.begin(run, host, does="labs run test"):
        makes_something(host, run)
        elsewhere(tmp_path)
        assert run in leftovers.runs(host)
    assert not lives(host, run)
    elsewhere(tmp_path)
    assert run not in leftovers.runs(host)


@pytest.fixture
def other(host, web, run):
    """The same run in a process of its own."""
    argv = [sys.executable, "-c", BEGIN, run]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        makes_something(host, run)
        yield process
        process.kill()


def test_a_run_that_was_killed_is_dead_soon_and_what_it_left_is_removed(host, run, other, tmp_path):
    assert lives(host, run)
    other.kill()
    until("its end", lambda: run if lives(host, run) else "", Deadline.after(DEAD_WITHIN_S))
    elsewhere(tmp_path)
    assert run not in leftovers.runs(host)


def test_a_run_that_stands_still_for_some_seconds_is_alive(host, run, other, tmp_path):
    other.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(Exception, match="still missing"):
            until("its end", lambda: "it lives" if lives(host, run) else "", Deadline.after(5), pause_s=0.5)
    finally:
        other.send_signal(signal.SIGCONT)
    elsewhere(tmp_path)
    assert run in leftovers.runs(host)


def test_a_sign_that_was_removed_by_hand_is_given_again(host, web, run):
    with Life.begin(run, host):
        (keeper,) = host.client.containers.list(filters={"label": f"{life.ALIVE}={run}"})
        keeper.remove(force=True)
        until("another sign", lambda: "" if lives(host, run) else run, Deadline.after(SEEN_S))
    assert host.client.containers.list(all=True, filters={"label": f"{life.ALIVE}={run}"}) == []


@pytest.fixture
def standing(labs, own, web):
    """A cluster that is only this test's to remove."""
    done = labs("up", "--yes", "--name", own.name, "--config", str(own.config), within_s=600)
    assert done.code == 0, done.err
    return own


@pytest.mark.slow
def test_a_cluster_that_a_live_run_uses_goes_only_when_somebody_says_so_and_the_run_hears_of_it(
    labs, host, standing, run
):
    with Life.begin(run, host, cluster=standing.name, does="labs run test") as begun:
        done = labs("down", "--name", standing.name)
        assert done.code == 4
        assert f"run {run} (labs run test, process {os.getpid()} of " in done.err
        assert "uses it at this moment. Try: labs down --yes" in done.err
        begun.check()

        assert labs("down", "--yes", "--name", standing.name).code == 0
        told = []
        until("word of it", lambda: "" if gone(begun, told) else "nothing", Deadline.after(SEEN_S))
    assert f"Going on with run {run} on cluster {standing.name}: its nodes were removed" in told[0]


def gone(begun: Life, told: list[str]) -> bool:
    with contextlib.suppress(Problem):
        begun.check()
        return False
    try:
        begun.check()
    except Problem as problem:
        told.append(str(problem))
    return True


@pytest.mark.slow
def test_a_run_whose_cluster_is_taken_down_ends_at_once_and_leaves_nothing(labs, host, standing, web, tmp_path):
    images.load(host, Steps(Console(quiet=True)), standing, web)
    down: list[tuple[int, float]] = []

    def take_down() -> None:
        down.append((labs("down", "--yes", "--name", standing.name).code, time.monotonic()))

    claims = ("k8s-restores-desired-state",)
    with pytest.raises(Problem, match="its nodes were removed while the run used them"):
        judged(host, tmp_path, claims, shape=standing, when=Watching(1), during=take_down)
    ended = time.monotonic()
    until("the end of labs down", lambda: "" if down else "it", Deadline.after(60))
    ((code, at),) = down
    assert code == 0
    assert ended - at < ENDS_WITHIN_S
    (folder,) = (one for one in tmp_path.iterdir() if one.is_dir())
    over = journal.recorded(folder).over
    assert (over.how, over.left) == ("interrupted", ())
