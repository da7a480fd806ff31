"""The stages of a build: side by side, in order where one needs another, all ended by the first failure."""

from __future__ import annotations

import io
import threading
import time
from graphlib import CycleError

import pytest
from rich.console import Console

from harness.model.errors import Problem
from harness.setup import commands
from harness.setup.images import node_build
from harness.setup.images.builds import digest
from harness.setup.images.node_build import Inputs
from harness.setup.images.stages import Stage, run_all
from harness.setup.steps import Steps


@pytest.fixture
def steps():
    return Steps(Console(file=io.StringIO(), width=120))


def test_a_stage_waits_for_what_it_needs(steps, tmp_path):
    order = []
    stages = [
        Stage("last", lambda _: order.append("last"), needs=("first", "second")),
        Stage("first", lambda _: order.append("first")),
        Stage("second", lambda _: order.append("second"), needs=("first",)),
    ]
    run_all(stages, steps, tmp_path / "log")
    assert order == ["first", "second", "last"]


def test_what_an_earlier_run_made_is_not_waited_for(steps, tmp_path):
    order = []
    run_all([Stage("image", lambda _: order.append("image"), needs=("made before",))], steps, tmp_path / "log")
    assert order == ["image"]


def test_stages_that_need_nothing_run_beside_one_another(steps, tmp_path):
    both = threading.Barrier(2)
    run_all([Stage("a", lambda _: both.wait(5)), Stage("b", lambda _: both.wait(5))], steps, tmp_path / "log")


def test_the_first_failure_ends_the_others_and_shows_its_last_lines(steps, tmp_path):
    def fail(_doing):
        commands.run(["sh", "-c", "echo no space left; exit 1"], within_s=5)

    began = time.monotonic()
    stages = [
        Stage("slow", lambda _: commands.run(["sleep", "60"], within_s=60)),
        Stage("broken", fail),
        Stage("never", lambda _: pytest.fail("started"), needs=("broken",)),
    ]
    with pytest.raises(Problem, match="no space left") as caught:
        run_all(stages, steps, tmp_path / "log")
    assert "Making broken" in str(caught.value)
    assert time.monotonic() - began < 20


def test_a_failed_stage_forbids_no_later_program(steps, tmp_path):
    def fail(_doing):
        raise Problem("Making it", "no space left", "df")

    with pytest.raises(Problem, match="no space left"):
        run_all([Stage("broken", fail)], steps, tmp_path / "log")
    assert commands.run(["echo", "on"], within_s=5) == "on\n"
    run_all([Stage("next", lambda _: commands.run(["true"], within_s=5))], steps, tmp_path / "log")


def test_stages_that_wait_for_one_another_are_refused_before_any_begins(steps, tmp_path):
    stages = [Stage("a", pytest.fail, needs=("b",)), Stage("b", pytest.fail, needs=("a",))]
    with pytest.raises(CycleError):
        run_all(stages, steps, tmp_path / "log")


def test_work_in_a_thread_stops_at_its_next_part_once_another_stage_failed(steps, tmp_path):
    begun, seen = threading.Event(), []

    def long(_doing):
        begun.set()
        deadline = time.monotonic() + 10
        try:
            while time.monotonic() < deadline:
                commands.go_on()
                time.sleep(0.01)
        except commands.CommandFailed:
            seen.append("stopped")
            raise

    def fail(_doing):
        begun.wait(5)
        raise Problem("Making it", "no space left", "df")

    with pytest.raises(Problem, match="no space left"):
        run_all([Stage("long", long), Stage("broken", fail)], steps, tmp_path / "log")
    assert seen == ["stopped"]


def test_each_stage_becomes_a_step_with_its_seconds(steps, tmp_path):
    run_all([Stage("base", lambda doing: setattr(doing, "note", "imported"))], steps, tmp_path / "log")
    assert [(s.name, s.note) for s in steps.done] == [("base", "imported")]


def test_a_digest_changes_with_a_files_content_name_and_right_to_run(tmp_path):
    file = tmp_path / "a"
    file.write_text("one")
    seen = [digest(tmp_path)]
    file.chmod(0o755)
    seen.append(digest(tmp_path))
    file.write_text("two")
    seen.append(digest(tmp_path))
    file.rename(tmp_path / "b")
    seen.append(digest(tmp_path))
    assert len(set(seen)) == 4


def test_a_digest_does_not_run_its_parts_together():
    assert digest("ab", "c") != digest("a", "bc")


def test_the_node_image_is_another_when_any_of_its_inputs_is(monkeypatch):
    before = Inputs.here()
    monkeypatch.setattr(node_build, "NODE", (*node_build.NODE, "vim"))
    after = Inputs.here()
    assert before.tag != after.tag
    assert before.node_base != after.node_base
    assert before.programs == after.programs


def test_inputs_are_the_same_when_nothing_changed():
    assert Inputs.here() == Inputs.here()
