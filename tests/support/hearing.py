"""A docket that hears the lines of a run, trial by trial, and what it settles after each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from harness.judging.docket import Docket
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.model.entries import Entry
from tests.support.trials import head, plans

Filed = tuple[Trials, Sequence[Entry]]


class Hearing:
    """By default each cell of the labs is planned, so many times; those that are named otherwise so often."""

    def __init__(self, *labs: Lab, wanted: int = 1, but: Mapping[str, int] | None = None, **more: Any) -> None:
        self.docket = Docket(labs, **more)
        self.docket.hear(*head())
        self._ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for lab in labs:
            for cell in lab.cells.values():
                times = (but or {}).get(cell.arm.name, wanted)
                for number in range(1, times + 1):
                    self.plan(cell, number, out_of=times, lab=lab.name)

    def plan(self, cell: Trials, number: int = 1, **more: Any) -> str:
        id_, one = plans(cell, number, **more)
        self.docket.hear(id_, one)
        self._ids[one.lab, cell.cell].append(id_)
        return id_

    def hear(self, trial: str, entries: Sequence[Entry]) -> None:
        for one in entries:
            self.docket.hear(trial, one)

    def ends(self, cell: Trials, entries: Sequence[Entry], lab: str = "small") -> list[str]:
        """The next trial of that cell; answers what can be settled then."""
        self.hear(self._ids[lab, cell.cell].pop(0), entries)
        return self.settled()

    def settled(self, *, over: bool = False) -> list[str]:
        words = ((s.id, self.docket.verdicts[s.id]) for s in self.docket.settle(over=over))
        return [f"{id_} {verdict.grade}" for id_, verdict in words]

    def told(self, *filed: Filed) -> list[list[str]]:
        return [self.ends(cell, entries) for cell, entries in filed]

    def again(self) -> list[tuple[str, int]]:
        """Which trials are to be run once more."""
        found = [(a.planned.cell.removeprefix("crash @ "), a.planned.number) for a in self.docket.again]
        self.docket.again.clear()
        return found

    def rerun(self, cell: Trials, number: int, **more: Any) -> str:
        return self.plan(cell, number, rerun=True, **more)
