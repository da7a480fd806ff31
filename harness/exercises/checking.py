"""A check: the claim's own scenario on what the learner runs now, recorded as any trial, and its own judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from harness.exercises.declared import Exercise
from harness.exercises.ground import Ground
from harness.journal import Journal, recorded
from harness.judging import catalog
from harness.judging.audit import audited
from harness.judging.court import Court, Recorded
from harness.judging.docket import Docket
from harness.lab.arm import IMAGE, PROXY, Arm
from harness.lab.cell import Trials
from harness.lab.open_site import No, Scope, TrialSite
from harness.lab.site import Kind
from harness.lab.timeline import Timeline
from harness.model.clock import Deadline, RealClock
from harness.model.entries import Acted, Copy, Planned
from harness.model.errors import Problem
from harness.model.lines import Over
from harness.model.verdict import Grade, Verdict
from harness.model.waiting import TooLate
from harness.running import ownership
from harness.running.beside import Beside
from harness.running.gates import Gates
from harness.running.record import Bench, record
from harness.setup.cluster.shared import SHARED
from harness.setup.life import Life

OPEN_S = 60.0
CLOSE_S = 30.0
STEADY_S = 20.0
"""For the learner's copies to serve: they were applied before, and a Pod needs some 3 s."""

MINE = "what you run"
TOLD = (Grade.CONFIRMED, Grade.REFUTED)
Tell = Callable[[str, str, float, float], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the judge answered, and where the recording is."""

    verdict: Verdict
    folder: Path
    left: tuple[str, ...]
    solved: bool


def mine(exercise: Exercise, names: tuple[str, ...]) -> Arm:
    """The arm that the learner makes of it."""
    return Arm(MINE, exercise.solved.site, " ".join(names), exercise.solved.versions, standing=True)


def judged(exercise: Exercise, arm: Arm, own: dict[str, Timeline], known: Recorded) -> Verdict:
    """The judge is asked about the learner's trials, as it is about the blank.

    Where it looks at several trials of its arm and not all are there yet, the lab's own recordings, of the solution,
    stand for the rest: so the first one that fails decides, and all of them have to be the learner's own to pass.
    """
    asks = dict(exercise.claim.asks)
    for name, cell in asks.items():
        if isinstance(cell, Trials) and (taken := cell.scenario @ arm).cell in own:
            asks[name] = taken
    timelines = {**known.timelines, **{cell: (t,) for cell, t in own.items()}}
    claim = replace(exercise.claim, asks=asks)
    return Court(claim, Recorded(timelines, {**known.wanted, **dict.fromkeys(own, 1)})).ask()


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
    shared = SHARED.name if exercise.kind is Kind.CLUSTER else ""
    with Life.begin(run, ground.engine, cluster=shared, does=f"labs exercise check {exercise.name}"):
        ownership.forget_dead(ground.engine)
        log = Journal(runs / run, run, facts)
        try:
            return _Check(ground, log, tell, says).run()
        finally:
            log.close()


class _Check:
    """One check, on a site that is open while it lasts."""

    def __init__(self, ground: Ground, log: Journal, tell: Tell, says: Callable[[str], None]) -> None:
        self.ground, self.log, self.tell, self.says = ground, log, tell, says
        self.exercise = ground.folder.exercise
        self.arm = mine(self.exercise, tuple(file.name for file in ground.folder.files))
        self.site = ground.site(log.run)
        self.clock, self.gates = RealClock(), Gates(RealClock())
        self.began = self.clock.now()
        self.tried = f"Checking {self.exercise.name}"

    def run(self) -> Checked:
        left: list[str] = []
        how = "interrupted"
        try:
            self.site.open(Deadline.after(OPEN_S))
            verdict = self._verdict()
            how = "done"
        finally:
            left += self.site.close(Deadline.after(CLOSE_S))
            wall_s = round(self.clock.now() - self.began, 3)
            self.log.put("", Over(at_s=wall_s, how=how, wall_s=wall_s, left=tuple(left)))
        if verdict.grade not in TOLD:
            again = f"labs exercise check {self.exercise.name}, once more"
            raise Problem(self.tried, f"not settled: {verdict.sentence}", again)
        return Checked(verdict, self.log.folder, tuple(left), verdict.grade is self.exercise.goal)

    def _verdict(self) -> Verdict:
        """Trial after trial, on the same copies, until one fails."""
        known, own = self._known(), dict[str, Timeline]()
        cells = [cell for cell in self.exercise.claim.asks.values() if isinstance(cell, Trials)]
        for number, declared in enumerate(cells, 1):
            cell, id_ = declared.scenario @ self.arm, f"t{number:03d}"
            self._record(id_, cell)
            own[cell.cell] = audited(1, self.log.trials[id_][1:], cell.scenario.play, self.log.run)
            verdict = judged(self.exercise, self.arm, own, known)
            if verdict.grade is not self.exercise.goal:
                break
        return verdict

    def _known(self) -> Recorded:
        lab = self.exercise.lab
        docket = Docket([lab])
        for trial, one in recorded(catalog.FOLDER / "recorded" / lab.name).lines:
            docket.hear(trial, one)
        docket.settle(over=True)
        return docket.recorded(lab.name)

    def _record(self, id_: str, cell: Trials) -> None:
        self.log.put(id_, Planned(lab=self.exercise.lab.name, cell=cell.cell, number=1, of=1))
        folder, clock = self.ground.folder, self.gates.clock()
        scope = Scope(
            self.log.run,
            id_,
            self.arm,
            folder.path.resolve(),
            self.log.folder.resolve(),
            stirred=clock.stir,
            at=folder.project,
        )
        self.says(f"{cell.scenario.name}: {cell.scenario.plan}")
        beside = Beside(tell=lambda missing, waited, most: self.tell(cell.scenario.name, missing, waited, most))
        bench = Bench(
            clock, lambda one: self.log.put(id_, one), self.log.trials[id_], self.site.health,
            lambda: dict(self.site.streams()), beside, STEADY_S, round(self.clock.now() - self.began, 3), (Problem,),
        )  # fmt: skip
        here: TrialSite | None = None
        try:
            here = record(bench, cell, scope, self._take)
            self._explain(id_)
            self._end_what_is_ill(here, id_)
        finally:
            if here is not None:
                here.leave()

    def _take(self, scope: Scope) -> TrialSite:
        """What is there has to be the learner's, of our image, and not all over already."""
        try:
            here, images = self.site.attach(scope)
        except TooLate as late:
            raise Problem(
                self.tried, f"what you applied is not there yet: {late.missing}", self.ground.look
            ) from late
        try:
            self._check_begun(here, images)
        except Problem:
            here.leave()
            raise
        return here

    def _check_begun(self, here: TrialSite, images: tuple[str, ...]) -> None:
        if others := [image for image in images if image not in (IMAGE, PROXY)]:
            raise Problem(self.tried, f"its image is {', '.join(others)}", f"image: {IMAGE}, and apply it again")
        if not images:
            raise Problem(self.tried, "nothing of yours runs yet", f"apply your files: {self.ground.apply}")
        copies = here.look()
        if all(copy.code >= 0 for copy in copies):
            ended = ", ".join(f"{copy.name} {copy.state}" for copy in copies)
            raise Problem(self.tried, f"nothing of yours runs any more: {ended}", f"apply again: {self.ground.apply}")

    def _explain(self, id_: str) -> None:
        """A trial that broke is told as what the learner can mend."""
        end = self.log.trials[id_][-1]
        wrong = str(getattr(end, "wrong", ""))
        if wrong:
            reason, _, why = wrong.partition(": ")
            waited_for, _, missing = why.partition(": ")
            if reason == "did-not-come" and missing.startswith(waited_for):
                why = f"it begins with {missing}"
            raise Problem(self.tried, why, self.ground.look)

    def _end_what_is_ill(self, here: TrialSite | None, id_: str) -> None:
        """A copy that the check made ill stays so: it is removed, so that the next check begins with sound ones."""
        acts = [a for a in self.log.trials[id_] if isinstance(a, Acted) and a.leaves not in ("", "ended")]
        ids = {victim for a in acts for victim in a.victims}
        copies: list[Copy] = list(here.look()) if here is not None and ids else []
        for copy in (c for c in copies if c.id in ids and here is not None):
            try:
                here.signal(copy, "remove")  # type: ignore[union-attr]
            except No:
                continue
            self.says(f"{copy.name}, which the check made ill, was removed")
