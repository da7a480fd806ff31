"""A check: the claim's own scenario on what the learner runs now, recorded as any trial, and its own judge."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness import catalog, court, journal, ownership
from harness.model import site
from harness.model.arm import IMAGE, Arm
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.reading import LASTING
from harness.model.timeline import Entry, Kind
from harness.model.verdict import Grade
from harness.runner import passing
from harness.setup.cluster.shared import SHARED
from harness.setup.life import Life
from harness.sites.place import Gone, Scope
from harness.trial import NotSteady, Trial
from harness.waiting import TooLate
from harness.watch import EventClock, Pace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.exercises.declared import Exercise
    from harness.exercises.ground import Ground
    from harness.model.scenario import Trials
    from harness.model.verdict import Verdict

    Tell = Callable[[str, str, float, float], None]

OPEN_S = 60.0
CLOSE_S = 30.0
STEADY_S = 20.0
"""For the learner's copies to serve: they were applied before, and a Pod needs some 3 s."""

MINE = "what you run"
TOLD = (Grade.CONFIRMED, Grade.REFUTED)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the judge answered, and where the recording is."""

    verdict: Verdict
    folder: Path
    left: tuple[str, ...]

    @property
    def solved(self) -> bool:
        return self.verdict.grade is Grade.CONFIRMED


def mine(exercise: Exercise, names: tuple[str, ...]) -> Arm:
    """The arm that the learner makes of it."""
    return Arm(MINE, exercise.solved.site, " ".join(names))


def judged(exercise: Exercise, arm: Arm, recorded: court.Recorded, known: court.Recorded) -> Verdict:
    """The judge is asked about the learner's trials, as it is about the blank.

    Where it looks at several trials of its arm and not all are there yet, the lab's own recordings, of the solution,
    stand for the rest: so the first one that fails decides, and all of them have to be the learner's own to pass.
    """
    cells = exercise.claim.cells.items()
    taken = {name: cell.scenario @ arm for name, cell in cells}
    seen = {name: taken[name] if taken[name].cell in recorded else cell for name, cell in cells}
    return court.answer(replace(exercise.claim, cells=seen), {**known, **recorded})


def check(ground: Ground, runs: Path, tell: Tell, says: Callable[[str], None]) -> Checked:
    """Run it; nothing of the learner's is removed, but for what was made ill on the way."""
    run = ownership.new_name()
    exercise = ground.folder.exercise
    facts = {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "began_unix_s": time.time(),
        "engine": {"version": ground.engine.version, "cgroup": ground.engine.cgroup},
        "labs": [],  # it is no run of the lab's: `labs explain` takes the newest of those
        "exercise": exercise.name,
        "claim": exercise.claim.id,
        "part": exercise.claim.part,
    }
    shared = SHARED.name if exercise.kind is site.Kind.CLUSTER else ""
    with Life.begin(run, ground.engine, cluster=shared, does=f"labs exercise check {exercise.name}"):
        ownership.forget_dead(ground.engine)
        log = journal.Journal(runs / run, run, facts)
        try:
            return _Check(ground, log, tell, says).run()
        finally:
            log.close()


