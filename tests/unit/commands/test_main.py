"""The command itself: exit codes, what goes where, and what is told when something goes wrong."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys

import pytest
from rich.console import Console

from harness.commands import main
from harness.model.errors import Interrupted, Problem
from harness.setup import commands
from tests.support import cli


@pytest.fixture(autouse=True)
def said(monkeypatch):
    monkeypatch.setattr(commands, "end_all", lambda: None)
    out = io.StringIO()
    monkeypatch.setattr(main, "people", Console(file=out, width=80))
    return out


def raiser(error):
    def command():
        raise error

    return command


def test_a_problem_is_one_line_and_code_4(said):
    assert main.run(raiser(Problem("Reading x", "it is empty [sic]", "git checkout x"))) == 4
    assert said.getvalue() == "✗ Reading x: it is empty [sic]. Try: git checkout x\n"


@pytest.mark.parametrize("code", [130, 143])
def test_an_interruption_ends_as_shells_expect(code, said):
    assert main.run(raiser(Interrupted(code))) == code
    assert said.getvalue().startswith("Interrupted")


def test_success_is_0_and_says_nothing(said):
    assert main.run(lambda: None) == 0
    assert said.getvalue() == ""


def typed(monkeypatch, *arguments, error=None):
    """The whole program, whose command raises that."""
    monkeypatch.setattr(sys, "argv", ["labs", *arguments])
    monkeypatch.setattr(main, "_commands", lambda: None)
    monkeypatch.setattr(main, "_signals", lambda: None)
    monkeypatch.setattr(main, "app", lambda *_, **__: raiser(error)())
    with pytest.raises(SystemExit) as leaving:
        main.main()
    return leaving.value.code


def test_a_mistake_of_ours_is_one_line_that_says_what_to_report(monkeypatch, said):
    assert typed(monkeypatch, "list", error=KeyError("x [odd]")) == 4
    assert said.getvalue() == (
        "labs: KeyError: 'x [odd]'. Try: the same command with -v, and report what it prints\n"
    )  # fmt: skip


def test_with_v_it_is_shown_in_full(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["labs", "list", "-v"])
    monkeypatch.setattr(main, "_commands", lambda: None)
    monkeypatch.setattr(main, "_signals", lambda: None)
    monkeypatch.setattr(main, "app", lambda *_, **__: raiser(KeyError("x"))())
    with pytest.raises(KeyError):
        main.main()


@pytest.mark.parametrize(("error", "code"), [(SystemExit(2), 2), (SystemExit("odd"), 1), (SystemExit(0), 0)])
def test_what_a_command_leaves_with_is_the_exit_code(monkeypatch, error, code):
    assert typed(monkeypatch, "list", error=error) == code


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("up", "--nonsense"), ("status", "--json", "extra"), ("judge",), ("run", "x", "--trials", "0")],
)
def test_wrong_usage_is_2(arguments):
    assert cli.labs(*arguments).code == 2


def test_help_names_every_command():
    text = cli.labs("--help").out
    names = [main.NAMES.get(name, name) for group in main.GROUPS.values() for name in group]
    assert len(names) == 14
    for name in (*names, "exercise"):
        assert f" {name} " in text


def test_to_ask_for_nothing_is_to_ask_for_help():
    assert "Docker against Kubernetes" in cli.labs().out + cli.labs().err


@pytest.mark.parametrize("of", ["harness.commands.main", "harness.commands.look", "harness.commands.judge"])
def test_what_needs_no_engine_loads_no_sdk(of):
    script = f"import sys, {of}; print([m for m in sys.modules if m in ('docker', 'kubernetes', 'requests')])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_for_an_engine_ends_with_its_code(sign, tmp_path):
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(4)
        argv = [sys.executable, "-m", "harness", "status", "--docker-host", f"unix://{path}"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            server.settimeout(60)
            connection, _ = server.accept()
            with connection:
                process.send_signal(sign)
                _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + sign, err
    assert "Traceback" not in err
