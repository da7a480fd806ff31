"""What the tests share that break a site beneath a run: the run itself, in this process, and what came of it."""

from __future__ import annotations

import io
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from harness import bench, catalog, journal, outcome, register
from harness.model.clock import Deadline
from harness.model.timeline import Kind
from harness.runner import Runner, plan
from harness.setup.cluster import shared as cluster
from harness.setup.life import Life
from harness.sites.cluster import ClusterPlace
from harness.sites.engine import EnginePlace
from harness.sites.swarm import SwarmPlace
from harness.views.show import Show
from harness.waiting import until

if TYPE_CHECKING:
    from harness.model.verdict import Grade

KNOWN = register.load(catalog.REGISTER)
BREAKS_WITHIN_S = 60.0


@dataclass
class Judged:
    run: journal.Run
    found: dict[str, outcome.Finding]
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

    def healthy(self, cell: str) -> list[bool]:
        """What the site was said to be before and after each trial of a cell."""
        timelines = self.run.of_lab("selfhealing")[cell]
        return [e.facts["ok"] == "yes" for t in timelines for e in t.of(Kind.MARK, "health")]

    @property
    def untrue(self) -> list[outcome.Finding]:
        """Those with a verdict, be it over a part alone, that is another than where nothing is broken."""
        return [f for f in self.found.values() if not all(_open_or_right(*pair) for pair in _pairs(f))]


def _pairs(found):
    yield found.verdict, found.expected, found.expected_given
    for name, (grade, given) in found.part_expected.items():
        yield found.parts[name], grade, given


def _open_or_right(verdict, grade, given) -> bool:
    return not verdict.decided or (verdict.grade, set(verdict.given)) == (grade, set(given))


def judged(host, tmp_path, claims, *, shape=None, engine=None, swarm=0, during=None, when=None):
    """Run the claims of selfhealing once each, on this cluster and engine.

    `during` happens beside it, when `when` finds nothing missing in what was recorded so far, else after 2 s.
    """
    lab, run = catalog.lab("selfhealing"), f"t{random.randrange(16**6):06x}"
    folder = tmp_path / run
    shown = io.StringIO()
    show = Show(Console(file=shown, width=200), time.monotonic, by_itself=False)
    log = journal.Journal(folder, run, {"labs": [lab.name]}, show.take)
    there = {"engine": EnginePlace(engine or host, run)}
    if swarm:
        there[f"swarm of {swarm}"] = SwarmPlace(host, run, f"swarm of {swarm}", swarm)
    if shape is not None:
        there["cluster"] = ClusterPlace(host, run, shape)
    broken: list[float] = []
    planned = [p for p in plan([lab], trials=1, seed=1, only=frozenset(claims)) if p.cell.arm.site.name in there]
    sites = {name: there[name] for name in dict.fromkeys(p.cell.arm.site.name for p in planned)}

    def breaks():
        if when is None:
            time.sleep(2)
        else:
            until("the moment to break it", lambda: when(journal.read(folder)), Deadline.after(BREAKS_WITHIN_S))
        during()
        broken.append(time.monotonic())

    breaking = threading.Thread(target=breaks, daemon=True)
    if during is not None:
        breaking.start()
    began = time.monotonic()
    try:
        with Life.begin(run, host, cluster=shape.name if shape else "") as life:
            _, leftovers = Runner([lab], planned, sites, log, KNOWN, check=life.check).go()
    finally:
        ended = time.monotonic()
        log.close()
    if during is not None:
        breaking.join()
    show.now()
    read = {folder: journal.read(folder)}
    code = bench.close(Console(file=shown, width=200), read, [lab], KNOWN, only=frozenset(claims))
    found = outcome.judge([lab], {lab.name: read[folder].of_lab(lab.name)}, KNOWN)
    return Judged(
        read[folder],
        {f.id: f for f in found if f.id in claims},
        leftovers,
        code,
        shown.getvalue(),
        ended - began,
        ended - broken[0] if broken else 0.0,
    )


def sound_again(shape) -> None:
    """Wait until nothing is missing, so that the next test need not have the cluster made anew."""
    until(shape.name, lambda: cluster.status(shape=shape)["missing"], Deadline.after(60))


def windows_open(count, *, of=""):
    """For `when`: in so many trials (of that cell) something was done, and what comes of it is being watched."""

    def missing(run):
        timelines = [t for cell, ts in run.of_lab("selfhealing").items() for t in ts if of in ("", cell)]
        watched = [t for t in timelines if any(t.of(Kind.ACT)) and t.last(Kind.MARK, "window") is None]
        return "" if len(watched) >= count else f"{count} windows that are open; {len(watched)} are"

    return missing
