"""Exercises without a platform: how they are declared, what lies in the learner's folder, how progress is kept."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from harness import catalog, court, journal
from harness.cli import app
from harness.exercises import checking, declared, progress
from harness.exercises.folder import Folder
from harness.exercises.ground import Ground
from harness.model.errors import Problem
from harness.model.verdict import Grade
from tests.unit.solution import added, words

EVERY = declared.load()
each = pytest.mark.parametrize("exercise", EVERY, ids=lambda e: e.name)
SOUND = """
[[exercise]]
name = "come-back"
claim = "docker-restart-needs-compose-or-swarm"
part = "b"
question = "Who?"
task = "Make it so."
hints = ["Look."]
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder and a state folder of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def labs(*arguments: str):
    return CliRunner().invoke(app, ["exercise", *arguments])


def recorded(exercise):
    lab = exercise.lab.name
    return journal.read(catalog.FOLDER / "recorded" / lab).of_lab(lab)


# -- how they are declared -------------------------------------------------------------------------------------------


@each
def test_its_claim_is_right_with_the_solution_and_its_judge_fails_what_it_starts_from(exercise):
    """In the lab's recorded run: so an exercise cannot ask for something else than its lab shows."""
    known = recorded(exercise)
    first = next(iter(exercise.claim.cells.values()))
    assert court.answer(exercise.claim, known).grade is Grade.CONFIRMED
    arm = checking.mine(exercise, ("x.yaml",))
    of_start = {(first.scenario @ arm).cell: known[(first.scenario @ exercise.start).cell]}
    assert checking.judged(exercise, arm, of_start, known).grade is Grade.REFUTED


@each
def test_of_the_learners_trials_the_first_that_fails_decides_and_all_have_to_be_there_to_pass(exercise):
    known, arm = recorded(exercise), checking.mine(exercise, ("x.yaml",))
    mine = {(cell.scenario @ arm).cell: known[cell.cell] for cell in exercise.claim.cells.values()}
    assert checking.judged(exercise, arm, mine, known).grade is Grade.CONFIRMED
    cells = exercise.claim.cells.values()
    for cell in cells:
        spoilt = mine | {(cell.scenario @ arm).cell: ()}
        assert checking.judged(exercise, arm, spoilt, known).grade is Grade.INCONCLUSIVE


@each
def test_neither_question_nor_task_nor_the_files_to_start_from_name_what_the_solution_adds(exercise):
    assert added(exercise)
    assert words(f"{exercise.name} {exercise.question} {exercise.task}") & added(exercise) == set()
    names = " ".join(exercise.start_files)
    assert words(names) & added(exercise) == set()


@each
def test_no_plan_and_no_sentence_of_a_failing_judge_names_what_the_solution_adds(exercise):
    known, arm = recorded(exercise), checking.mine(exercise, ("x.yaml",))
    for cell in exercise.claim.cells.values():
        assert words(f"{cell.scenario.name} {cell.scenario.plan}") & added(exercise) == set()
    first = next(iter(exercise.claim.cells.values()))
    of_start = {(first.scenario @ arm).cell: known[(first.scenario @ exercise.start).cell]}
    sentence = checking.judged(exercise, arm, of_start, known).sentence
    assert sentence
    assert words(sentence) & added(exercise) == set()


