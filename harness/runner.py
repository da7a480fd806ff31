"""Runs labs: opens their sites, packs their trials side by side, records them, and always cleans up."""

from __future__ import annotations

import itertools
import os
import queue
import random
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness import manifests, packing
from harness.docket import AGAIN, Docket
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.timeline import Entry, Kind, written
from harness.setup import commands
from harness.setup.cluster.kube import Refused
from harness.sites.place import Scope
from harness.trial import NotSteady, Trial
from harness.waiting import TooLate, until
from harness.watch import EventClock, Pace, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.journal import Journal
    from harness.model.claim import Lab
    from harness.model.clock import Clock
    from harness.model.scenario import Trials
    from harness.model.timeline import Timeline
    from harness.outcome import Finding
    from harness.register import Register
    from harness.sites.place import Place
    from harness.step import Stepper

OPEN_S = 60.0
CLOSE_S = 60.0
HURRY_S = 12.0
"""To clean up when somebody wants us gone."""

LONG_S = 6.0
FEW = 3
"""Trials that take longer than LONG_S, from their steady state on, are run so often."""

OPENS_YET_S = 2.0
"""For so long a site that is being opened is waited for before it is closed: then what there is of it goes."""

AHEAD = 2
"""So many times the room is set up at most: what stands ready begins in the moment when another is over."""

LOOK_AGAIN_S = 0.5
SOUND_S = 5.0
"""For so long at most a site that is not sound is waited for before a trial begins on it."""

SPACED_S = 1.0
"""A look at a site's health serves all trials that ask for one within this time; what is missing is told so often."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One trial to be run."""

    id: str
    lab: str
    cell: Trials
    number: int
    cpus: float
    group: int
    """Which claim it was planned for first: groups are run in their order."""

    again: bool = False
    """Whether it was run before, and what that showed does not count."""

    @property
    def key(self) -> tuple[str, str]:
        return self.lab, self.cell.cell

    @property
    def name(self) -> str:
        return f"{self.cell.cell} #{self.number}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a trial waited for when that was last written down."""

    at: float
    missing: str
    allowed_s: float


@dataclass(slots=True)
class Site:
    """A place, and whether it is open yet."""

    place: Place
    own: bool = False
    alone: bool = False
    begun: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    closed: bool = False
    opened_s: float = 0.0
    problem: Exception | None = None
    untidy: tuple[Scope, Planned] | None = None
    """Its last trial, which was not left, as all of it is thrown away; unless another one comes."""

    looked_at: float = -1e9
    health: str = ""
    sick_since: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)
    """Of its trials, also those that are over and may be clearing away."""


def plan(
    labs: Iterable[Lab], *, trials: int, seed: int, only: frozenset[str] = frozenset(), full: bool = False
) -> list[Planned]:
    """Claim by claim, so that the first verdict comes early; of each the tested cells, the standard, then the rest.

    Within these, cells and repetitions are interleaved by the seed.
    """
    order, found = random.Random(seed), []  # noqa: S311  (an order that can be had again, not a secret)
    group = 0
    for lab in labs:
        arms = dict.fromkeys(cell.arm for cell in lab.cells)
        for later in filter(None, (arm.next for arm in arms)):
            manifests.containers(later, manifests.FOLDER / lab.name)
        if unlike := manifests.unlike(arms, manifests.FOLDER / lab.name):
            why, fix = "; ".join(unlike[:3]), "make them alike, or say why in the arm's differs="
            raise Problem(f"Comparing the arms of lab {lab.name}", why, fix)
        done: set[str] = set()
        wanted = [cells for c in lab.claims if not only or c.id in only for cells in c.roles]
        wanted += [] if only else [tuple(lab.shown), tuple(lab.long if full else ())]
        for cells in wanted:
            group += 1
            fresh = [c for c in cells if c.cell not in done]
            done |= {c.cell for c in fresh}
            for number in range(1, trials + 1):
                order.shuffle(fresh)
                again = (cell for cell in fresh if number == 1 or not cell.scenario.once)
                found += [(lab.name, cell, number, group) for cell in again]
    return [
        Planned(f"t{n:03d}", lab, cell, number, _cpus(cell, manifests.FOLDER / lab), group)
        for n, (lab, cell, number, group) in enumerate(found, 1)
    ]


