"""Scenarios, their trials on an arm, and the questions that a judge may ask of the recordings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, overload

from harness.model import reading, requests, windows
from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harness.model.arm import Arm
    from harness.model.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, in order, the same on every arm; the docstring is its plan."""

    name: str
    plan: str
    act: Callable[[Any], None]
    empty: bool = False
    """It begins where nothing is, and starts its arm itself."""

    alone: bool = False
    """It breaks a host under others' feet, so that none may be beside it."""

    once: bool = False
    """It counts so many things that it need not be repeated."""

    asks: str = "Which of them come back?"
    """What a learner is asked to guess beforehand, arm by arm."""

    def __matmul__(self, arm: Arm) -> Trials:
        return Trials(self, arm)


@overload
def scenario(act: Callable[[Any], None]) -> Scenario: ...
@overload
def scenario(
    *, empty: bool = False, alone: bool = False, once: bool = False, asks: str = ""
) -> Callable[[Callable[[Any], None]], Scenario]: ...


def scenario(
    act: Callable[[Any], None] | None = None,
    *,
    empty: bool = False,
    alone: bool = False,
    once: bool = False,
    asks: str = "",
) -> Scenario | Callable[[Callable[[Any], None]], Scenario]:
    def made(act: Callable[[Any], None]) -> Scenario:
        plan = inspect.getdoc(act)
        if not plan:
            raise TypeError(f"scenario {act.__name__} has no docstring, which is its plan")
        asked = {"asks": asks} if asks else {}
        return Scenario(act.__name__.replace("_", " "), plan, act, empty, alone, once, **asked)

    return made(act) if act is not None else made


@dataclass(frozen=True, slots=True)
class Cost:
    """What somebody had to do and to write until it worked, counted in the recording."""

    commands: int
    files: int
    lines: int
    objects: int

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.commands - other.commands,
            self.files - other.files,
            self.lines - other.lines,
            self.objects - other.objects,
        )

    def __str__(self) -> str:
        counted = ((self.commands, "command"), (self.files, "file"), (self.lines, "line"), (self.objects, "object"))
        told = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counted if n]
        return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]])) or "nothing"


@dataclass(frozen=True, slots=True)
class Span:
    """One duration, measured in several trials."""

    each_s: tuple[float, ...]
    resolution_s: float = 0.0
    """How much later than it was its end may have been seen: spans that differ by less are equal."""

    @property
    def median_s(self) -> float:
        return median(self.each_s)

    @property
    def slowest_s(self) -> float:
        return max(self.each_s)

    def shorter(self, other: Span) -> bool:
        """By more than the looks can tell apart."""
        return self.median_s + max(self.resolution_s, other.resolution_s) < other.median_s

    def __str__(self) -> str:
        if len(self.each_s) == 1:
            return f"{self.each_s[0]:.1f} s (once)"
        return f"{self.median_s:.1f} s ({min(self.each_s):.1f} to {self.slowest_s:.1f}, {len(self.each_s)} times)"


