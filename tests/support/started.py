"""A run on a platform in memory that a test starts itself, and looks at however it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.journal import Journal
from harness.judging.docket import Docket, Settled
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.lab.open_site import OpenSite
from harness.lab.site import Site
from harness.lab.timeline import Timeline
from harness.model.entries import Ended, Entry, Planned
from harness.running.plan import plan
from harness.running.run import Run
from tests.support import scratch
from tests.support.fake import FakeSite, VirtualClock

Line = tuple[str, Entry]
SELFHEALING = "labs.selfhealing"
"""Whose files the labs of these tests use."""


def lab_of(*cells: Trials, module: str = SELFHEALING) -> Lab:
    """One that only shows."""
    made = Lab("What happens?", module)
    made.show(*cells)
    return made


@dataclass
class Started:
    clock: VirtualClock
    docket: Docket
    journal: Journal
    lines: list[Line]
    sites: dict[str, FakeSite]
    run: Run = field(init=False)
    told: list[tuple[float, str]] = field(default_factory=list)
    """When a verdict was told, and which."""

    left: list[str] = field(default_factory=list)

    def go(self, **more: Any) -> Started:
        try:
            self.left = self.run.go(**more)
        finally:
            self.journal.close()
        return self

    def tell(self, one: Settled) -> None:
        self.told.append((self.clock.now() - self.run.began, f"{one.id} {self.docket.verdicts[one.id].grade}"))

    def of(self, kind: type) -> list[Any]:
        return [one for _, one in self.lines if type(one) is kind]

    def kinds(self, *kinds: type) -> list[Line]:
        return [(trial, one) for trial, one in self.lines if type(one) in kinds]

    @property
    def trials(self) -> dict[str, str]:
        """By id, its cell and number."""
        return {id_: f"{p.cell} #{p.number}" for id_, p in self.kinds(Planned)}  # type: ignore[attr-defined]

    @property
    def ends(self) -> dict[str, str]:
        """By cell and number, how it ended."""
        return {self.trials[id_]: one.wrong for id_, one in self.kinds(Ended)}  # type: ignore[attr-defined]

    def timelines(self, cell: Trials, lab: str = "selfhealing") -> tuple[Timeline, ...]:
        return self.docket.timelines[lab].get(cell.cell, ())


def start(
    labs: Lab | Sequence[Lab], *faults: str, trials: int = 1, seed: int = 0, full: bool = False,
    change: Callable[[Site, OpenSite], Any] = lambda _, site: site, room: float = 1.0,
    lacking: frozenset[str] = frozenset(), **more: Any,
) -> Started:  # fmt: skip
    """`lacking`: what the host can't do, so that nothing is tried which needs it."""
    every = [labs] if isinstance(labs, Lab) else list(labs)
    clock, sites, lines = VirtualClock(), dict[str, FakeSite](), list[Line]()

    def open_site(declared: Site) -> OpenSite:
        sites[declared.name] = FakeSite(declared, clock, faults)
        return change(declared, sites[declared.name])

    planned = plan(every, trials=trials, seed=seed, full=full)
    jobs = [j for j in planned if not j.trials.arm.needs & lacking]
    docket, runs = Docket(every, lacking=lacking), scratch.folder()
    heard = (docket.hear, lambda trial, one: lines.append((trial, one)))
    journal = Journal(runs / "run", "run-1", {"labs": [lab.name for lab in every]}, heard)
    made = Started(clock, docket, journal, lines, sites)
    made.run = Run(journal, docket, jobs, open_site, made.tell, clock, cores=2, room=room, **more)
    return made


class Otherwise:
    """An open site of which a test changes the trials' parts, or what it says of itself."""

    def __init__(
        self, inner: OpenSite, change: Callable[[Any, Any], Any] = lambda _, here: here, **verbs: Any
    ) -> None:
        self._inner, self._change, self._verbs = inner, change, verbs

    def __getattr__(self, name: str) -> Any:
        return self._verbs.get(name) or getattr(self._inner, name)

    def trial(self, scope: Any) -> Any:
        return self._change(scope, self._inner.trial(scope))
