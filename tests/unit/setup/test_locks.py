"""One at a time, over processes."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from harness.model.errors import Problem
from harness.setup.locks import only_one

HOLDER = """
    import sys
    from pathlib import Path
    from harness.setup.locks import only_one
    with only_one(Path(sys.argv[1]), what="x", say=print, within_s=5):
        print("held", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_nobody_waits_where_nobody_holds(tmp_path):
    with only_one(tmp_path / "lock", what="x", say=pytest.fail, within_s=1) as waited:
        assert not waited


def test_who_waits_is_told_for_whom_and_gives_up_with_a_problem(tmp_path, holder):
    told = []
    with (
        pytest.raises(Problem, match=f"process {holder.pid} still holds it"),
        only_one(tmp_path / "lock", what="the cluster", say=told.append, within_s=0.3),
    ):
        pytest.fail("both hold it")
    assert f"process {holder.pid}" in told[0]


def test_the_lock_of_a_killed_holder_is_free_at_once(tmp_path, holder):
    holder.kill()
    holder.wait()
    with only_one(tmp_path / "lock", what="x", say=pytest.fail, within_s=1) as waited:
        assert not waited


def test_who_came_second_goes_on_when_the_first_ends(tmp_path, holder):
    def end(_told: str) -> None:
        holder.stdin.write("\n")
        holder.stdin.flush()

    with only_one(tmp_path / "lock", what="x", say=end, within_s=5) as waited:
        assert waited
