"""Engines: which one is ours, what a dead one left, and why one cannot be used."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading

import pytest

from harness.model.errors import Problem
from harness.setup import dockerd, engine
from harness.setup.endpoint import Endpoint


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "dk-labs"


@pytest.fixture
def sleeper():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def record(state, pid: int, started: str) -> None:
    state.mkdir(exist_ok=True)
    (state / "engine.json").write_text(json.dumps({"pid": pid, "started": started}))


def test_an_engine_is_ours_when_pid_and_start_time_are_those_we_wrote_down(state, sleeper):
    record(state, sleeper.pid, dockerd.start_time(sleeper.pid))
    assert dockerd.started_by_us() == sleeper.pid


def test_a_process_that_got_the_same_pid_later_is_not_ours(state, sleeper):
    record(state, sleeper.pid, "1")
    assert dockerd.started_by_us() is None


@pytest.mark.parametrize("text", ["", "{}", "null", '{"pid": "x"}', '{"pid": 4194305, "started": "1"}'])
def test_a_damaged_or_dead_record_means_that_none_is_ours(state, text):
    state.mkdir(exist_ok=True)
    (state / "engine.json").write_text(text)
    assert dockerd.started_by_us() is None


def test_no_record_means_that_none_is_ours(state):
    assert dockerd.started_by_us() is None


@pytest.mark.parametrize("content", ["4194305", "garbage", str(os.getpid())])
def test_a_pid_file_of_a_dead_or_another_program_is_forgotten(tmp_path, monkeypatch, content):
    file = tmp_path / "docker.pid"
    file.write_text(content)
    monkeypatch.setattr(dockerd, "PIDFILES", ((file, "dockerd"),))
    assert dockerd.forget_the_dead()
    assert not file.exists()


def test_a_pid_file_of_a_living_daemon_is_kept(tmp_path, monkeypatch, sleeper):
    file = tmp_path / "docker.pid"
    file.write_text(str(sleeper.pid))
    monkeypatch.setattr(dockerd, "PIDFILES", ((file, "sleep"),))
    assert not dockerd.forget_the_dead()
    assert file.exists()


def test_a_killed_daemon_that_nobody_asked_after_yet_is_dead(tmp_path, monkeypatch):
    file = tmp_path / "docker.pid"
    with subprocess.Popen(["sleep", "60"]) as daemon:
        file.write_text(str(daemon.pid))
        monkeypatch.setattr(dockerd, "PIDFILES", ((file, "sleep"),))
        daemon.kill()
        os.waitid(os.P_PID, daemon.pid, os.WEXITED | os.WNOWAIT)  # dead for sure, and still a zombie
        assert dockerd.forget_the_dead()
        assert not file.exists()


def test_a_daemon_that_ends_at_once_is_told_with_its_log(tmp_path, monkeypatch, state):
    program = tmp_path / "dockerd"
    program.write_text("#!/bin/sh\necho no room at all\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(dockerd, "PIDFILES", ((tmp_path / "none.pid", "dockerd"),))
    where = Endpoint(f"unix://{tmp_path}/none.sock", "the test")
    with pytest.raises(Problem) as problem:
        dockerd._await(where, tmp_path / "log")
    assert "code 3" in problem.value.seen
    assert "no room at all" in problem.value.seen


def test_a_socket_where_nobody_listens_says_so(tmp_path):
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    with pytest.raises(Problem, match="nobody answers there"):
        engine.connect(Endpoint(f"unix://{path}", "test"))


# the SDK's constructor asks for the version, and drops its connection unclosed when no answer comes
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_never_answers_is_told_from_one_that_is_not_there(tmp_path):
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(4)
        with pytest.raises(Problem, match="did not answer within 1 s"):
            engine.connect(Endpoint(f"unix://{path}", "test"), answer_s=1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_something_else_on_the_socket_is_a_problem_not_a_traceback(tmp_path):
    path = tmp_path / "other.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(4)

        def answer() -> None:
            asked = b""
            while not asked:  # the first only knocks
                connection, _ = server.accept()
                with connection:
                    if asked := connection.recv(4096):
                        connection.sendall(b"SSH-2.0-hello\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Problem):
            engine.connect(Endpoint(f"unix://{path}", "test"), answer_s=2)
        thread.join()


def test_installing_can_be_forbidden(monkeypatch, tmp_path):
    monkeypatch.setenv("LABS_INSTALL", "never")
    monkeypatch.setattr(dockerd.os, "geteuid", lambda: 0)
    monkeypatch.setattr(dockerd.debian, "like_debian", lambda: True)
    with pytest.raises(Problem, match="LABS_INSTALL=never"):
        dockerd.own(Endpoint("unix:///x", "test"), Problem("Talking", "nobody answers there", "x"), _silent())


def test_who_is_not_root_is_told_what_to_type(monkeypatch):
    monkeypatch.setattr(dockerd.os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match="sudo"):
        dockerd.own(Endpoint("unix:///x", "test"), Problem("Talking", "nobody answers there", "x"), _silent())


def _silent():
    import io

    from rich.console import Console

    from harness.setup.steps import Steps

    return Steps(Console(file=io.StringIO()))
