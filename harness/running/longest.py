"""How long a trial may take from its steady state on, found by playing its scenario to a reader that does nothing."""

from __future__ import annotations

from typing import Any

from harness.lab.acts import Act
from harness.lab.cell import Trials
from harness.lab.question import Fact, Question
from harness.lab.questions import Number
from harness.lab.trial import Trial, Victim
from harness.model.entries import Acted, Copy, Receipt

IN_TIME = 0.5
"""What has to come takes about so much of the time that it is given."""


def longest_s(cell: Trials) -> float:
    """What it watches for and holds, all of it; what has to come, half of it; what it is brought up with, nothing."""
    reader = _Reader()
    cell.scenario.play(reader)
    return reader.seconds


class _Reader(Trial):
    def __init__(self) -> None:
        self.seconds, self.replicas = 0.0, 0

    def steady(self, *, replicas: int) -> tuple[Copy, ...]:
        before, copies = self.seconds, super().steady(replicas=replicas)
        self.seconds = before
        return copies

    def do(self, how: Act, victims: tuple[Victim, ...], *, tried: bool) -> Receipt:
        del victims
        return Acted(id="", name=how.name, sent_s=0.0, proved=True, tried=tried)

    def wait(self, of: Question[Any], since: Receipt, within_s: float, timer_s: float, *, must: bool) -> Receipt:
        del since
        self.replicas = of.n if isinstance(of, Number) else self.replicas
        self.seconds += IN_TIME * within_s if must else within_s + timer_s
        return Acted(id="", name=of.label, sent_s=0.0, proved=True, tried=not must)

    def look(self, fact: Fact[Any]) -> None: ...

    def hold(self, seconds: float) -> None:
        self.seconds += seconds

    def copies(self, until_s: float = 0.0) -> tuple[Copy, ...]:
        del until_s
        return tuple(Copy(name=f"{n}", thing=f"{n}", id=f"{n}") for n in range(self.replicas))
