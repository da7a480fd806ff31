"""Running other programs: bounded, ended with us, their last words kept."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup import commands


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_answers_what_was_printed_on_both_streams():
    assert commands.run(["sh", "-c", "echo out; echo err >&2"], within_s=5).split() == ["out", "err"]


def test_lines_are_told_while_the_program_runs(tmp_path):
    lines = []
    commands.run(["sh", "-c", "echo a; echo b"], within_s=5, on_line=lines.append, log=tmp_path / "log")
    assert lines == ["a", "b"]
    assert (tmp_path / "log").read_text() == "a\nb\n"


def test_failure_carries_code_and_last_lines():
    with pytest.raises(commands.CommandFailed) as caught:
        commands.run(["sh", "-c", "seq 100; exit 7"], within_s=5)
    assert "ended with code 7" in str(caught.value)
    assert caught.value.tail.splitlines()[-1] == "100"
    assert len(caught.value.tail.splitlines()) == commands.TAIL


def test_a_missing_program_is_a_failure_like_any_other():
    with pytest.raises(commands.CommandFailed, match="could not be started"):
        commands.run(["/no/such/program"], within_s=5)


def test_what_is_too_slow_is_ended_with_its_children():
    pids = []
    began = time.monotonic()
    with pytest.raises(commands.CommandFailed, match="did not end within"):
        commands.run(
            ["sh", "-c", "sleep 60 & echo $!; echo $$; wait"],
            within_s=0.5,
            on_line=lambda line: pids.append(int(line)),
        )
    assert time.monotonic() - began < 5
    assert len(pids) == 2
    until("both end", lambda: str([pid for pid in pids if alive(pid)] or ""), Deadline.after(2))


def test_large_input_and_output_do_not_block_one_another():
    text = "x" * 1_000_000 + "\n"
    assert commands.run(["cat"], within_s=10, text=text) == text


def test_an_interrupted_reader_leaves_no_program_behind():
    pids = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.run(["sh", "-c", "echo $$; exec sleep 60"], within_s=30, on_line=interrupt)
    assert not alive(pids[0])


def test_the_environment_is_the_one_given():
    env = dict(os.environ) | {"COLOUR": "blue"}
    assert commands.run(["sh", "-c", "echo $COLOUR"], within_s=5, env=env).strip() == "blue"


def test_a_group_that_was_ended_starts_nothing_more_and_another_one_does():
    ended, other = commands.group(), commands.group()
    ended.end()
    with ended.current(), pytest.raises(commands.CommandFailed, match="not started: we are ending"):
        commands.run(["true"], within_s=5)
    with other.current():
        assert commands.run(["echo", "on"], within_s=5) == "on\n"


def test_a_group_ends_with_the_one_that_it_was_made_in():
    outer = commands.group()
    with outer.current():
        inner = commands.group()
    outer.end()
    with inner.current(), pytest.raises(commands.CommandFailed, match="not begun"):
        commands.go_on()


def test_a_group_ends_its_own_running_programs_and_no_others():
    ended, other = commands.group(), commands.group()
    told, answers = {}, {}

    def sleep(group, name, seconds):
        with group.current():
            try:
                answers[name] = commands.run(
                    ["sh", "-c", f"echo $$; exec sleep {seconds}"],
                    within_s=30,
                    on_line=lambda _: told[name].set(),
                )
            except commands.CommandFailed as failed:
                answers[name] = str(failed)

    threads = []
    for group, name, seconds in ((ended, "ended", 60), (other, "other", 1)):
        told[name] = threading.Event()
        threads.append(threading.Thread(target=sleep, args=(group, name, seconds)))
        threads[-1].start()
    assert all(begun.wait(5) for begun in told.values())
    ended.end()
    for thread in threads:
        thread.join(10)
    assert "ended with code" in answers["ended"]
    assert answers["other"].strip().isdigit()


def test_after_the_end_of_all_a_next_command_begins_anew():
    commands.end_all()
    assert commands.run(["echo", "on"], within_s=5) == "on\n"
