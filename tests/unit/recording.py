"""What the tests of a trial share: a scenario, recorded on a site in memory as the runner records it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.model.arm import Arm, Run
from harness.model.scenario import Scenario, Trials
from harness.model.site import engine
from harness.model.timeline import Entry, Kind, Timeline, written
from harness.model.verdict import NotShown
from harness.sites.place import Scope
from harness.trial import Trial
from harness.watch import EVERY_S, SOON_S, Pace
from tests.contract.fake import FakePlace, VirtualClock

HERE = Arm("here", engine, Run())
Change = Callable[[Entry], "Entry | None"]


def resolution(lag_s: float) -> float:
    """How much later than it was a return may be seen: nothing wakes the trial when a lagging status changes."""
    return 2 * SOON_S + (lag_s + EVERY_S if lag_s else 0)


@dataclass
class Recorded:
    timeline: Timeline
    answer: object
    place: FakePlace
    pace: Pace
    told: list[tuple[str, float, float]] = field(default_factory=list)
    arm: Arm = HERE

    @property
    def trials(self) -> Trials:
        cell = Scenario("crash", "It crashes.", lambda _t: None) @ self.arm
        return replace(cell, timelines=(self.timeline,), beside=(self.timeline,))

    @property
    def window(self) -> Entry:
        return self.timeline.last(Kind.MARK, "window")

    def beside(self, other: Recorded) -> Trials:
        """Judged with another one of the same run, whose success may be slower."""
        return replace(self.trials, beside=(self.timeline, other.timeline))

    def falsified(self, *changes: Change | Entry) -> Trials:
        """With entries changed, left out or added: each of these has to make a difference."""
        timeline = self.timeline
        for change in changes:
            if isinstance(change, Entry):
                timeline = written([*timeline.entries, change], timeline.run)
                continue
            entries = tuple(new for e in timeline.entries if (new := change(e)) is not None)
            assert entries != timeline.entries
            timeline = Timeline(entries, timeline.run)
        return replace(self.trials, timelines=(timeline,), beside=(timeline,))


def record(
    do,
    *,
    place=FakePlace,
    pace: Pace | None = None,
    arm: Arm = HERE,
    folder=Path(),
    empty=False,
    alone=False,
    **kinds,
) -> Recorded:
    """Health before, the arm unless it begins with nothing, the scenario, health after, the streams, the end."""
    clock, entries, told = VirtualClock(), [], []
    site, pace = place(clock, **kinds), pace or Pace()
    scope = Scope("run-1", "t001", arm, folder, Path(), heard=lambda *_: None)
    trial = Trial(
        site, scope, entries.append, lambda *t: told.append(t), clock, pace, passing=(OSError,), alone=alone
    )
    scope.heard = trial.heard

    def look_after(when):
        wrong = site.health()
        trial.mark("health", when=when, ok="no" if wrong else "yes", why=wrong)

    look_after("before")
    if not empty:
        trial.applied(site.apply(scope))
    answer = do(trial)
    trial.end_clients()
    look_after("after")
    for stream, state in site.streams().items():
        trial.write(Entry(clock.now() - trial.began, Kind.MARK, stream, "stream", {"state": state}))
    trial.mark("end", how="done")
    return Recorded(written(entries, "run-1"), answer, site, pace, told, arm)


def reason(ask: Callable[[], object]) -> str:
    """Why a question to recordings stays open."""
    with pytest.raises(NotShown) as caught:
        ask()
    return caught.value.reason


# -- facts to falsify ----------------------------------------------------------------------------------------------


def without(kind: Kind, what: str, *, nth: int | None = None, **facts: str) -> Change:
    """Such entries, or the one of them with that number, were never written."""
    return _change(kind, what, nth, facts, lambda _e: None)


def but(kind: Kind, what: str, said: dict[str, str], *, nth: int | None = None, **facts: str) -> Change:
    """Such entries say something else."""
    return _change(kind, what, nth, facts, lambda e: replace(e, facts={**e.facts, **said}))


def _change(kind: Kind, what: str, nth: int | None, facts: dict[str, str], new: Change) -> Change:
    seen = 0

    def change(entry: Entry) -> Entry | None:
        nonlocal seen
        if entry.kind is not kind or entry.what != what or not facts.items() <= entry.facts.items():
            return entry
        seen += 1
        return new(entry) if nth in (None, seen - 1) else entry

    return change
