"""One run: a loop applies what is due and alone changes how jobs and sites stand; these send it letters."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from harness.journal import Journal
from harness.judging.docket import Again, Docket, Settled
from harness.lab import manifests
from harness.lab.arm import Arm
from harness.lab.open_site import OpenSite
from harness.lab.site import Site
from harness.model.clock import Clock, Deadline, RealClock
from harness.model.entries import STEADY_S, Planned
from harness.model.errors import Problem
from harness.model.lines import Fewer, Opened, Opening, Over, Removed, Trouble
from harness.running.gates import Gates
from harness.running.one_trial import OneTrial, Together
from harness.running.plan import capacity, most
from harness.running.schedule import Action, Close, Go, Job, JobState, Open, SiteState, Start, due
from harness.running.site_life import CLOSE_S, SiteLife
from harness.running.stepping import Stepper, Stepping, one_by_one
from harness.running.waits import Waiting
from harness.setup import commands
from harness.setup.commands import Programs

HURRY_S = 12.0
"""To clean up when somebody wants us gone."""

LETTER_S = 0.5


@dataclass
class Run:
    journal: Journal
    docket: Docket
    jobs_: Sequence[Job]
    open_site: Callable[[Site], OpenSite]
    told: Callable[[Settled], None] = lambda _: None
    clock: Clock = field(default_factory=RealClock)
    cores: int = os.cpu_count() or 2
    room: float = field(default_factory=capacity)
    stepper: Stepper | None = None
    steady_s: float = STEADY_S
    check: Callable[[], None] = lambda: None
    """Raises when there is no use in going on; asked twice a second."""

    programs: Programs = field(default_factory=commands.group)
    """What trials and the opening of sites run."""

    def __post_init__(self) -> None:
        self.began = self.clock.now()
        self.jobs, self.states, self.sites = dict[str, Job](), dict[str, SiteState](), dict[str, SiteLife]()
        self.letters, self.gates = self.clock.mailbox(), Gates(self.clock)
        self.waiting = Waiting(self.journal, self.clock, self.began)
        self.measured: dict[str, float] = {}
        self.planned = Counter(job.key for job in self.jobs_)
        last = max((int(job.id.lstrip("t")) for job in self.jobs_), default=0)  # what the host lacks has left gaps
        self.ids = (f"t{n:03}" for n in count(last + 1))
        self.working = 0
        """How many threads have not sent their last letter."""

        self.stepping = Stepping(self.stepper, self.docket)
        self.together = Together(
            self.journal, self.clock, self.began, self.gates, self.letters, self.waiting, self.stepping,
            self._round_of, self.steady_s,
        )  # fmt: skip
        for job in one_by_one(self.jobs_) if self.stepper is not None else self.jobs_:
            self._add(job)

    # -- the loop

    def go(self, *, keep: bool = False) -> list[str]:
        """Run everything that is planned; interrupted, clean up all the same and raise on. Answers what was left."""
        hurry = True
        try:
            while not self._over(keep=keep):
                self.stepping.turn(self.jobs.values())
                for action in due(list(self.jobs.values()), self.states, self.cores, self.room):
                    if not (keep and isinstance(action, Close)):
                        self._apply(action)
                self._hear()
                self._settle()
            self._settle(over=True)
            self.stepping.turn(())
            hurry = False
        finally:
            left = self._end(hurry=hurry, keep=keep)
            self._check_recorded(left, keep=keep)
        return left

    def _check_recorded(self, left: Sequence[str] = (), *, keep: bool = False) -> None:
        if full := self.journal.full:
            made = f"was not removed ({', '.join(left)})" if left else "stands" if keep else "is removed"
            seen = f"{full}; what was recorded before is kept, what the run had made {made}"
            raise Problem("Recording the run", seen, "make room on that disk, and run it again")

    def _over(self, *, keep: bool) -> bool:
        if any(j.state != "over" for j in self.jobs.values()) or self.docket.again:
            return False
        return self.working == 0 and (keep or all(s in ("closed", "gone") for s in self.states.values()))

    def _hear(self) -> None:
        try:
            name, then = self.letters.get(LETTER_S)
        except TimeoutError:
            then = name = ""
        if name:
            self._stands(name, then)
        self.stepping.answer()
        self._repetitions()
        self.check()
        self._check_recorded()
        if problem := next((s.problem for s in self.sites.values() if s.problem), None):
            raise problem

    def _settle(self, *, over: bool = False) -> None:
        for settled in self.docket.settle(over=over):
            self.told(settled)
        while self.docket.again:
            self._rerun(self.docket.again.pop(0))

    def _apply(self, action: Action) -> None:
        match action:
            case Open(site):
                self._stands(site, "mending" if self.states[site] == "broken" else "opening")
                here = {(j.trials.arm, manifests.FOLDER / j.lab): None for j in self.jobs.values() if j.site == site}
                self._spawn(partial(self._open, site, here), site, "open")
            case Close(site):
                self._stands(site, "closing")
                deadline = Deadline.after(CLOSE_S, self.clock)
                self._spawn(partial(self.sites[site].close, deadline), site, "gone")
            case Start(name):
                self._stands(name, "starting")
                self._spawn(partial(self._trial, self.jobs[name]), name, "left")
            case Go(name, leads):
                self.measured.setdefault(name, self.clock.now())
                self._stands(name, "watching")
                self.waiting.told(name, "")
                if leads:
                    self.gates.open(name)

    def _spawn(self, do: Callable[[], object], name: str, then: str) -> None:
        self.working += 1

        def work() -> None:
            try:
                with self.programs.current():
                    do()
            finally:
                self.letters.put((name, then))

        self.clock.spawn(work, name)

    def _stands(self, name: str, state: Any) -> None:
        self.working -= state in ("open", "gone", "left")
        if name in self.states:
            self.states[name] = state
        elif state == "over":
            self._ended(self.jobs[name])
        elif state != "left":
            self.jobs[name] = replace(self.jobs[name], state=state)

    # -- sites

    def _open(self, name: str, arms: Iterable[tuple[Arm, Path]]) -> None:
        began = self.clock.now()
        self.journal.put("", Opening(at_s=self._now(), site=name))
        self.sites[name].open(arms)
        took_s, problem = round(self.clock.now() - began, 3), self.sites[name].problem
        self.journal.put("", Opened(at_s=self._now(), site=name, took_s=took_s, wrong=str(problem or "")))

    def _end(self, *, hurry: bool, keep: bool) -> list[str]:
        self.gates.end()
        if hurry:
            self.programs.end()  # what a trial is just starting would be there after the clean-up
        closing = self.clock.now()
        deadline = Deadline.after(HURRY_S if hurry else CLOSE_S, self.clock)
        if not keep:
            self._close_all(deadline)
        left = [x for site in self.sites.values() for x in site.left]
        took_s = round(self.clock.now() - closing, 3)
        self.journal.put("", Removed(at_s=self._now(), took_s=took_s, left=tuple(left)))
        how = "interrupted" if hurry else "done"
        self.journal.put("", Over(at_s=self._now(), how=how, wall_s=self._now(), left=tuple(left), kept=keep))
        return left

    def _close_all(self, deadline: Deadline) -> None:
        open_ = {n for n, state in self.states.items() if state not in ("closed", "gone")}
        for name in open_:
            if self.states[name] != "closing":
                self._spawn(partial(self.sites[name].close, deadline), name, "gone")
                self.states[name] = "closing"
        while open_ and deadline.left():
            try:
                name, then = self.letters.get(min(LETTER_S, deadline.left()))
            except TimeoutError:
                continue
            if then == "gone":
                open_.discard(name)
                self.states[name] = "gone"
        for name in open_:  # it cannot say what is left, which is not to say that nothing is
            self.sites[name].left.append(f"{name}: its clean-up did not end in time")

    # -- jobs

    def _add(self, job: Job) -> None:
        self.jobs[job.id] = job
        self.gates.add(job.id)
        site = job.trials.arm.site
        if site.name not in self.states:
            self.states[site.name] = "closed"
            self.sites[site.name] = SiteLife(site, self.open_site(site), self.clock)
        of = self.planned[job.key]
        line = Planned(lab=job.lab, cell=job.trials.cell, number=job.number, of=of, rerun=job.rerun)
        self.journal.put(job.id, line)

    def _ended(self, job: Job) -> None:
        lasted = self.clock.now() - self.measured.get(job.id, self.clock.now())
        self.jobs[job.id] = replace(job, state="over")
        if job.number == 1:
            self._decide(job.key, lasted, over=True)

    def _repetitions(self) -> None:
        """One that is on its way for long is known to take long before it is over."""
        for job in list(self.jobs.values()):
            on = job.state in ("watching", "striking") and job.number == 1
            if on and most(lasted_s := self.clock.now() - self.measured[job.id]):
                self._decide(job.key, lasted_s, over=False)

    def _decide(self, key: tuple[str, str], lasted_s: float, *, over: bool) -> None:
        """Long trials are repeated less often: what they show is that something does not happen."""
        limit = most(lasted_s)
        same = [j for j in self.jobs.values() if j.key == key and j.state in ("held", "waiting")]
        needless = False
        for job in same:
            if limit and job.spare and job.number > limit:
                del self.jobs[job.id]
                needless = True
            else:
                state: JobState = "waiting" if over else job.state
                self.jobs[job.id] = replace(job, state=state, long=job.long or limit is not None)
        if needless:
            self.planned[key] = max(j.number for j in self.jobs.values() if j.key == key)
            self.journal.put("", Fewer(at_s=self._now(), lab=key[0], cell=key[1], of=self.planned[key]))

    def _rerun(self, again: Again) -> None:
        """With all of its round, which a strike hits together; unless these wait already."""
        jobs = [j for j in self.jobs.values() if j.key == (again.planned.lab, again.planned.cell)]
        last = [j for j in jobs if j.number == again.planned.number][-1]
        if last.state != "over":
            return
        self.journal.put("", Trouble(at_s=self._now(), text=f"{last.name} is run once more: {again.why.detail}"))
        for job in self._round_of(last):
            self._add(replace(job, id=next(self.ids), state="waiting", spare=False, rerun=True))

    def _round_of(self, job: Job) -> list[Job]:
        """Those that are struck together, the newest repetition of each."""
        same = {j.name: j for j in list(self.jobs.values()) if (j.site, j.round) == (job.site, job.round)}
        return list(same.values()) if job.round else [job]

    def _trial(self, job: Job) -> None:
        """In its own thread: recorded, then what it left is removed; what was broken is mended before it is over."""
        one = OneTrial(self.together, job, self.sites[job.site])
        own = job.trials.arm.site.own
        try:
            one.record()
            if own:
                self._leave(job, one)
        finally:
            self.letters.put((job.id, "over"))
        if not own:
            self._leave(job, one)

    def _leave(self, job: Job, one: OneTrial) -> None:
        others = any(j.site == job.site and j.state != "over" and j.id != job.id for j in list(self.jobs.values()))
        if not (self.gates.over or (job.trials.arm.site.own and not others)):  # else it goes with its site
            one.leave()

    def _now(self) -> float:
        return round(self.clock.now() - self.began, 3)
