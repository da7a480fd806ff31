"""Programs that an arm has beside its files: they end with the trial, with the harness, or when their time is up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.lab.open_site import No
from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup import paths
from harness.sites import programs
from harness.sites.programs import LONGEST_S, Programs

SLEEPS = "sleep 300 &\necho $$ $! > pids\nwait\n"
"""A program with another one beside it."""

BEGINS = """
import os, signal, sys
from pathlib import Path
from harness.sites.programs import Programs
own = Programs(Path("logs"))
own.start("sh sleeps.sh", "sleeps.sh", env=os.environ, cwd=Path())
signal.pause()
"""
"""Stands for a run that has one going."""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sleeps.sh").write_text(SLEEPS)
    return tmp_path


@pytest.fixture
def own(folder):
    made = Programs(folder / "logs")
    yield made
    made.stop()


def start(own: Programs, folder: Path, name: str = "sleeps.sh"):
    return own.start(f"sh {name}", name, env=os.environ, cwd=folder)


def waits(what: str, look, within_s: float = 10.0):
    until(what, lambda: "" if look() else what, Deadline.after(within_s))


def begun(folder: Path) -> list[int]:
    """Those that the program says run by now."""
    waits("its pids", lambda: (folder / "pids").exists() and (folder / "pids").read_text().endswith("\n"))
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_it_goes_on_while_the_trial_does_and_ends_with_it_and_with_what_it_started(own, folder):
    assert start(own, folder).files == ("sleeps.sh",)
    pids = begun(folder)
    assert all(map(runs, pids))
    own.stop()
    waits("their end", lambda: not any(map(runs, pids)))


def test_what_it_says_is_kept(own, folder):
    (folder / "says.sh").write_text("echo $WORD\necho no >&2\n")
    own.start("sh says.sh", "says.sh", env={"WORD": "yes", **os.environ}, cwd=folder)
    log = folder / "logs" / "says.sh.log"
    waits("its words", lambda: log.read_text() == "yes\nno\n")


def test_one_that_will_not_end_is_ended(own, folder):
    (folder / "deaf.sh").write_text(f"trap '' TERM\n{SLEEPS}")
    start(own, folder, "deaf.sh")
    pids = begun(folder)
    own.stop()
    waits("their end", lambda: not any(map(runs, pids)))


def test_one_that_is_not_there_is_told(own, folder):
    with pytest.raises(No, match=r"there is no away\.sh in "):
        start(own, folder, "away.sh")


def test_it_ends_when_the_harness_is_killed(folder):
    ours = subprocess.Popen(
        [sys.executable, "-c", BEGINS], cwd=folder, env=os.environ | {"PYTHONPATH": str(paths.CHECKOUT)}
    )
    pids = begun(folder)
    os.kill(ours.pid, signal.SIGKILL)
    ours.wait()
    waits("their end", lambda: not any(map(runs, pids)))


def test_and_after_ten_minutes_whatever_else_is(own, folder, monkeypatch):
    assert LONGEST_S == 600
    assert f"sleep {LONGEST_S};" in programs.KEEP
    monkeypatch.setattr(programs, "KEEP", programs.KEEP.replace(f"sleep {LONGEST_S};", "sleep 0.5;"))
    start(own, folder)
    pids = begun(folder)
    waits("their end", lambda: not any(map(runs, pids)))
