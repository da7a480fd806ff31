"""What a build needs, said before minutes are spent on it."""

from __future__ import annotations

import os
from collections import namedtuple

import pytest

from harness.model.errors import Problem
from harness.setup import tools
from harness.setup.images import builds


class FakeEngine:
    """Only what is asked of an engine here: where it keeps its layers."""

    class client:  # noqa: N801
        @staticmethod
        def info():
            return {"DockerRootDir": "/"}


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_too_little_disk_is_a_problem_that_says_how_much_is_needed(monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(builds.shutil, "disk_usage", lambda _path: usage(10e9, 9e9, 1e9))
    with pytest.raises(Problem, match=r"1\.0 GB free, 9 GB are needed"):
        builds.check_disk(FakeEngine())


def test_enough_disk_is_no_problem(monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(builds.shutil, "disk_usage", lambda _path: usage(99e9, 9e9, 90e9))
    builds.check_disk(FakeEngine())


def test_who_is_not_root_cannot_make_a_root_file_system(monkeypatch):
    monkeypatch.setattr(builds.os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match="needs root"):
        builds.check_root()


def test_a_missing_mmdebstrap_is_not_installed_where_that_is_forbidden(monkeypatch):
    monkeypatch.setattr(builds.os, "geteuid", lambda: 0)
    monkeypatch.setattr(builds.debian, "mirror", lambda: None)
    monkeypatch.setattr(builds.shutil, "which", lambda _name: None)
    monkeypatch.setenv("LABS_INSTALL", "never")
    with pytest.raises(Problem, match="mmdebstrap"):
        builds.check_root()


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.invalid/x\n\ngo 1.21\n")
    (folder / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    return folder


@pytest.mark.skipif(not tools.asked("go", "version"), reason="no Go on PATH")
def test_a_go_build_that_fails_is_a_problem_with_the_compilers_words_and_no_half_program(module, tmp_path):
    program = tmp_path / "bin" / "x"
    with pytest.raises(Problem, match="undefined"):
        tools.build_go(".", program, module=module)
    assert os.listdir(program.parent) == []


def test_a_program_that_cannot_be_asked_counts_as_missing(tmp_path, monkeypatch):
    broken = tmp_path / "kind"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tools.asked("kind", "version") == ""
    assert not tools.kind_fits()


@pytest.mark.parametrize(
    ("text", "version"),
    [("kind v0.32.0 go1.26 linux/amd64", (0, 32, 0)), ("go version go1.27", (1, 27)), ("nothing", ())],
)
def test_the_first_number_in_a_programs_words_is_its_version(text, version):
    assert tools.version_in(text) == version
