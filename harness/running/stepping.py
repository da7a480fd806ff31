"""A run step by step: one scenario after the other, and nothing is done before whoever looks on has answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from harness.judging.docket import Docket
from harness.lab.cell import Scenario
from harness.lab.timeline import Timeline
from harness.running.beside import Stopped
from harness.running.schedule import Job

LETTER_S = 0.5


class Stepper(Protocol):
    """Somebody who looks on, one scenario at a time, and is asked before each act."""

    def begin(self, scenario: Scenario, arms: Sequence[str]) -> None: ...
    def gate(self, number: int, what: str) -> Any: ...
    def answer(self) -> None: ...
    def over(self, timelines: dict[str, tuple[Timeline, ...]]) -> None: ...


def one_by_one(jobs: Iterable[Job]) -> list[Job]:
    """A phase for each scenario; what strikes a site in one of them waits for no other one."""
    phases: dict[tuple[int, str, str], int] = {}
    found = []
    for job in sorted(jobs, key=lambda j: j.phase):
        scenario = job.trials.scenario
        phase = phases.setdefault((job.phase, job.lab, scenario.name), len(phases))
        round_ = f"{scenario.round}: {scenario.name}" if scenario.round else ""
        found.append(replace(job, phase=phase, trials=replace(job.trials, scenario=replace(scenario, round=round_))))
    return found


@dataclass(slots=True)
class Stepping:
    stepper: Stepper | None
    docket: Docket
    _now: list[Job] = field(default_factory=list)
    """The trials of the scenario that it is about."""

    def turn(self, jobs: Iterable[Job]) -> None:
        """Once one is over: say what came of it, and which one is next."""
        left = [j for j in jobs if j.state != "over"]
        phase = min((j.phase for j in left), default=-1)
        if self.stepper is None or phase in {j.phase for j in self._now}:
            return
        if self._now:
            self.stepper.over({
                j.trials.arm.name: self.docket.timelines[j.lab].get(j.trials.cell, ()) for j in self._now
            })  # fmt: skip
        self._now = [j for j in left if j.phase == phase]
        if self._now:
            self.stepper.begin(self._now[0].trials.scenario, [j.trials.arm.name for j in self._now])

    def answer(self) -> None:
        if self.stepper is not None:
            self.stepper.answer()

    def before(self, tell: Callable[[str], None], over: Callable[[], bool]) -> Callable[[str], None]:
        """Of one trial: called before each of its acts."""
        numbers = iter(range(1000))

        def wait(what: str) -> None:
            if self.stepper is None:
                return
            opened = self.stepper.gate(next(numbers), what)
            tell("your answer")
            while not (over() or opened.wait(LETTER_S)):
                pass
            tell("")
            if over():
                raise Stopped

        return wait
