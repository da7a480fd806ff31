"""`labs exercise ...`: what a learner types, and what they are told."""

from __future__ import annotations

import json
import re

import pytest

from harness.commands.exercise import task
from harness.exercises import declared, progress
from harness.exercises.folder import Folder
from harness.exercises.ground import Ground
from harness.judging import catalog
from harness.setup import endpoint, engine, tools
from tests.support.cli import labs
from tests.support.solution import added

EVERY = declared.load()
each = pytest.mark.parametrize("exercise", EVERY, ids=lambda e: e.name)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder and a state folder of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_hints_come_one_after_the_other_and_are_kept():
    folder = Folder.of(EVERY[0])
    folder.begin("")
    hints = folder.exercise.hints
    told = [labs("exercise", "hint", folder.exercise.name).err for _ in range(len(hints) + 1)]
    for number, (hint, text) in enumerate(zip(hints, told, strict=False), 1):
        assert f"Hint {number} of {len(hints)}: {hint}" in text
        assert "There are no more" not in text
    assert hints[-1] in told[-1]
    assert "There are no more. labs exercise solve" in told[-1]
    assert progress.of(folder.project).hints == len(hints)


def test_a_hint_for_what_was_not_begun_is_a_problem():
    told = labs("exercise", "hint", EVERY[0].name)
    assert told.code == 4
    assert told.err.endswith(f"Try: labs exercise start {EVERY[0].name}\n")


def test_the_list_shows_each_exercise_and_how_far_one_has_come():
    folder = Folder.of(EVERY[0])
    progress.keep(folder.project, progress.hinted(progress.begun(progress.Progress()), 3))
    text = " ".join(labs("exercise", "list").err.split())
    for one in EVERY:
        assert f"{one.name} {one.question}" in text
    assert "started, 1 hint taken" in text
    assert text.endswith(f"Next: labs exercise check {EVERY[0].name}")
    document = json.loads(labs("exercise", "list", "--json").out)
    assert document["schema"] == "labs.exercises/1"
    assert [row["name"] for row in document["exercises"]] == [one.name for one in EVERY]
    assert document["exercises"][0]["hints"] == {"taken": 1, "of": 3}


@each
def test_what_is_typed_to_apply_and_to_look_does_not_give_the_answer_away(exercise, monkeypatch):
    """As it is printed: beside the task there are commands, with names of files in them."""
    monkeypatch.setattr(tools, "compose", lambda: ["/usr/bin/docker", "compose"])
    monkeypatch.setattr(tools, "kubectl", lambda *_, **__: catalog.FOLDER)
    at = endpoint.Endpoint("unix:///var/run/docker.sock", "default socket")
    here = Ground(Folder.of(exercise), engine.Engine(at, None, "", ""))
    text = task(here)
    assert here.apply in text
    assert {word for word in re.findall(r"[A-Za-z]{2,}", text) if word in added(exercise)} == set()
