"""A run's sign of life: the very program of the keeper, without the container around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.waiting import until
from harness.setup import life

SOON_S = 10.0
KEEPER = [sys.executable, "-S", "-E", "-c", life.KEEPER]


@pytest.fixture
def keeper():
    found = life.attached(KEEPER, dict(os.environ), "r1")
    yield found
    found.kill()
    life.cut(found)


def test_it_lives_while_it_is_beaten(keeper):
    assert all(life.beaten(keeper) for _ in range(100))
    assert keeper.poll() is None


def test_it_ends_when_its_line_is_cut(keeper):
    life.cut(keeper)
    assert keeper.returncode == 0
    assert not life.beaten(keeper)


def test_it_ends_when_its_run_falls_silent():
    impatient = life.KEEPER.replace(f", {life.SILENT_S})", ", 0.2)")
    assert impatient != life.KEEPER
    keeper = life.attached([*KEEPER[:-1], impatient], dict(os.environ), "r1")
    assert keeper.wait(SOON_S) == 0
    life.cut(keeper)


def test_a_stall_of_some_seconds_is_no_silence_and_death_is_known_within_half_a_minute():
    assert 10 * life.BEAT_S <= life.SILENT_S <= 30


RUN = """
import os, sys, threading
from harness.setup import life
keeper = life.attached({argv!r}, dict(os.environ), "r1")
print(keeper.pid, flush=True)
threading.Event().wait()
"""


def test_it_ends_when_its_run_is_killed():
    run = subprocess.Popen([sys.executable, "-c", RUN.format(argv=KEEPER)], stdout=subprocess.PIPE, text=True)
    pid = int(run.stdout.readline())
    assert alive(pid)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    until("the keeper's end", lambda: "its process" if alive(pid) else "", Deadline.after(SOON_S))


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_one_that_cannot_begin_tells_why():
    failing = [sys.executable, "-c", "import sys; sys.exit('docker: No such image: dk-labs/web:1')"]
    with pytest.raises(Problem) as told:
        life.attached(failing, dict(os.environ), "r1")
    assert str(told.value) == (
        "Showing on the engine that run r1 is alive: docker: No such image: dk-labs/web:1. Try: labs images"
    )


LIVING = life.Living("0101-ab", "dk-labs", "labs run storage", "process 7 of ada on vm")


def test_a_run_uses_the_cluster_that_it_says_and_the_one_that_it_made():
    assert LIVING.uses("dk-labs")
    assert LIVING.uses("dkl-0101-ab")
    assert not LIVING.uses("dk-labs-test")
    assert not life.Living("0101-ab", "", "labs run storage", "").uses("")


def test_it_says_whose_it_is():
    assert str(LIVING) == "run 0101-ab (labs run storage, process 7 of ada on vm)"


class Engine:
    """Says of containers what it is told to, or nothing at all."""

    def __init__(self, *ids: str) -> None:
        self.ids, self.answers, self.api = ids, True, self

    def containers(self, **_: object) -> list[dict[str, str]]:
        if not self.answers:
            raise OSError
        return [{"Id": one} for one in self.ids]


def test_a_cluster_that_was_removed_is_gone_and_so_is_one_with_another_in_its_place():
    engine = Engine("a")
    standing = life.Standing(engine, "dk-labs")
    assert not standing.gone()
    engine.ids = ()
    assert standing.gone()
    engine.ids = ("b",)
    assert standing.gone()


def test_an_engine_that_does_not_answer_says_nothing_about_a_cluster():
    engine = Engine("a")
    standing = life.Standing(engine, "dk-labs")
    engine.answers = False
    assert not standing.gone()


def test_a_cluster_that_never_was_cannot_go():
    engine = Engine()
    assert not life.Standing(engine, "dk-labs").gone()
    assert not life.Standing(Engine("a"), "").gone()
