"""One trial, recorded as a run records it, on a site in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.judging.audit import audited
from harness.lab import manifests
from harness.lab.arm import IMAGE, Arm
from harness.lab.cell import Scenario, Trials
from harness.lab.open_site import Scope, TrialSite
from harness.lab.site import engine
from harness.lab.timeline import Timeline
from harness.lab.trial import Trial
from harness.model.clock import Deadline
from harness.model.entries import STEADY_S, Entry, Planned, Window
from harness.running.beside import Beside
from harness.running.gates import Gates
from harness.running.record import Bench, record
from tests.support import scratch
from tests.support.fake import FakeSite, VirtualClock
from tests.support.fake import site as made

FOLDER = manifests.FOLDER / "selfhealing"


def run(policy: str, copies: int = 1) -> Arm:
    recipe = f"docker run --detach --restart {policy} --cpus 0.1 {IMAGE}"
    return Arm("here", engine, f"{recipe} x {copies}" if copies > 1 else recipe)


ALWAYS, NEVER, THREE = run("always"), run("no"), run("no", 3)


class Changed:
    """A trial's part of a site, of which a test has something done otherwise."""

    def __init__(self, inner: TrialSite, **verbs: Callable[..., Any]) -> None:
        """Each verb is handed the real one first."""
        self._inner, self._verbs = inner, verbs

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in self._verbs:
            return real
        return lambda *given, **more: self._verbs[name](real, *given, **more)


@dataclass
class Made:
    """What came of it."""

    scenario: Scenario
    arm: Arm
    entries: list[Entry]
    site: FakeSite
    here: TrialSite | None
    folder: Path
    told: list[tuple[str, float, float]] = field(default_factory=list)
    """What was waited for, for how long, and how long it may take."""

    @property
    def timeline(self) -> Timeline:
        return audited(1, self.entries, self.scenario.play, "run-1")

    @property
    def reason(self) -> str:
        """Why nothing of it counts."""
        wrong = self.timeline.wrong
        return wrong.reason if wrong else ""

    @property
    def trials(self) -> Trials:
        return replace(self.scenario @ self.arm, timelines=(self.timeline,), wanted=1, alike=(self.timeline,))

    @property
    def window(self) -> Window:
        """The last one."""
        return self.of(Window)[-1]

    def of(self, kind: type) -> list[Any]:
        return [e for e in self.entries if type(e) is kind]


def recorded(
    play: Callable[[Trial], Any], arm: Arm = ALWAYS, *faults: str, lag_s: float = 0.0, folder: Path = FOLDER,
    change: Callable[[TrialSite], Any] = lambda here: here, beside: Beside | None = None,
    health: Callable[[FakeSite], str] = FakeSite.health, steady_s: float = STEADY_S, commands: Any = None,
    **more: Any,
) -> Made:  # fmt: skip
    clock, told = VirtualClock(), list[tuple[str, float, float]]()
    site = made(arm.site, clock, faults, lag_s, commands)
    site.open(Deadline.after(120, clock))
    own, runs = Gates(clock).clock(), scratch.folder()
    scenario = Scenario(play.__name__.replace("_", " "), "It is recorded.", play)
    entries: list[Entry] = [Planned(lab="small", cell=(scenario @ arm).cell, number=1, of=1)]
    bench = Bench(
        own, entries.append, entries, lambda: health(site), lambda: dict(site.streams()),
        replace(beside or Beside(), tell=lambda *what: told.append(what)), steady_s, **more,
    )  # fmt: skip
    scope = Scope("run-1", "t001", arm, folder, runs, stirred=own.stir)
    here = record(bench, scenario @ arm, scope, lambda scope: change(site.trial(scope)))
    return Made(scenario, arm, entries[1:], site, here, runs, told)