def _cpus(cell: Trials, folder: Path) -> float:
    """Where something is broken one trial runs after the other: as if each took all that there is."""
    limits = packing.cpus(cell.arm, folder)
    return AHEAD * packing.capacity() if cell.arm.site.alone or cell.scenario.alone else limits


class Runner:
    """One run. `go` returns what was found; nothing of the run is left afterwards, whatever happened."""

    def __init__(
        self,
        labs: list[Lab],
        planned: list[Planned],
        sites: dict[str, Place],
        log: Journal,
        register: Register,
        told: Callable[[Finding], None] = lambda _: None,
        *,
        only: frozenset[str] = frozenset(),
        all_of_them: bool = False,
        lacking: frozenset[str] = frozenset(),
        unsure_s: float = 0.0,
        stepper: Stepper | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` raises when there is no use in going on: it is asked between trials, twice a second."""
        self.planned, self.log, self._told, self._check = planned, log, told, check
        kinds = {p.cell.arm.site.name: p.cell.arm.site for p in planned}
        self.sites = {name: Site(place, kinds[name].own, kinds[name].alone) for name, place in sites.items()}
        self.over = threading.Event()
        self.paces: dict[tuple[str, str], Pace] = {}
        self.docket = Docket(
            labs,
            register,
            Counter(p.key for p in planned),
            only=only,
            lacking=lacking,
            # Step by step a scenario is over once it was looked at.
            again=AGAIN if stepper is None else 0,
        )
        self._ids = itertools.count(max((int(p.id[1:]) for p in planned), default=0) + 1)
        self._postponed: list[Planned] = []
        """To be run once more, on a shared site, while a lab's own cluster has the machine for itself."""
        self.first: dict[tuple[str, str], float] = {}
        self.first_lasted: dict[tuple[str, str], float] = {}
        self.unsure_s = unsure_s
        self.all_of_them, self.stepper = all_of_them, stepper
        self.windows: dict[str, list[packing.Block]] = {}
        self.passing = passing()
        self._ended: queue.Queue[tuple[Planned, Timeline] | None] = queue.Queue()
        self.room = packing.Room(packing.capacity())
        self.programs = commands.group()
        """What trials and the opening of sites run."""

        self._waiting: list[Planned] = []
        self._later: list[Planned] = []
        self._setting_up: set[str] = set()
        self._started: dict[str, Planned] = {}
        self._has_room: set[str] = set()
        self._stirred: list[threading.Event] = []
        self._missing: dict[str, Waiting] = {}
        self._began = time.monotonic()

    def go(self, *, keep: bool = False) -> tuple[list[Finding], list[str]]:
        """Run everything that is planned; interrupted, clean up all the same and raise on."""
        leftovers: list[str] = []
        self._plan()
        for name in [n for n, site in self.sites.items() if not site.own]:
            self._begin(name)
        hurry = True
        try:
            self._run_all(self._of([n for n, site in self.sites.items() if not site.alone]))
            for name in [n for n, site in self.sites.items() if site.alone]:
                leftovers += self._run_alone(name, keep=keep)
            self._run_all(self._postponed)
            hurry = False
        finally:
            self.over.set()
            self.room.close()
            for stirred in self._stirred:
                stirred.set()
            if hurry:
                self.programs.end()  # what a trial is just starting would be there after the clean-up
            if not keep:
                closing = time.monotonic()
                deadline = Deadline.after(HURRY_S if hurry else CLOSE_S)
                # What was never begun is not to be waited for.
                leftovers += self._close(deadline, [s for s in self.sites.values() if s.begun and not s.closed])
                self._write("removed", took_s=round(time.monotonic() - closing, 3), left=leftovers)
            wall = time.monotonic() - self._began
            self.log.write(
                type="end",
                leftovers=leftovers,
                wall_s=round(wall, 3),
                necessary_s=round(self.necessary_s(), 3),
                kept=keep,
                how="interrupted" if hurry else "done",
            )
        return list(self.docket.findings.values()), leftovers

    def _plan(self) -> None:
        for (lab, cell), count in self.docket.wanted.items():
            self._write("wanted", lab=lab, cell=cell, n=count)

    def _write(self, type_: str, **line: Any) -> None:
        """What is no trial's own stands in the journal at the run's own time."""
        self.log.write(type=type_, at_s=round(time.monotonic() - self._began, 3), **line)

    # -- sites -----------------------------------------------------------------------------------------------------

    def _of(self, names: Sequence[str]) -> list[Planned]:
        return [p for p in self.planned if p.cell.arm.site.name in names]

    def _run_alone(self, name: str, *, keep: bool) -> list[str]:
        """Made while nothing is measured, as that takes all cores, and thrown away before the next one is."""
        site = self.sites[name]
        site.begun = True
        self._open(name)
        if site.problem is not None:
            raise site.problem
        self._run_all(self._of([name]))
        if keep:
            return []
        deadline = Deadline.after(CLOSE_S)
        for thread in site.threads:
            thread.join(deadline.left())
        left = self._close(deadline, [site])
        site.closed = True
        return left

    def _begin(self, name: str) -> None:
        """Open it beside what goes on; it counts as something that is being set up."""
        self.sites[name].begun = True
        self._setting_up.add(name)

        def open_it() -> None:
            with self.programs.current():
                self._open(name)
            self._setting_up.discard(name)
            self._ended.put(None)

        threading.Thread(target=open_it, daemon=True, name=f"open-{name}").start()

    def _begin_due(self, waiting: list[Planned]) -> None:
        """The site of the next trial in line, if it was not needed before."""
        due = min(waiting, key=lambda p: p.group, default=None)
        if due and not self.sites[due.cell.arm.site.name].begun and len(self._setting_up) < (os.cpu_count() or 2):
            self._begin(due.cell.arm.site.name)

    def _open(self, name: str) -> None:
        site, began = self.sites[name], time.monotonic()
        self._write("opening", site=name)
        try:
            site.place.open(Deadline.after(OPEN_S))
            here = [p for p in self.planned if p.cell.arm.site.name == name]
            arms = dict.fromkeys((p.lab, arm) for p in here for arm in (p.cell.arm, p.cell.arm.next) if arm)
            with ThreadPoolExecutor(max_workers=4) as pool:
                list(pool.map(lambda of: site.place.check(of[1], manifests.FOLDER / of[0]), arms))
        except Exception as error:  # told where it is waited for
            site.problem = error
        finally:
            site.opened_s = time.monotonic() - began
            site.ready.set()
        why = {} if site.problem is None else {"why": str(site.problem)}
        began_s, took_s = round(began - self._began, 3), round(site.opened_s, 3)
        self._write("site", site=name, began_s=began_s, took_s=took_s, **why)

    def _close(self, deadline: Deadline, sites: Iterable[Site]) -> list[str]:
        left: list[str] = []

        def close(site: Site) -> None:
            site.ready.wait(min(OPENS_YET_S, deadline.left()))
            # What a trial is just making would be there after the clean-up, unless it goes with its host.
            for thread in [t for t in site.threads if t.is_alive() and not site.own]:
                thread.join(deadline.left() / 2)
            try:
                left.extend(site.place.close(deadline))
            except Exception as error:  # the other sites are still to be cleaned
                left.append(f"{site.place.name}: {type(error).__name__}: {error}")

        closers = {s.place.name: threading.Thread(target=close, args=(s,), daemon=True) for s in sites}
        for closer in closers.values():
            closer.start()
        for name, closer in closers.items():
            closer.join(deadline.left() + 5)
            if closer.is_alive():  # it cannot say what is left, which is not to say that nothing is
                left.append(f"{name}: its clean-up did not end in time")
        return list(left)

    def _health(self, site: Site) -> str:
        with site.lock:
            if (began := time.monotonic()) - site.looked_at > SPACED_S:
                site.health = site.place.health()
                site.looked_at = time.monotonic()
                if not site.health:
                    site.sick_since = None
                elif site.sick_since is None:
                    site.sick_since = began  # to find it out may have taken long enough
            return site.health

    def _sound(self, site: Site, one: Planned, clock: Clock) -> str:
        """What is wrong with the site before a trial begins.

        What passes soon costs nothing then; of a site that was sick for long already nothing more is expected.
        """
        if not self._health(site) or (since := site.sick_since) is None:
            return ""
        end = Deadline(since + SOUND_S, clock)
        if not end.left():
            return site.health

        def told(wrong: str) -> None:
            self._waits(one, f"{site.place.name}: {wrong}", clock.now() - since, SOUND_S)

        try:
            until(site.place.name, lambda: self._health(site), end, tell=told, pause_s=LOOK_AGAIN_S)
        except TooLate:
            return site.health
        self._waits(one, "", 0, 0)
        return ""

    # -- trials ----------------------------------------------------------------------------------------------------

    def _run_all(self, planned: list[Planned]) -> None:
        """At once, or where somebody looks on step by step, one scenario after the other."""
        if self.stepper is None:
            self._run_together(planned)
            return
        self._later = list(planned)
        while self._later:
            lab, scenario = self._later[0].lab, self._later[0].cell.scenario
            here = [p for p in self._later if (p.lab, p.cell.scenario) == (lab, scenario)]
            self._waiting = list(here)  # who asks meanwhile whether a site is still needed must see them
            self._later = [p for p in self._later if p not in here]
            self.stepper.begin(scenario, [p.cell.arm.name for p in here])
            self._run_together(here)
            cells = self.docket.recorded[lab]
            self.stepper.over({p.cell.arm.name: cells.get(p.cell.cell, ()) for p in here})

    def _run_together(self, planned: list[Planned]) -> None:
        self._waiting, running = list(planned), 0
        while self._waiting or running:
            self._begin_due(self._waiting)
            while (one := self._next(self._waiting, idle=running == 0)) is not None:
                self._started[one.id] = one
                self._waiting.remove(one)
                running += 1
                self._setting_up.add(one.id)
                thread = threading.Thread(target=self._in_thread, args=(one,), daemon=True, name=one.id)
                self.sites[one.cell.arm.site.name].threads.append(thread)
                thread.start()
            ended = self._next_ended()
            self._check()
            if self.stepper is not None:
                self.stepper.answer()
            self._waiting = self._without_needless(self._waiting)
            if ended is None:
                continue
            done, timeline = ended
            running -= 1
            for finding in self.docket.file(done.lab, done.cell.cell, timeline):
                self._told(finding)
            self._run_again()
            if problem := next((s.problem for s in self.sites.values() if s.problem), None):
                raise problem

    def _run_again(self) -> None:
        """What was watched for too short a time, on a site that is still there."""
        while self.docket.again:
            again = self.docket.again.pop(0)
            key = again.lab, again.cell.cell
            site, first = self.sites[again.cell.arm.site.name], next(p for p in self.planned if p.key == key)
            if site.closed:
                continue
            if site.untidy is not None:
                self._leave(site, *site.untidy)
                site.untidy = None
            self._write("again", lab=again.lab, cell=key[1], n=len(again.numbers), why=again.why)
            self._write("wanted", lab=again.lab, cell=key[1], n=self.docket.wanted[key])
            postponed = any(s.alone and s.begun and not s.closed for s in self.sites.values()) and not site.alone
            for number in again.numbers:
                more = replace(first, id=f"t{next(self._ids):03d}", number=number, again=True)
                self.planned.append(more)
                (self._postponed if postponed else self._waiting).append(more)

    def _next_ended(self) -> tuple[Planned, Timeline] | None:
        """The next trial that is over; None when something else has changed: a site opened, a trial is set up."""
        try:
            return self._ended.get(timeout=LOOK_AGAIN_S)
        except queue.Empty:
            return None

    def _set_up(self, one: Planned) -> None:
        """It stands, the next may be set up; now it waits for room."""
        self._setting_up.discard(one.id)
        self._ended.put(None)
        self._waits(one, "room beside the others", 0, 0)
        if not self.room.take(one.cpus):
            raise Stopped
        self._waits(one, "", 0, 0)
        self._has_room.add(one.id)
        if one.number == 1:
            self.first.setdefault(one.key, time.monotonic())

    def _finish(self, one: Planned, timeline: Timeline) -> None:
        """Its place is free, and its recording is there to be judged."""
        self._started.pop(one.id, None)
        self._setting_up.discard(one.id)
        if one.id in self._has_room:
            self._has_room.discard(one.id)
            self.room.give(one.cpus)
        self._ended.put((one, timeline))

    def _next(self, waiting: list[Planned], *, idle: bool) -> Planned | None:
        """The first whose site is open; when nothing runs, the first. Some may stand ready before there is room."""
        if len(self._setting_up) >= (os.cpu_count() or 2):
            return None  # starting is what keeps the cores busy, and would slow down what is being measured
        able = [p for p in waiting if self.sites[p.cell.arm.site.name].ready.is_set() and self._timely(p)]
        able.sort(key=lambda p: (p.group, self._is_long(p)))
        promised = sum(p.cpus for p in list(self._started.values()))
        fits = (p for p in able if promised + p.cpus <= AHEAD * self.room.size + packing.TINY)
        return next(fits, next(iter(able or waiting), None) if idle else None)

    def _is_long(self, one: Planned) -> bool:
        """By the first of its cell, from the moment when it stood and had room."""
        began = self.first.get(one.key)
        lasted = self.first_lasted.get(one.key)
        return began is not None and (lasted if lasted is not None else time.monotonic() - began) > LONG_S

    def _timely(self, one: Planned) -> bool:
        """The later repetitions wait until it is known whether the cell is a short one."""
        return one.number <= FEW or one.key in self.first_lasted or self._is_long(one)

    def _without_needless(self, waiting: list[Planned]) -> list[Planned]:
        """Long trials are repeated less often: what they show is that something does not happen."""
        needless = [p for p in waiting if p.number > FEW and self._is_long(p)] if not self.all_of_them else []
        self.docket.wanted.subtract(p.key for p in needless)
        for lab, cell in dict.fromkeys(p.key for p in needless):
            self._write("wanted", lab=lab, cell=cell, n=self.docket.wanted[lab, cell])
        return [p for p in waiting if p not in needless]

    def _waits(self, one: Planned, missing: str, waited_s: float, allowed_s: float) -> None:
        """Written down where it is something else than before, and not with each request that is counted."""
        before, now = self._missing.get(one.id), time.monotonic()
        same = before and before.missing and missing and before.allowed_s == allowed_s
        if before and same and now - before.at < SPACED_S:
            return
        if not before or (before.missing, before.allowed_s) != (missing, allowed_s):
            self._missing[one.id] = Waiting(now, missing, allowed_s)
            waited_s, allowed_s = round(waited_s, 3), round(allowed_s, 3)
            self._write("wait", trial=one.id, missing=missing, waited_s=waited_s, allowed_s=allowed_s)

    def _in_thread(self, one: Planned) -> None:
        with self.programs.current():
            self._trial(one)

    def _trial(self, one: Planned) -> None:
        site = self.sites[one.cell.arm.site.name]
        entries: list[Entry] = []
        writing = threading.Lock()

        def write(entry: Entry) -> None:
            with writing:
                entries.append(entry)
            self.log.entry(one.id, entry)

        scope = None
        try:
            while not site.ready.wait(LOOK_AGAIN_S) and not self.over.is_set():
                pass  # it opens, or the run ends: both in bounded time
            self.log.trial(one.id, one.cell.cell, one.number, one.lab, time.monotonic() - self._began)
            if site.problem is None and not self.over.is_set():
                scope = self._scope(one)
                self._record(one, site, scope, write)
        finally:
            with writing:
                timeline = written(entries, self.log.run, one.number)
            phase = one.cell.arm.site.name if site.alone else ""
            if not one.again:
                self.windows.setdefault(phase, []).append(packing.Block(one.id, one.cpus, _windows(timeline)))
            if one.number == 1:
                now = time.monotonic()
                self.first_lasted.setdefault(one.key, now - self.first.get(one.key, now))
            breaks = site.alone or one.cell.scenario.alone
            if not breaks:
                self._finish(one, timeline)
            if scope is not None and not self.over.is_set():
                if self._thrown_away(site, one):
                    site.untidy = scope, one
                else:
                    self._leave(site, scope, one)
            if breaks:
                self._finish(one, timeline)  # what was taken away or broken is back: the next may begin

    def _scope(self, one: Planned) -> Scope:
        lab = manifests.FOLDER / one.lab
        scope = Scope(self.log.run, one.id, one.cell.arm, lab, self.log.folder, heard=lambda *_: None, over=self.over)
        self._stirred.append(scope.stirred)
        return scope

    def _record(self, one: Planned, site: Site, scope: Scope, write: Callable[[Entry], None]) -> None:
        clock = EventClock(scope.stirred, self.over)
        trial = Trial(
            site.place,
            scope,
            write,
            tell=lambda missing, waited, allowed: self._waits(one, missing, waited, allowed),
            clock=clock,
            pace=self.paces.setdefault((one.lab, one.cell.alike), Pace()),
            passing=self.passing,
            unsure_s=self.unsure_s,
            settled=lambda: self._set_up(one),
            before=self._gates(one),
            alone=one.cell.scenario.alone,
        )
        scope.heard = trial.heard
        how, why = "broke", ""
        try:
            self._look_after(trial, "before", self._sound(site, one, clock))
            if not one.cell.scenario.empty:
                trial.applied(site.place.apply(scope))
            one.cell.scenario.act(trial)
            trial.end_clients()
            self._look_after(trial, "after", self._health(site))
            how = "done"
        except Stopped:
            how, why = "stopped", "the run was ended"
        except NotSteady as error:
            why = str(error)
        except Exception as error:  # a scenario that stumbles is a broken trial, not a broken run
            why = f"{type(error).__name__}: {error}"
            self.log.write(type="trouble", trial=one.id, text=traceback.format_exc())
        if how != "done":
            trial.end_clients()
        if how == "broke":
            self._gather(one, site, scope)
        for stream, state in site.place.streams().items():
            write(Entry(clock.now() - trial.began, Kind.MARK, stream, "stream", {"state": state}))
        trial.mark("end", how=how, **({"why": why} if why else {}))

    def _gates(self, one: Planned) -> Callable[[str], None]:
        """What a trial comes to before each thing that it does."""
        numbers = itertools.count()

        def before(what: str) -> None:
            if self.stepper is None:
                return
            opened = self.stepper.gate(next(numbers), what)
            self._waits(one, "what you expect of it", 0, 0)
            while not opened.wait(LOOK_AGAIN_S):
                if self.over.is_set():
                    raise Stopped
            self._waits(one, "", 0, 0)

        return before

    def _gather(self, one: Planned, site: Site, scope: Scope) -> None:
        """What could tell why it broke, before it is removed."""
        try:
            found = site.place.evidence(scope)
            folder = self.log.folder / one.id
            folder.mkdir(exist_ok=True)
            for name, text in found.items():
                (folder / name).write_text(text)
        except Exception as error:  # a site that is gone has no evidence to give
            self.log.write(type="trouble", trial=one.id, text=f"evidence: {type(error).__name__}: {error}")

    def _thrown_away(self, site: Site, one: Planned) -> bool:
        """Whether it is a site of the lab's own that nobody else needs any more: it goes with all that is in it."""
        others = [p for p in (*self._waiting, *self._later, *list(self._started.values())) if p is not one]
        return site.own and not any(self.sites[p.cell.arm.site.name] is site for p in others)

    def _leave(self, site: Site, scope: Scope, one: Planned) -> None:
        try:
            site.place.leave(scope)
        except Exception as error:  # it is tried again, and then told, when the site is closed
            self.log.write(type="trouble", trial=one.id, text=f"leaving: {type(error).__name__}: {error}")

    def _look_after(self, trial: Trial, when: str, wrong: str) -> None:
        trial.mark("health", when=when, ok="no" if wrong else "yes", **({"why": wrong} if wrong else {}))
        if wrong and when == "before":
            raise NotSteady(f"{trial.place.name}: {wrong}")

    def necessary_s(self) -> float:
        """The sites' opening, then the windows alone, packed as the trials were; own sites come one after another."""
        shared = max((s.opened_s for s in self.sites.values() if not s.own), default=0.0)
        own = sum(s.opened_s for s in self.sites.values() if s.alone)
        phases = [sorted(blocks, key=lambda b: b.name) for blocks in self.windows.values()]
        return shared + own + sum(packing.makespan(blocks, packing.capacity()) for blocks in phases)


def _windows(timeline: Timeline) -> float:
    """What was waited for because the question takes that long, leaving out set-up and clean-up."""
    waited = (*timeline.of(Kind.MARK, "window"), *timeline.of(Kind.TRY, "reach"), *timeline.of(Kind.TRY, "start"))
    return sum(e.number("waited_s") for e in waited)


def passing() -> tuple[type[Exception], ...]:
    """What a look may meet while an engine or a cluster is busy: the look is missed, and seen as missed."""
    from docker.errors import DockerException
    from requests import RequestException

    return (DockerException, RequestException, Refused, OSError)
