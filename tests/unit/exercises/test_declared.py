"""How exercises are declared, and that they ask for what their labs show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.exercises import checking, declared
from harness.judging.court import Court
from harness.lab.cell import Trials
from harness.model.errors import Problem
from harness.model.verdict import Grade, NotShown
from tests.support import folders
from tests.support.solution import added, taken, words

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


OTHER = {Grade.CONFIRMED: Grade.REFUTED, Grade.REFUTED: Grade.CONFIRMED}


def recorded(exercise):
    """Its lab, on the platform in memory."""
    return folders.bench(exercise.lab.name).docket.recorded(exercise.lab.name)


def cells_of(exercise):
    return [cell for cell in exercise.claim.asks.values() if isinstance(cell, Trials)]


def of_start(exercise, arm, known):
    """What a learner who has changed nothing would record."""
    scenario = cells_of(exercise)[0].scenario
    return {(scenario @ arm).cell: known.timelines[(scenario @ exercise.start).cell][0]}


@each
def test_its_claim_is_right_with_the_solution_and_its_judge_fails_what_it_starts_from(exercise):
    """In the lab's recorded run: so an exercise cannot ask for something else than its lab shows."""
    known, arm = recorded(exercise), checking.mine(exercise, ("x.yaml",))
    assert Court(exercise.claim, known).ask().grade is exercise.goal
    assert checking.judged(exercise, arm, of_start(exercise, arm, known), known).grade is OTHER[exercise.goal]


@each
def test_of_the_learners_trials_the_first_that_fails_decides_and_all_have_to_be_there_to_pass(exercise):
    known, arm = recorded(exercise), checking.mine(exercise, ("x.yaml",))
    mine = {(cell.scenario @ arm).cell: known.timelines[cell.cell][0] for cell in cells_of(exercise)}
    assert checking.judged(exercise, arm, mine, known).grade is exercise.goal
    for name, timeline in mine.items():
        broken = replace(timeline, wrong=NotShown("broke-off", "x"))
        assert checking.judged(exercise, arm, mine | {name: broken}, known).grade is Grade.INCONCLUSIVE


@each
def test_neither_question_nor_task_nor_the_files_to_start_from_name_what_the_solution_adds(exercise):
    assert added(exercise) or taken(exercise)
    assert words(f"{exercise.name} {exercise.question} {exercise.task}") & added(exercise) == set()
    names = " ".join(exercise.start_files)
    assert words(names) & added(exercise) == set()


@each
def test_no_plan_and_no_sentence_of_a_failing_judge_names_what_the_solution_adds(exercise):
    known, arm = recorded(exercise), checking.mine(exercise, ("x.yaml",))
    for cell in cells_of(exercise):
        assert words(f"{cell.scenario.name} {cell.scenario.plan}") & added(exercise) == set()
    sentence = checking.judged(exercise, arm, of_start(exercise, arm, known), known).sentence
    assert sentence
    assert words(sentence) & added(exercise) == set()


@each
def test_its_last_hint_names_what_the_solution_adds(exercise):
    """Whoever takes every hint can do it: each key of the solution was named by then."""
    told = words(" ".join(exercise.hints))
    assert added(exercise) <= told | {"apiversion", "metadata", "spec"}
    assert added(exercise) or told & taken(exercise)


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
