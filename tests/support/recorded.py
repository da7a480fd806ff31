"""Labs run by the real run loop, on a platform in memory, in virtual time."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.journal import Journal
from harness.judging import catalog
from harness.judging.docket import Docket
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.lab.open_site import OpenSite
from harness.lab.site import Site
from harness.model.entries import Entry
from harness.model.lines import read, written
from harness.model.verdict import Verdict
from harness.running.plan import plan
from harness.running.run import Run
from harness.running.schedule import Job
from tests.support import scratch
from tests.support.fake.clock import VirtualClock
from tests.support.fake.site import FakeSite

_runs = itertools.count(1)
Line = tuple[str, Entry]


@dataclass
class Bench:
    """A run that is over: what it wrote down, and what came of it."""

    labs: list[Lab]
    docket: Docket
    lines: list[Line]
    sites: dict[str, FakeSite]
    left: list[str]
    folder: Path
    told: list[str] = field(default_factory=list)

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        return dict(self.docket.verdicts)

    def word(self, claim: str) -> str:
        verdict = self.verdicts[claim]
        return f"{verdict.grade} {verdict.reason}".strip()

    def words(self) -> dict[str, str]:
        return {id_: self.word(id_) for id_ in self.verdicts}

    def cell(self, trials: Trials) -> Trials:
        """With its recordings, as a judge is given it."""
        lab = next(lab for lab in self.labs if trials.cell in lab.cells)
        recorded = self.docket.recorded(lab.name)
        return replace(trials, timelines=recorded.timelines[trials.cell], wanted=recorded.wanted[trials.cell])


def run(
    labs: Lab | Sequence[Lab], *faults: str, trials: int = 2, lag_s: float = 0.0, seed: int = 0, full: bool = False,
    commands: Mapping[str, Any] | None = None, only: frozenset[str] = frozenset(),
    change: Callable[[Site, OpenSite], OpenSite] = lambda _, site: site, room: float = 1.0,
    lacking: frozenset[str] = frozenset(), **more: Any,
) -> Bench:  # fmt: skip
    """The labs with all their cells; faults are those of every site, `lacking` is what the host does not have."""
    every = [labs] if isinstance(labs, Lab) else list(labs)
    clock, sites = VirtualClock(), dict[str, FakeSite]()

    def open_site(declared: Site) -> OpenSite:
        sites[declared.name] = FakeSite(declared, clock, faults, lag_s, commands)
        return change(declared, sites[declared.name])

    planned = plan(every, trials=trials, seed=seed, only=only, full=full)
    jobs = [j for j in planned if not j.trials.arm.needs & lacking]
    return _run(every, jobs, clock, open_site, sites, room, only, lacking, **more)


def _run(
    labs: list[Lab], jobs: list[Job], clock: VirtualClock, open_site: Callable[[Site], OpenSite],
    sites: dict[str, FakeSite], room: float, only: frozenset[str], lacking: frozenset[str], **more: Any,
) -> Bench:  # fmt: skip
    lines: list[Line] = []
    name = f"run{next(_runs)}"
    folder = scratch.folder() / name
    docket = Docket(labs, only=only, lacking=lacking)
    facts = {"labs": [lab.name for lab in labs], "lacking": sorted(lacking)}
    journal = Journal(folder, name, facts, (docket.hear, lambda trial, one: lines.append((trial, one))))
    told: list[str] = []
    one = Run(journal, docket, jobs, open_site, lambda s: told.append(s.id), clock, cores=2, room=room, **more)
    try:
        left = one.go()
    finally:
        journal.close()
    return Bench(labs, docket, lines, sites, left, folder, told)


def like(name: str) -> dict[str, Any]:
    """What a lab's own test says of how it has to be run in memory."""
    module = importlib.import_module(f"tests.labs.test_{name.replace('-', '_')}")
    return dict(getattr(module, "LIKE", {}))


_once: dict[tuple[str, ...], Bench] = {}


def of(name: str, *faults: str, **like: Any) -> Bench:
    """The lab of that name, run once in this process for each fault; always `like` the same."""
    key = (name, *faults)
    if key not in _once:
        _once[key] = run(catalog.lab(name), *faults, **like)
    return _once[key]


def judged(labs: Sequence[Lab], lines: Sequence[Line]) -> Docket:
    """What the same lines say when they are read back."""
    docket = Docket(labs, reruns=0)
    for trial, one in lines:
        docket.hear(*read(written(trial, one)))
    docket.settle(over=True)
    return docket
