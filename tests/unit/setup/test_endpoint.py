"""Which engine is meant: the order of precedence, and contexts as the docker command keeps them."""

from __future__ import annotations

import gc
import hashlib
import json
import socket

import pytest
from docker.errors import DockerException

from harness.model.errors import Problem
from harness.setup import endpoint


@pytest.fixture
def docker_config(tmp_path, monkeypatch):
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(current: str, contexts: dict[str, str]) -> None:
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": current}))
        for name, url in contexts.items():
            folder = tmp_path / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
            folder.mkdir(parents=True)
            meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}
            (folder / "meta.json").write_text(json.dumps(meta))

    write("", {})
    return write


def test_the_default_socket_comes_last(docker_config):
    assert endpoint.resolve().url == endpoint.DEFAULT_SOCKET


def test_the_current_context_comes_before_the_default_socket(docker_config):
    docker_config("work", {"work": "unix:///run/work.sock"})
    found = endpoint.resolve()
    assert (found.url, found.source) == ("unix:///run/work.sock", "current context work")


def test_docker_context_comes_before_the_current_one(docker_config, monkeypatch):
    docker_config("work", {"work": "unix:///run/work.sock", "play": "unix:///run/play.sock"})
    monkeypatch.setenv("DOCKER_CONTEXT", "play")
    assert endpoint.resolve().url == "unix:///run/play.sock"


def test_docker_host_comes_before_any_context(docker_config, monkeypatch):
    docker_config("work", {"work": "unix:///run/work.sock"})
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert endpoint.resolve().url == "tcp://10.0.0.1:2375"


def test_the_flag_comes_first(docker_config, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert endpoint.resolve("unix:///x.sock").source == "--docker-host"


def test_a_context_that_is_not_there_is_a_problem(docker_config, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    with pytest.raises(Problem, match="gone"):
        endpoint.resolve()


def test_programs_are_given_the_same_engine_and_no_other(docker_config):
    env = endpoint.Endpoint("unix:///a.sock", "x").environment({"DOCKER_CONTEXT": "other", "PATH": "/bin"})
    assert env == {"PATH": "/bin", "DOCKER_HOST": "unix:///a.sock"}


def test_programs_are_given_the_context_by_name_since_it_may_hold_keys(docker_config):
    env = endpoint.Endpoint("tcp://a:1", "x", context="work").environment({"DOCKER_HOST": "other"})
    assert env == {"DOCKER_CONTEXT": "work"}


def test_a_socket_to_which_nobody_answers_is_closed(tmp_path):
    """What stays open is warned of when it is collected, and a warning fails a test."""
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(tmp_path / "docker.sock"))
        with pytest.raises(DockerException):
            endpoint.Endpoint(f"unix://{tmp_path}/docker.sock", "here").client(timeout_s=1)
    gc.collect()
