"""What lies in the learner's folder, and that what is theirs is never lost."""

from __future__ import annotations

import re

import pytest

from harness.exercises import declared
from harness.exercises.folder import Folder
from harness.model.errors import Problem

EVERY = declared.load()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder and a state folder of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture(params=EVERY, ids=lambda e: e.name)
def folder(request):
    return Folder.of(request.param)


def test_it_begins_with_the_start_s_files_and_the_task(folder):
    assert folder.begin("the task") == []
    assert (folder.path / "TASK.md").read_text() == "the task"
    for name, source in folder.exercise.start_files.items():
        assert (folder.path / name).read_bytes() == source.read_bytes()


def test_beginning_again_leaves_what_the_learner_changed(folder):
    folder.begin("")
    folder.files[0].write_text("mine")
    assert folder.begin("") == [folder.files[0]]
    assert folder.files[0].read_text() == "mine"


def test_the_solution_and_the_beginning_put_what_is_the_learners_aside_each_under_a_name_of_its_own(folder):
    folder.begin("")
    first = folder.files[0]
    first.write_text("one")
    aside = folder.solve()
    assert [file.read_text() for file in aside] == ["one"]
    assert first.read_bytes() == folder.exercise.solution_files[first.name].read_bytes()
    assert folder.reset() == []
    first.write_text("two")
    (second,) = folder.reset()
    assert (aside[0].read_text(), second.read_text()) == ("one", "two")
    assert first.read_bytes() == folder.exercise.start_files[first.name].read_bytes()
    assert all(file.suffix not in (".yaml", ".yml") for file in (*aside, second))


def test_what_was_never_begun_is_told(folder):
    with pytest.raises(Problem, match=f"labs exercise start {folder.exercise.name}"):
        folder.check_begun()


def test_two_folders_have_projects_of_their_own_that_kubernetes_takes(folder, tmp_path, monkeypatch):
    first = folder.project
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    second = Folder.of(folder.exercise).project
    assert first != second
    for name in (first, second):
        assert name.startswith("dkl-exercise-")
        assert re.fullmatch(r"[a-z0-9-]{1,63}", name)
