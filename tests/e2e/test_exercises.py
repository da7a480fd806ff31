"""Every exercise as a learner does it: what is printed is typed, and the check knows what is solved and what not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import journal
from harness.exercises import declared, progress
from harness.exercises.folder import Folder
from harness.lab.site import Kind
from harness.model.clock import Deadline
from harness.model.entries import Planned
from harness.model.waiting import until
from harness.setup import projects
from harness.setup.cluster.kube import Kube
from harness.setup.cluster.shared import SHARED
from harness.sites.kubernetes import lent
from harness.sites.labels import RUN_LABEL
from tests.support.solution import added

EVERY = declared.load()
ON_ENGINE = next(one for one in EVERY if one.kind is Kind.ENGINE)
COMMAND = re.compile(r"^ {4}(.+)$", re.MULTILINE)
SOLVED, UNSOLVED, COULD_NOT_RUN = 0, 1, 4


@dataclass
class Learner:
    """Types what the task says, in a shell."""

    labs: object
    exercise: declared.Exercise
    told: list[str] = field(default_factory=list)
    """All that was printed until the solution was asked for."""

    def exercises(self, what: str):
        done = self.labs("exercise", what, self.exercise.name, within_s=400)
        self.told.append(done.err)
        return done

    @property
    def folder(self) -> Folder:
        return Folder.of(self.exercise)

    def types(self, *starts: str) -> None:
        """What the task has to be typed and begins like this, in one shell."""
        task = (self.folder.path / "TASK.md").read_text()
        commands = [c for c in COMMAND.findall(task) if c.startswith(("export ", *starts))]
        done = subprocess.run(["bash", "-ec", "\n".join(commands)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def applies(self) -> None:
        self.types(
            *(("kubectl apply",) if self.exercise.kind is Kind.CLUSTER else ("docker compose", "docker-compose"))
        )

    def takes_away(self) -> None:
        self.types("kubectl delete")


@pytest.fixture
def learner(request, labs, web, tmp_path, monkeypatch):
    """In a working folder of their own; nothing that they ran is there afterwards."""
    monkeypatch.chdir(tmp_path)
    someone = Learner(labs, getattr(request, "param", ON_ENGINE))
    done = someone.exercises("start")
    assert done.code == 0, done.err
    yield someone
    done = someone.exercises("reset")
    progress.forget(someone.folder.project)
    if someone.exercise.kind is Kind.CLUSTER:
        lent.take_back(Kube(SHARED.kubeconfig), someone.folder.project, Deadline.after(60))
    assert done.code == 0, done.err


# Each takes half a minute, on the cluster a whole one: one is done every time.
IN_THEIR_TIME = [
    pytest.param(one, id=one.name, marks=[] if one is ON_ENGINE else [pytest.mark.slow]) for one in EVERY
]


@pytest.mark.parametrize("learner", IN_THEIR_TIME, indirect=True)
def test_untouched_it_fails_solved_it_passes_and_after_a_reset_it_fails_again(learner):
    nothing = learner.exercises("check")
    assert nothing.code == COULD_NOT_RUN
    assert "nothing of yours runs yet. Try: apply your files: " in nothing.err

    learner.applies()
    untouched = learner.exercises("check")
    assert untouched.code == UNSOLVED, untouched.err
    assert f"labs exercise hint {learner.exercise.name}" in untouched.err
    told = set(re.findall(r"[A-Za-z]{2,}", "\n".join(learner.told)))
    assert told & added(learner.exercise) == set()

    learner.takes_away()
    assert learner.exercises("solve").code == 0
    learner.applies()
    solved = learner.exercises("check")
    assert solved.code == SOLVED, solved.err
    rows = json.loads(learner.labs("exercise", "list", "--json").out)["exercises"]
    (state,) = [row["state"] for row in rows if row["name"] == learner.exercise.name]
    assert state == "solved, after its solution was shown"

    assert learner.exercises("reset").code == 0
    learner.applies()
    again = learner.exercises("check")
    assert again.code == UNSOLVED, again.err


@pytest.mark.slow
def test_a_check_is_recorded_as_a_run_that_no_lab_s_explanation_takes_for_its_own(learner):
    learner.applies()
    assert learner.exercises("check").code == UNSOLVED
    (folder,) = Path("runs").iterdir()
    run = journal.recorded(folder)
    assert (run.facts["exercise"], run.facts["labs"]) == (learner.exercise.name, [])
    assert [one.lab for _, one in run.lines if isinstance(one, Planned)] == [learner.exercise.lab.name]
    assert (run.over.how, run.over.left) == ("done", ())


def test_beginning_again_keeps_what_the_learner_wrote(learner):
    file = learner.folder.files[0]
    file.write_text(file.read_text() + "# mine\n")
    again = learner.exercises("start")
    assert again.code == 0
    assert "is as you left it" in again.err
    assert file.read_text().endswith("# mine\n")


@pytest.mark.slow
def test_another_image_than_the_labs_own_is_told(learner, host):
    host.client.images.get("dk-labs/web:1").tag("dk-labs-other", "x")
    try:
        file = learner.folder.files[0]
        file.write_text(file.read_text().replace("dk-labs/web:1", "dk-labs-other:x"))
        learner.applies()
        done = learner.exercises("check")
    finally:
        learner.exercises("reset")
        host.client.images.remove("dk-labs-other:x")
    assert done.code == COULD_NOT_RUN
    assert "its image is dk-labs-other:x" in done.err


@pytest.mark.slow
def test_what_ran_and_ended_is_told_as_such(learner, host):
    learner.applies()
    (mine,) = containers(host, learner)
    mine.kill()
    done = learner.exercises("check")
    assert done.code == COULD_NOT_RUN
    assert "nothing of yours runs any more: web-1 exited" in done.err


@pytest.mark.slow
def test_more_copies_than_the_scenario_begins_with_are_told(learner, host):
    file = learner.folder.files[0]
    file.write_text(file.read_text() + "    scale: 2\n")
    learner.applies()
    done = learner.exercises("check")
    assert done.code == COULD_NOT_RUN
    assert "begins with 1 copy that serves; 2 do. Try: docker" in done.err


@pytest.mark.parametrize("sign", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGKILL])
def test_a_check_that_was_ended_leaves_the_learners_things_and_the_next_command_clears_up_its_own(
    learner, host, sign
):
    """What a killed check left behind held on to the learner's network, which a reset has to remove."""
    learner.applies()
    before = {c.id for c in containers(host, learner)}
    argv = [sys.executable, "-m", "harness", "exercise", "check", learner.exercise.name]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        until(
            "the helper in the learner's network", lambda: "" if helped(host, learner) else "it", Deadline.after(30)
        )
        process.send_signal(sign)
        process.communicate(timeout=60)
    assert process.returncode == (130 if sign == signal.SIGINT else -sign)
    assert {c.id for c in containers(host, learner)} == before
    assert helped(host, learner) is (sign == signal.SIGKILL)
    done = learner.exercises("reset")
    assert done.code == 0, done.err
    assert containers(host, learner) == []
    assert [n for n in projects.networks(host) if n.attrs["Labels"][projects.PROJECT] == learner.folder.project] == []


@pytest.mark.slow
def test_clean_finds_what_a_learner_runs(learner, host):
    learner.applies()
    told = learner.labs("clean").err
    (mine,) = containers(host, learner)
    assert [line.split() for line in told.splitlines()].count(["container", mine.name]) == 1
    assert f"{learner.folder.project}_default" in told
    assert containers(host, learner) != []


def containers(host, learner):
    return [c for c in projects.containers(host) if c.labels[projects.PROJECT] == learner.folder.project]


def helped(host, learner) -> bool:
    """Whether something of a run's is in the learner's network."""
    network = host.client.networks.get(f"{learner.folder.project}_default")
    inside = network.attrs["Containers"] or {}
    ours = host.client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL})
    return any(c.id in inside for c in ours)