@dataclass(frozen=True, slots=True)
class Trials:
    """The trials of one scenario on one arm. Declared, it is empty; judged, it holds the recordings.

    `beside` are the claim's recordings that are alike: by their successes the windows of failures are judged.
    """

    scenario: Scenario
    arm: Arm
    timelines: tuple[Timeline, ...] = ()
    beside: tuple[Timeline, ...] = ()

    @property
    def cell(self) -> str:
        return f"{self.scenario.name} @ {self.arm.name}"

    @property
    def alike(self) -> str:
        """Trials whose times can be compared: of one scenario on one site."""
        return f"{self.scenario.name} on {self.arm.site.name}"

    def restored(self) -> Span | None:
        """How long until as many fresh copies served as had been lost; None where that never came, in any trial."""
        return self._span("restored")

    def replaced(self) -> Span | None:
        """How long until every copy was another one and served; None where that never came, in any trial."""
        return self._span("replaced")

    def served(self) -> Span | None:
        """How long from the start until as many served at once as were waited for; None where that never came."""
        return self._span("copies")

    def left_out(self) -> Span | None:
        """From the act on a copy to the last request that it got while others were asked on; None if it was not."""
        return self._span("left out")

    def _span(self, window: str) -> Span | None:
        answers = [windows.after(window, t, self.cell) for t in self._sound()]
        found = [a for a in answers if a is not None]
        if not found:
            self._nothing(lambda t: windows.check(t, self.beside, self.cell))
            return None
        if len(found) < len(answers):
            raise NotShown("trials-differ", f"{self.cell}: {window} in {len(found)} of {len(answers)} trials")
        return Span(tuple(took for took, _ in found), max(within for _, within in found))

    def most(self) -> int:
        """How many copies served at once at the end of the window, in the best of the trials."""
        return max(reading.serving_at_end(t, self.cell) for t in self._sound())

    def refusal(self) -> str:
        """Why the platform said no; empty where it did not."""
        return next((why for t in self._sound() if (why := windows.refusal(t))), "")

    def outage(self) -> Span:
        """From the client's first failed to its next successful sending, the longest of each trial; 0 if none."""
        each = [requests.outage_of(t, self.cell) for t in self._sound()]
        return Span(tuple(took for took, _ in each), max(within for _, within in each))

    def first_failure(self) -> Span | None:
        """From the act to the client's first failed sending; None where none failed, in any trial."""
        return self._moments("failed", [requests.first_failure(t, self.cell) for t in self._sound()])

    def first_success(self) -> Span | None:
        """From the act to the client's first successful sending after a failed one; None where there was none."""
        return self._moments("answered again", [requests.first_success(t, self.cell) for t in self._sound()])

    def _moments(self, what: str, each: list[float | None]) -> Span | None:
        found = tuple(m for m in each if m is not None)
        if found and len(found) < len(each):
            raise NotShown("trials-differ", f"{self.cell}: {what} in {len(found)} of {len(each)} trials")
        return Span(found) if found else None

    def failed(self) -> float:
        """The share of the client's requests that failed, over all trials."""
        every = [r for t in self._sound() for r in requests.requests_of(t, self.cell)]
        return sum(not requests.answered(r) for r in every) / len(every)

    def shares(self) -> tuple[tuple[float, ...], ...]:
        """For each trial, what part of the answers each copy gave, the busiest first."""
        return tuple(requests.shares_of(t, self.cell) for t in self._sound())

    def sharing(self) -> int:
        """How many copies got a fair part of the client's requests, of which there were enough to tell."""
        answers = [requests.sharing_of(t, self.cell) for t in self._sound()]
        if len(set(answers)) > 1:
            raise NotShown("trials-differ", f"{self.cell}: {', '.join(map(str, answers))} copies shared the requests")
        return answers[0]

    def cost(self) -> Cost:
        """Of trials that reached what they were for, and of those alone; the same for each of them."""
        counted = set()
        for timeline in self._sound():
            windows.agree(timeline, self.cell)
            counted.add(Cost(*reading.cost_of(timeline, self.cell)))
        if len(counted) > 1:
            raise NotShown("trials-differ", f"{self.cell}: cost {'; '.join(sorted(map(str, counted)))}")
        return counted.pop()

    def reached(self, service: str) -> Span | None:
        """How long until a Service answered from the arm's node; None where it did not, in any trial."""
        tries = [reading.reach_of(t, service, self.cell) for t in self._sound()]
        answered = [e for e in tries if e.facts.get("ok") == "yes"]
        if not answered:
            self._nothing(
                lambda t: windows.check_try(t, reading.reach_of(t, service, self.cell), self.beside, self.cell)
            )
            return None
        if len(answered) < len(tries):
            raise NotShown(
                "trials-differ", f"{self.cell}: {service} answered in {len(answered)} of {len(tries)} trials"
            )
        return Span(tuple(e.number("waited_s") for e in answered))

    def to_repeat(self) -> dict[int, str]:
        """Which trials have to be run again, and why: nothing came in any, and these were not watched long enough.

        As soon as it came in one of them, others in which it did not are findings, and no repetition is to hide them.
        """
        try:
            if any(windows.came(t) is not False for t in self._sound()):
                return {}
            short = self._unwatched(lambda t: windows.check_nothing(t, self.beside, self.cell))
        except NotShown:
            return {}
        return {number: str(why) for (_, number), why in short.items() if number > 0}

    def _nothing(self, check: Callable[[Timeline], None]) -> None:
        """It came in none of them: that counts if each was watched enough, or one that was run again in its place."""
        for why in self._unwatched(check).values():
            raise why

    def _unwatched(self, check: Callable[[Timeline], None]) -> dict[tuple[str, int], NotShown]:
        short: dict[tuple[str, int], NotShown] = {}
        enough = set()
        for place, timeline in enumerate(self.timelines, 1):
            trial = timeline.run, timeline.number or -place
            try:
                check(timeline)
                enough.add(trial)
            except NotShown as why:
                if why.reason not in (windows.TOO_SHORT, windows.TOO_FEW):
                    raise
                short.setdefault(trial, why)
        return {trial: why for trial, why in short.items() if trial not in enough}

    def kept(self) -> int | None:
        """How many bytes another copy read that were the ones written before the act; None if there were none."""
        answers = [reading.bytes_kept(t, self.cell) for t in self._sound()]
        if len(set(answers)) > 1:
            some = sum(a is not None for a in answers)
            raise NotShown("trials-differ", f"{self.cell}: kept in {some} of {len(answers)} trials")
        return answers[0]

    @property
    def watched_for(self) -> str:
        """What its windows waited for: restored, left out, each time."""
        return next((w.facts.get("of", "") for t in self.timelines for w in t.of(Kind.MARK, "window")), "")

    def gaps(self) -> tuple[Span, ...]:
        """Of a copy that was acted upon again and again: how long until one served, the first time, the second..."""
        each = [reading.gaps_of(t, self.cell) for t in self._sound()]
        return tuple(Span(nth) for nth in zip(*each, strict=False))

    def in_place(self) -> bool:
        """Whether what came back are the same containers or Pods, restarted."""
        fresh = [e for t in self._sound() for e in reading.fresh_copies(t, self.cell)]
        return bool(fresh) and all(e.facts.get("again") == "yes" for e in fresh)

    def _sound(self) -> tuple[Timeline, ...]:
        if not self.timelines:
            raise NotShown("no-trial", f"{self.cell} was not run")
        for timeline in self.timelines:
            reading.check(timeline, self.cell)
        return self.timelines