class _Check:
    """One check, on a site that is open while it lasts."""

    def __init__(self, ground: Ground, log: journal.Journal, tell: Tell, says: Callable[[str], None]) -> None:
        self.ground, self.log, self.tell, self.says = ground, log, tell, says
        self.exercise = ground.folder.exercise
        self.arm = mine(self.exercise, tuple(file.name for file in ground.folder.files))
        self.place = ground.place(log.run)
        self.began = time.monotonic()

    def run(self) -> Checked:
        left: list[str] = []
        how = "interrupted"
        try:
            self.place.open(Deadline.after(OPEN_S))
            verdict = self._verdict()
            how = "done"
        finally:
            left += self.place.close(Deadline.after(CLOSE_S))
            wall = round(time.monotonic() - self.began, 3)
            self.log.write(type="end", leftovers=left, wall_s=wall, kept=False, how=how)
        if verdict.grade not in TOLD:
            again = f"labs exercise check {self.exercise.name}, once more"
            raise Problem(f"Checking {self.exercise.name}", f"not settled: {verdict.sentence}", again)
        return Checked(verdict, self.log.folder, tuple(left))

    def _verdict(self) -> Verdict:
        """Trial after trial, on the same copies, until one fails."""
        known = journal.read(catalog.FOLDER / "recorded" / self.exercise.lab.name).of_lab(self.exercise.lab.name)
        for number, cell in enumerate(self.exercise.claim.cells.values(), 1):
            self._record(f"t{number:03d}", cell.scenario @ self.arm)
            recorded = journal.read(self.log.folder).of_lab(self.exercise.lab.name)
            verdict = judged(self.exercise, self.arm, recorded, known)
            if verdict.grade is not Grade.CONFIRMED:
                break
        return verdict

    def _record(self, id_: str, cell: Trials) -> None:
        self.log.trial(id_, cell.cell, 1, self.exercise.lab.name, time.monotonic() - self.began)
        folder = self.ground.folder
        scope = Scope(
            self.log.run, id_, self.arm, folder.path.resolve(), self.log.folder, heard=lambda *_: None, at=folder.mark
        )
        entries: list[Entry] = []

        def write(entry: Entry) -> None:
            entries.append(entry)
            self.log.entry(id_, entry)

        trial = Trial(
            self.place,
            scope,
            write,
            tell=lambda missing, waited, allowed: self.tell(cell.scenario.name, missing, waited, allowed),
            clock=EventClock(scope.stirred, scope.over),
            pace=Pace(),
            passing=passing(),
            steady_s=STEADY_S,
        )
        scope.heard = trial.heard
        try:
            self._take(scope)
            self.says(f"{cell.scenario.name}: {cell.scenario.plan}")
            self._act(trial, cell)
            for stream, state in self.place.streams().items():
                trial.watch.put(Kind.MARK, stream, "stream", state=state)
            trial.mark("end", how="done")
            self._end_what_is_ill(scope, entries)
        finally:
            trial.end_clients()
            self.place.leave(scope)

    def _take(self, scope: Scope) -> None:
        """What is there has to be the learner's, of our image, and not all over already."""
        tried = f"Checking {self.exercise.name}"
        try:
            images = self.place.attach(scope)
        except TooLate as late:
            raise Problem(tried, f"what you applied is not there yet: {late.missing}", self.ground.look) from late
        others = [image for image in images if image != IMAGE]
        if others:
            raise Problem(tried, f"its image is {', '.join(others)}", f"image: {IMAGE}, and apply it again")
        copies = self.place.look(scope)
        if not images:
            raise Problem(tried, "nothing of yours runs yet", f"apply your files: {self.ground.apply}")
        if all(copy.code is not None for copy in copies):
            ended = ", ".join(f"{copy.name} {copy.state}" for copy in copies)
            raise Problem(tried, f"nothing of yours runs any more: {ended}", f"apply again: {self.ground.apply}")

    def _act(self, trial: Trial, cell: Trials) -> None:
        tried = f"Checking {self.exercise.name}"
        try:
            self._look_after(trial, "before")
            cell.scenario.act(trial)
            trial.end_clients()
            self._look_after(trial, "after")
        except NotSteady as error:
            late = error.__cause__
            missing = late.missing if isinstance(late, TooLate) else str(error)
            raise Problem(tried, f"{cell.scenario.name} begins with {missing}", self.ground.look) from error
        except Problem:
            raise
        except Exception as error:  # whatever a platform says to a learner's file
            raise Problem(tried, f"{type(error).__name__}: {error}", self.ground.look) from error

    def _look_after(self, trial: Trial, when: str) -> None:
        wrong = self.place.health()
        trial.mark("health", when=when, ok="no" if wrong else "yes", **({"why": wrong} if wrong else {}))

    def _end_what_is_ill(self, scope: Scope, entries: list[Entry]) -> None:
        """A copy that the check made ill stays so: it is removed, so that the next check begins with sound ones."""
        ids = {e.facts["id"] for e in entries if e.kind is Kind.ACT and e.what in LASTING and "id" in e.facts}
        for copy in self.place.look(scope):
            if copy.id in ids:
                try:
                    self.place.signal(scope, copy, "remove")
                except Gone:
                    continue
                self.says(f"{copy.name}, which the check made ill, was removed")