@each
def test_its_last_hint_names_what_the_solution_adds(exercise):
    """Whoever takes every hint can do it: each key of the solution was named by then."""
    told = words(" ".join(exercise.hints))
    assert added(exercise) <= told | {"apiversion", "metadata", "spec"}


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (('hints = ["Look."]', "hints = []"), "exercise come-back, hints: missing or empty"),
        (('hints = ["Look."]', 'hints = ["Look.", " "]'), "is not a list of texts"),
        (('hints = ["Look."]', ""), "hints: missing or empty"),
        (('task = "Make it so."', 'task = ""'), "task: '' is not a text"),
        (('part = "b"', 'part = "z"'), "judges no part 'z'"),
        (('part = "b"', 'part = "b"\nhelp = "x"'), "help: unknown key"),
        (('name = "come-back"', 'name = "Come back"'), "small letters and hyphens"),
        (("docker-restart-needs-compose-or-swarm", "docker-restarts"), "Looking for claim 'docker-restarts'"),
        (('part = "b"', 'part = "c"'), "only use the engine or the shared cluster"),
        (("docker-restart-needs-compose-or-swarm", "docker-manual-stop-not-restarted"), "one arm has to lack"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(tmp_path, change, seen):
    file = tmp_path / "exercises.toml"
    assert change[0] in SOUND
    file.write_text(SOUND.replace(*change))
    with pytest.raises(Problem) as problem:
        declared.load(file)
    assert seen in str(problem.value)


def test_a_claim_that_compares_two_arms_is_no_exercise(tmp_path):
    file = tmp_path / "exercises.toml"
    wrong = SOUND.replace("docker-restart-needs-compose-or-swarm", "docker-network-needs-config")
    file.write_text(wrong.replace('part = "b"\n', ""))
    with pytest.raises(Problem, match="exercise come-back"):
        declared.load(file)


def test_the_same_name_twice_is_told(tmp_path):
    file = tmp_path / "exercises.toml"
    file.write_text(SOUND + SOUND)
    with pytest.raises(Problem, match="come-back stands there 2 times"):
        declared.load(file)


def test_an_unknown_name_is_told_with_those_near_it():
    with pytest.raises(Problem, match=r"come-bak.*near it: come-back.*labs exercise list"):
        declared.named("come-bak", EVERY)


# -- the learner's folder --------------------------------------------------------------------------------------------


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


def test_two_folders_have_marks_of_their_own_that_kubernetes_takes(folder, tmp_path, monkeypatch):
    first = folder.mark
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    second = Folder.of(folder.exercise).mark
    assert first != second
    for mark in (first, second):
        assert mark.startswith("dkl-exercise-")
        assert re.fullmatch(r"[a-z0-9-]{1,63}", mark)


# -- progress --------------------------------------------------------------------------------------------------------


def test_progress_is_kept_from_one_command_to_the_next():
    assert progress.of("x") == progress.Progress()
    kept = progress.keep("x", progress.checked(progress.begun(progress.of("x")), solved=False))
    assert progress.of("x") == kept
    assert (kept.state, kept.checks) == ("started", 1)


def test_solved_stays_solved_and_the_solution_may_be_looked_at_afterwards():
    solved = progress.checked(progress.begun(progress.Progress()), solved=True)
    assert progress.checked(solved, solved=False).state == "solved"
    assert progress.shown(solved).state == "solved"


def test_a_solution_that_was_shown_first_is_told():
    shown = progress.shown(progress.begun(progress.Progress()))
    assert shown.state == "solution shown"
    assert progress.checked(shown, solved=True).state == "solved, after its solution was shown"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"started": ""}', '{"hints": "many"}'])
def test_damaged_progress_is_a_beginning(text):
    file = progress._file("x")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert progress.of("x") == progress.Progress()


# -- the commands ----------------------------------------------------------------------------------------------------


def test_hints_come_one_after_the_other_and_are_kept():
    folder = Folder.of(EVERY[0])
    folder.begin("")
    hints = folder.exercise.hints
    told = [labs("hint", folder.exercise.name).stderr for _ in range(len(hints) + 1)]
    for number, (hint, text) in enumerate(zip(hints, told, strict=False), 1):
        assert f"Hint {number} of {len(hints)}: {hint}" in text
        assert "There are no more" not in text
    assert hints[-1] in told[-1]
    assert "There are no more. labs exercise solve" in told[-1]
    assert progress.of(folder.mark).hints == len(hints)


def test_a_hint_for_what_was_not_begun_is_a_problem():
    assert isinstance(labs("hint", EVERY[0].name).exception, Problem)


def test_the_list_shows_each_exercise_and_how_far_one_has_come():
    folder = Folder.of(EVERY[0])
    progress.keep(folder.mark, progress.hinted(progress.begun(progress.Progress()), 3))
    text = " ".join(labs("list").stderr.split())
    for one in EVERY:
        assert f"{one.name} {one.question}" in text
    assert "started, 1 hint taken" in text
    document = json.loads(labs("list", "--json").stdout)
    assert document["schema"] == "labs.exercises/1"
    assert [row["name"] for row in document["exercises"]] == [one.name for one in EVERY]
    assert document["exercises"][0]["hints"] == {"taken": 1, "of": 3}


@each
def test_what_is_typed_to_apply_and_to_look_does_not_give_the_answer_away(exercise, monkeypatch):
    """As it is printed: beside the task there are commands, with names of files in them."""
    from harness.exercises import commands
    from harness.setup import endpoint, engine, tools

    monkeypatch.setattr(tools, "compose", lambda: ["/usr/bin/docker", "compose"])
    monkeypatch.setattr(tools, "kubectl", lambda *_, **__: catalog.FOLDER)
    at = endpoint.Endpoint("unix:///var/run/docker.sock", "default socket")
    here = Ground(Folder.of(exercise), engine.Engine(at, None, "", ""))
    text = commands.task(here)
    assert here.apply in text
    assert {word for word in re.findall(r"[A-Za-z]{2,}", text) if word in added(exercise)} == set()
