"""A check does to what the learner runs what the lab does, in memory, and judges it as the lab does."""

from __future__ import annotations

import contextlib
import shutil
from types import SimpleNamespace

import pytest

from harness.exercises import checking, declared
from harness.exercises.folder import Folder
from harness.journal import recorded
from harness.lab.arm import Arm
from harness.model.entries import Acted, Ended, Planned
from harness.model.errors import Problem
from harness.model.lines import Over
from tests.support import folders
from tests.support.fake import FakeSite, VirtualClock

EVERY = declared.load()
each = pytest.mark.parametrize("exercise", EVERY, ids=lambda e: e.name)
COME_BACK = declared.named("come-back", EVERY)


class Learner:
    """Somebody who applies files of their own on a platform in memory, and has them checked."""

    def __init__(self, tmp_path, exercise, *faults):
        self.exercise, self.clock, self.runs = exercise, VirtualClock(), tmp_path / "runs"
        self.folder = Folder.of(exercise)
        self.folder.begin("the task")
        self.site_ = FakeSite(exercise.solved.site, self.clock, faults)
        self.said, self.waited = [], []

    # as the ground of an exercise

    engine = SimpleNamespace(version="27.0", cgroup="2")
    look, apply = "docker compose ps --all", "docker compose up --detach"

    def site(self, _run):
        return self.site_

    # as a person

    def solves(self):
        for name, source in self.exercise.solution_files.items():
            shutil.copyfile(source, self.folder.path / name)
        return self

    def applies(self):
        names = " ".join(file.name for file in self.folder.files)
        arm = Arm("mine", self.exercise.solved.site, names)
        self.person = self.site_.by_hand(self.folder.project, arm, self.folder.path.resolve())
        self.clock.sleep(5)
        return self

    def checks(self):
        return checking.check(self, self.runs, lambda *what: self.waited.append(what), self.said.append)

    @property
    def recording(self):
        (run,) = self.runs.iterdir()
        return recorded(run)


@pytest.fixture
def learner(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(checking.Life, "begin", lambda *_, **__: contextlib.nullcontext())
    monkeypatch.setattr(checking.ownership, "forget_dead", lambda _: (set(), []))
    monkeypatch.setattr(checking, "recorded", lambda folder: folders.recording(folder.name))

    def makes(exercise=COME_BACK, *faults):
        made = Learner(tmp_path, exercise, *faults)
        monkeypatch.setattr(checking, "RealClock", lambda: made.clock)
        return made

    return makes


@each
def test_the_solution_is_solved_and_the_files_to_start_from_are_not(learner, exercise):
    started = learner(exercise).applies()
    first = started.checks()
    assert first.verdict.grade in checking.TOLD
    assert not first.solved
    shutil.rmtree(started.runs)
    done = learner(exercise).solves().applies().checks()
    assert done.verdict.grade is exercise.goal
    assert done.solved
    assert done.left == ()


@each
def test_nothing_of_the_learners_is_removed_but_what_was_made_ill(learner, exercise):
    mine = learner(exercise).solves().applies()
    before = len(mine.person.look())
    mine.checks()
    mine.clock.sleep(20)
    now = mine.person.look()
    assert len(now) >= before  # where a check asks for more, they stay
    assert all(c.ready for c in now)


def test_it_is_recorded_as_any_trial_and_is_no_run_of_its_lab(learner):
    mine = learner().solves().applies()
    done = mine.checks()
    run = mine.recording
    assert done.folder == mine.runs / run.id
    assert run.facts["labs"] == []
    assert (run.facts["exercise"], run.facts["claim"]) == ("come-back", COME_BACK.claim.id)
    assert [one.name for _, one in run.lines if isinstance(one, Acted)] == ["up", "crash"]
    assert [one.cell for _, one in run.lines if isinstance(one, Planned)] == ["crash @ what you run"]
    assert run.over == Over(at_s=run.over.at_s, how="done", wall_s=run.over.wall_s)


def test_whoever_waits_is_told_what_is_done_and_what_is_missing(learner):
    mine = learner().applies()
    mine.checks()
    assert mine.said == ["crash: The application ends itself with code 1. Nobody touches anything."]
    assert ("crash", "1 of 1 still missing") in {(of, missing) for of, missing, _, _ in mine.waited}


def test_of_several_trials_the_first_that_fails_decides(learner):
    mine = learner(declared.named("keep-three", EVERY)).applies()
    mine.checks()
    assert len([one for _, one in mine.recording.lines if isinstance(one, Ended)]) == 1
    assert mine.said[0].startswith("remove one: ")


# -- what cannot be checked


def test_where_nothing_runs_yet_it_is_told_what_to_type(learner):
    with pytest.raises(Problem) as problem:
        learner().checks()
    assert str(problem.value) == (
        "Checking come-back: nothing of yours runs yet. Try: apply your files: docker compose up --detach"
    )  # fmt: skip


def test_where_all_has_ended_it_is_told_too(learner):
    mine = learner().applies()
    mine.checks()  # after which the only copy is down
    with pytest.raises(Problem, match=r"nothing of yours runs any more: web-1 exited\. Try: apply again: docker"):
        mine.checks()


def test_another_image_is_told(learner):
    mine = learner()
    file = mine.folder.files[0]
    file.write_text(file.read_text().replace("dk-labs/web:1", "nginx"))
    mine.site_.images.add("nginx")
    mine.applies()
    with pytest.raises(Problem, match=r"its image is nginx\. Try: image: dk-labs/web:1, and apply it again"):
        mine.checks()


def test_copies_that_are_too_many_are_told_as_what_the_learner_can_mend(learner):
    mine = learner().solves()
    file = mine.folder.files[0]
    file.write_text(file.read_text().replace("    image:", "    scale: 2\n    image:"))
    mine.applies()
    with pytest.raises(Problem) as problem:
        mine.checks()
    assert str(problem.value).startswith("Checking come-back: it begins with ")
    assert str(problem.value).endswith("Try: docker compose ps --all")


def test_a_check_that_settles_nothing_says_so(learner):
    mine = learner(COME_BACK, "files are altered").solves().applies()
    with pytest.raises(Problem, match=r"not settled: .*Try: labs exercise check come-back, once more"):
        mine.checks()
    assert mine.recording.over.how == "done"


def test_a_site_that_is_sick_is_told(learner):
    with pytest.raises(Problem, match="two Pods of kube-system are away"):
        learner(COME_BACK, "sick before").solves().applies().checks()
