"""The command itself: exit codes, and what goes where."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from harness import cli
from harness.model.errors import Interrupted, Problem
from harness.setup.steps import Step, Steps


@pytest.fixture(autouse=True)
def told(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(cli, "people", Console(file=out, width=80))
    return out


def raiser(error: BaseException):
    def command() -> None:
        raise error

    return command


def test_a_problem_is_one_line_and_code_4(told):
    assert cli.run(raiser(Problem("Reading x", "it is empty [sic]", "git checkout x"))) == 4
    assert told.getvalue() == "✗ Reading x: it is empty [sic]. Try: git checkout x\n"


@pytest.mark.parametrize("code", [130, 143])
def test_an_interruption_ends_as_shells_expect(code, told):
    assert cli.run(raiser(Interrupted(code))) == code
    assert "Interrupted" in told.getvalue()


def test_success_is_0(told):
    assert cli.run(lambda: None) == 0
    assert told.getvalue() == ""


def labs(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("arguments", [("nonsense",), ("up", "--nonsense"), ("status", "--json", "extra")])
def test_wrong_usage_is_2(arguments):
    assert labs(*arguments).returncode == 2


def test_help_names_every_command():
    text = labs("--help").stdout
    for name in ("up", "down", "status", "doctor", "images", "clean", "list", "run"):
        assert f" {name} " in text


def test_help_loads_no_sdk():
    script = "import sys; from harness.cli import app; print([m for m in sys.modules if m in ('docker', 'requests')])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_for_an_engine_ends_with_its_code(sign, tmp_path):
    import socket

    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(4)
        argv = [sys.executable, "-m", "harness", "status", "--docker-host", f"unix://{path}"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            server.settimeout(20)
            connection, _ = server.accept()
            with connection:
                process.send_signal(sign)
                _, err = process.communicate(timeout=10)
    assert process.returncode == 128 + sign, err
    assert "Traceback" not in err


def test_steps_are_plain_lines_where_there_is_no_terminal():
    out = io.StringIO()
    steps = Steps(Console(file=out, width=100))
    with steps.step("nodes") as doing:
        doing.tell("one of three")
        doing.note = "three"
    steps.add(Step("kind", 12.34))
    lines = out.getvalue().splitlines()
    assert [line.split() for line in lines] == [["✓", "nodes", "0.0", "s", "three"], ["✓", "kind", "12.3", "s"]]
    assert lines[0].index(" s ") == lines[1].index(" s")


def test_a_step_that_fails_is_not_told_as_done():
    out = io.StringIO()
    steps = Steps(Console(file=out))
    with pytest.raises(ValueError, match="x"), steps.step("nodes"):
        raise ValueError("x")
    assert steps.done == []
    assert out.getvalue() == ""
