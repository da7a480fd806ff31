"""Scenarios, their trials on an arm, and what a judge may ask of the recordings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast, overload

from harness.lab.acts import Act
from harness.lab.arm import Arm
from harness.lab.question import Question
from harness.lab.questions import InPlace, Kept, LeftOut, Losses, Lost, Restored
from harness.lab.questions.kept import READ
from harness.lab.timeline import Cost, Timeline, Which, counted, short
from harness.lab.trial import Trial
from harness.model.entries import Copy, Told, Window
from harness.model.seen import Span
from harness.model.verdict import NotShown

A = TypeVar("A")
Play = Callable[[Trial], None]
Since = Act | Question[Any] | None
GUESS = "Which of them come back?"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, in order, the same on every arm; the docstring is its plan."""

    name: str
    plan: str
    play: Play
    round: str = ""
    """Its trials on a site wait for each other before what hits them all."""

    at_once: bool = False
    """All its repetitions are in one round."""

    trials: int = 0
    """It is run so often, whatever else is; 0: as often as the run says."""

    asks: str = GUESS
    """What a learner is asked to guess beforehand, arm by arm."""

    def __matmul__(self, arm: Arm) -> Trials:
        return Trials(self, arm)


@overload
def scenario(play: Play) -> Scenario: ...
@overload
def scenario(
    *, round: str = "", at_once: bool = False, trials: int = 0, asks: str = GUESS
) -> Callable[[Play], Scenario]: ...


def scenario(
    play: Play | None = None,
    *,
    round: str = "",  # noqa: A002  (what it is called where labs are written)
    at_once: bool = False,
    trials: int = 0,
    asks: str = GUESS,
) -> Scenario | Callable[[Play], Scenario]:
    def made(play: Play) -> Scenario:
        plan = inspect.getdoc(play)
        if not plan:
            raise TypeError(f"scenario {play.__name__} has no docstring, which is its plan")
        return Scenario(play.__name__.replace("_", " "), plan, play, round, at_once, trials, asks)

    return made(play) if play else made


@dataclass(frozen=True, slots=True)
class Trials:
    """A scenario on an arm: declared, it has no recordings yet; judged, it has them."""

    scenario: Scenario
    arm: Arm
    timelines: tuple[Timeline, ...] = ()
    wanted: int = 0
    """How many trials were planned."""

    alike: tuple[Timeline, ...] = ()
    """Of the claim's trials of that scenario on that site: how long does it take there?"""

    @property
    def cell(self) -> str:
        return f"{self.scenario.name} @ {self.arm.name}"

    @property
    def kind(self) -> tuple[str, str]:
        """Trials whose times can be compared: of one scenario on one site."""
        return self.scenario.name, self.arm.site.name

    # -- what judges ask

    def answer(self, question: Question[A], since: Since = None) -> A | None:
        """The same in all trials, or all their durations; None where it came in none, and was watched for."""
        found = self.each(question, since)
        if not all(isinstance(a, Span) for a in found):
            return self._same(question.label, found)
        spans = cast("tuple[Span, ...]", found)
        return cast("A", Span(tuple(s for a in spans for s in a.each_s), max(a.resolution_s for a in spans)))

    def each(self, question: Question[A], since: Since = None) -> tuple[A | None, ...]:
        """For each trial."""
        named = since.name if isinstance(since, Act) else since.label if since else ""
        found = tuple(self._told(partial(self._one, t, question, named)) for t in self._sound())
        for (_, n), why in () if any(a is not None for a in found) else self.short(question.label).items():
            raise NotShown(why.reason, f"{self.cell} #{n}: {why.detail}")
        return found

    def refusal(self, to: Act | None = None) -> str:
        """What the platform said where it said no; empty where it did not."""
        every = [self._told(partial(t.refusal, to.name if to else "")) for t in self._sound()]
        return every[0] if self._same("refused", [no != "" for no in every]) else ""

    def refused(self) -> str:
        """What it said of the first copy that it did not take on."""
        said = [c.no for t in self._sound() for c in t.of(Copy) if c.no]
        return said[0] if said else ""

    def cost(self) -> Cost:
        return self._same("cost", [self._told(t.cost) for t in self._sound()])

    def restored(self) -> Span | None:
        return self.answer(Restored())

    def in_place(self) -> bool | None:
        return self.answer(InPlace())

    def left_out(self) -> Span | None:
        return self.answer(LeftOut())

    def lost(self, least: int) -> Losses:
        found = self.each(Lost(least))
        return Losses.of_all(found)

    def kept(self) -> int:
        return self.answer(Kept()) or 0

    # -- what others ask

    def sentences(self) -> list[str]:
        """What came of all that was watched for, in the words of each question; what had to come is no finding."""
        sound = [t for t in self.timelines if not t.wrong]
        steps = [s for t in sound for s in t.steps.values() if isinstance(s.receipt, Window) and not s.receipt.must]
        asked = [s.question for s in steps if s.question]
        asked += [Kept() for t in sound if any(told.fact == READ for told in t.of(Told))]
        found = []
        for question in {q.label: q for q in asked}.values():
            try:
                found.append(question.sentence(self.answer(question)))
            except NotShown as why:
                found.append(f"not shown: {why.detail}")
        return found

    def short(self, of: str = "") -> dict[Which, NotShown]:
        """The trials that did not watch well enough for what did not come."""
        return short(self.timelines, of, self.alike)

    def trouble(self) -> NotShown | None:
        """Why nothing can be asked of these trials."""
        found = {t.which for t in self.timelines}
        if not found or len(found) < self.wanted:
            return NotShown("no-trial", f"{self.cell}: {len(found)} of {self.wanted} trials were recorded")
        why = next((t.wrong for t in counted(self.timelines) if t.wrong), None)
        return NotShown(why.reason, f"{self.cell}: {why.detail}") if why else None

    def _sound(self) -> tuple[Timeline, ...]:
        if trouble := self.trouble():
            raise trouble
        return counted(self.timelines)

    def _one(self, t: Timeline, question: Question[A], since: str) -> A | None:
        seen = t.seen(question.label, since)
        if (answer := question.answer(seen)) is None and len(seen.entries) == len(t.entries):
            raise NotShown("no-window", f"nobody waited for {question.label}")
        return answer

    def _told(self, ask: Callable[[], A]) -> A:
        try:
            return ask()
        except NotShown as why:
            raise NotShown(why.reason, f"{self.cell}: {why.detail}") from why

    def _same(self, what: str, found: list[A] | tuple[A, ...]) -> A:
        if any(other != found[0] for other in found):
            raise NotShown("trials-differ", f"{self.cell}: {what}: {', '.join(map(str, found))}")
        return found[0]
