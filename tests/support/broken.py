"""What the tests share that break a site beneath a run: the run itself, in this process, and what came of it."""

from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.commands.outputs import Outputs, close
from harness.journal import Journal, Recording, recorded
from harness.judging import catalog, findings, register
from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.lab.claim import Lab
from harness.lab.open_site import OpenSite
from harness.lab.timeline import Timeline
from harness.model.clock import Deadline
from harness.model.entries import STEADY_S, Acted, Checked, Entry, Planned, Window
from harness.model.verdict import Grade, Verdict
from harness.model.waiting import until
from harness.running.plan import plan
from harness.running.run import Run
from harness.setup.cluster import shared as cluster
from harness.setup.life import Life
from harness.sites.docker.engine import EngineSite
from harness.sites.docker.swarm import SwarmSite
from harness.sites.kubernetes.cluster import ClusterSite
from harness.views.show import Show

KNOWN = register.load(catalog.REGISTER)
LAB = "selfhealing"
BREAKS_WITHIN_S = 60.0


class Watching:
    """Hears a run; `came` when in so many trials (of that cell) something was done to copies and is being watched."""

    def __init__(self, trials: int = 1, of: str = "") -> None:
        self.came = threading.Event()
        self._trials, self._cell = trials, of
        self._cells: dict[str, str] = {}
        self._open: set[str] = set()

    def hear(self, trial: str, one: Entry) -> None:
        match one:
            case Planned():
                self._cells[trial] = one.cell
            case Acted() if one.victims and self._cell in ("", self._cells[trial]):
                self._open.add(trial)
            case Window() if not one.must:
                self._open.discard(trial)
        if len(self._open) >= self._trials:
            self.came.set()


@dataclass
class Judged:
    run: Recording
    docket: Docket
    found: dict[str, Finding]
    left: list[str]
    code: int
    """With which `labs run` would have ended."""

    told: str
    """What it would have shown while it ran and at its end."""

    took_s: float
    broken_s: float
    """From the moment when `during` was over, which is 0 where there was none."""

    @property
    def grades(self) -> dict[str, Grade]:
        return {name: finding.verdict.grade for name, finding in self.found.items()}

    def timelines(self, cell: str) -> tuple[Timeline, ...]:
        """The trials of a cell, audited."""
        return next(t[cell] for t in self.docket.timelines.values() if cell in t)

    def trials(self, cell: str) -> list[list[Entry]]:
        """What each trial of a cell wrote down."""
        of = [trial for trial, one in self.run.lines if isinstance(one, Planned) and one.cell == cell]
        return [[one for trial, one in self.run.lines if trial == name] for name in of]

    def wrong(self, cell: str, what: str) -> list[str]:
        """What was said to be wrong with something in the trials of a cell; empty: nothing."""
        every = [one for trial in self.trials(cell) for one in trial if isinstance(one, Checked)]
        return [one.wrong for one in every if one.what == what]

    @property
    def untrue(self) -> list[Finding]:
        """Those with a verdict, be it over a part alone, that is another than where nothing is broken."""
        return [f for f in self.found.values() if not all(_open_or_right(*pair) for pair in _pairs(f))]


Expected = tuple[str, tuple[str, ...]]


def _pairs(found: Finding) -> Iterator[tuple[Verdict, Expected]]:
    yield found.verdict, (found.expected, found.expected_given)
    for name, wanted in found.part_expected.items():
        yield found.parts[name], wanted


def _open_or_right(verdict: Verdict, expected: Expected) -> bool:
    return not verdict.decided or (str(verdict.grade), set(verdict.given)) == (expected[0], set(expected[1]))


class Breaking:
    """Does it beside the run, when its moment has come."""

    def __init__(self, when: Watching, during: Callable[[], object] | None) -> None:
        self._when, self._during, self._over = when, during, 0.0
        self._thread = threading.Thread(target=self._breaks, daemon=True)
        if during is not None:
            self._thread.start()

    def at_s(self) -> float:
        self._thread.join()
        assert self._over, "the moment to break it did not come"
        return self._over

    def _breaks(self) -> None:
        if self._during is not None and self._when.came.wait(BREAKS_WITHIN_S):
            self._during()
            self._over = time.monotonic()


@dataclass
class Broken:
    """A run of some claims of a lab, once each, on these sites alone."""

    folder: Path
    lab: Lab
    claims: frozenset[str]
    sites: Mapping[str, OpenSite]
    shown: Console = field(default_factory=lambda: Console(file=io.StringIO(), width=200))

    def run(self, when: Watching, check: Callable[[], None]) -> list[str]:
        """Answers what was left."""
        began = time.monotonic()
        show = Show(self.shown, lambda: time.monotonic() - began, by_itself=False)
        docket = Docket([self.lab], only=self.claims)
        log = Journal(self.folder, self.folder.name, {"labs": [self.lab.name]}, (docket.hear, show.hear, when.hear))
        jobs = [j for j in plan([self.lab], trials=1, seed=1, only=self.claims) if j.site in self.sites]
        one = Run(
            log, docket, jobs, lambda site: self.sites[site.name],
            lambda settled: show.verdict(findings.finding(settled, KNOWN)), steady_s=STEADY_S, check=check,
        )  # fmt: skip
        try:
            return one.go()
        finally:
            log.close()
            show.now()

    def judged(self, left: list[str], took_s: float, broken_s: float) -> Judged:
        run = recorded(self.folder)
        code = close(self.shown, [(self.folder, run)], [self.lab], KNOWN, Outputs(only=self.claims))
        found, docket = findings.judge([self.lab], run.lines, KNOWN)
        mine = {f.id: f for f in found if f.id in self.claims}
        return Judged(run, docket, mine, left, code, self.shown.file.getvalue(), took_s, broken_s)


def judged(
    host: Any, tmp_path: Path, claims: tuple[str, ...], *, lab: str = LAB, shape: Any = None, engine: Any = None,
    swarm: int = 0, during: Callable[[], object] | None = None, when: Watching | None = None,
) -> Judged:  # fmt: skip
    """Run claims of a lab once each, on this cluster and engine; `during` happens when a first window is open."""
    run, when = f"t{random.randrange(16**6):06x}", when or Watching()
    sites: dict[str, OpenSite] = {"engine": EngineSite(engine or host, run)}
    if swarm:
        sites[f"swarm of {swarm}"] = SwarmSite(host, run, swarm)
    if shape is not None:
        sites["cluster"] = ClusterSite(host, run, shape)
    broken = Broken(tmp_path / run, catalog.lab(lab), frozenset(claims), sites)
    breaking, began = Breaking(when, during), time.monotonic()
    with Life.begin(run, host, cluster=shape.name if shape else "") as life:
        left = broken.run(when, life.check)
        ended = time.monotonic()
    return broken.judged(left, ended - began, ended - breaking.at_s() if during else 0.0)


def sound_again(shape: Any) -> None:
    """Wait until nothing is missing, so that the next test need not have the cluster made anew."""
    until(shape.name, lambda: cluster.status(shape=shape)["missing"], Deadline.after(60))
