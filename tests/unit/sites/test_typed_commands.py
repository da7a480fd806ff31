"""What is typed: its output, its code, its time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.lab.open_site import No
from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.sites import typed


def run(*argv: str, within_s: float = 10.0, over=lambda: False, cwd: Path = Path("/")):
    return typed.run("as typed", argv, env=os.environ, cwd=cwd, within_s=within_s, over=over, files=("a",))


def sh(text: str, **how):
    return run("sh", "-c", text, **how)


def test_what_worked_answers_with_its_output_alone():
    answer = sh("echo one; echo two; echo noise >&2")
    assert (answer.said, answer.code, answer.no) == ("one\ntwo", 0, "")
    assert (answer.typed, answer.files) == (("as typed",), ("a",))


def test_what_failed_answers_with_the_last_of_what_it_said_against_it():
    answer = sh(
        "echo out; for n in 1 2 3 4; do echo $n; echo; done >&2; echo \"See 'docker run --help'.\" >&2; exit 125"
    )
    assert (answer.said, answer.code) == ("2\n3\n4", 125)


def test_what_failed_without_a_word_against_it_answers_with_its_output():
    assert sh("echo out; exit 1").said == "out"


def test_where_kubectl_says_no_more_than_that_a_program_in_a_pod_failed_the_programs_own_word_is_told():
    noise = """Defaulted container "web" out of: web, second\ncommand terminated with exit code 1"""
    assert sh(f"echo error refused; echo '{noise}' >&2; exit 1").said == "error refused"


def test_what_moves_a_terminals_text_is_left_out():
    assert sh("printf '\\033[2Kweb\\033[1;31m red'").said == "web red"


def test_a_word_is_an_argument_whatever_it_holds():
    assert run("echo", "$HOME; ls | cat").said == "$HOME; ls | cat"


def test_it_runs_in_its_folder(tmp_path):
    assert run("pwd", cwd=tmp_path).said == str(tmp_path)


def test_what_does_not_end_is_ended_with_all_that_it_started(tmp_path):
    with pytest.raises(No, match="did not end within 0 s"):
        sh(f"sleep 61 & echo $! > {tmp_path}/pid; wait", within_s=0.3)
    gone(int((tmp_path / "pid").read_text()))


def test_what_is_under_way_when_the_run_ends_is_ended():
    begun = time.monotonic()
    with pytest.raises(No, match="the run is being ended"):
        sh("sleep 60", over=iter([False, True]).__next__)
    assert time.monotonic() - begun < 10


def test_nothing_is_begun_when_the_run_is_being_ended():
    with pytest.raises(No, match="the run is being ended"):
        run("nowhere", over=lambda: True)


def test_a_program_that_is_not_there_is_a_no():
    with pytest.raises(No, match="nowhere could not be started"):
        run("nowhere")


def gone(pid: int) -> None:
    def there() -> str:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""
        return "" if state == "Z" else f"{pid} runs"

    until("its end", there, Deadline.after(10))
