"""What is known beforehand is measured. By how much is the bench itself wrong?"""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from harness import (
    Act, Arm, Ask, Lab, Outage, Question, Restored, Seen, Trial, Trials, Verdict, acts, asks, calm, engine,
    fails, holds, scenario,
)  # fmt: skip
from harness.model.entries import Acted, Asked, Request, Window

lab = Lab(__doc__, __name__)

one = Arm("one copy", engine, "compose.yaml")
other = Arm("another copy", engine, "compose.yaml")
four = Arm("four copies", engine, "compose-four.yaml", differs="one copy alone, whose queue holds five, loses some")

ASK = Ask(per_s=200)
MANY, FEW = 10_000, 1000
SETTLE_S = 2.0  # a copy that has just come is in the name server for half a second before it can be reached
LADDER = (0.1, 0.2, 0.4, 0.8, 1.6)  # the engine doubles its pause from one restart to the next


@dataclass(frozen=True)
class PauseError(Question[float]):
    """By how much an outage, as every lab measures it, differs from the pause that caused it."""

    def missing(self, seen: Seen) -> str:
        return "" if len(self._pauses(seen)) == 2 else "a pause and its end"

    def answer(self, seen: Seen) -> float | None:
        if self.missing(seen):
            return None
        begun, ended = self._pauses(seen)
        watched = (n for n, e in enumerate(seen.entries) if isinstance(e, Window) and e.name == Outage().label)
        outage = Outage().answer(Seen(seen.entries[: next(watched, None)], begun))
        return abs(outage.median_s - (ended.done_s - begun.done_s)) if outage else inf

    def _pauses(self, seen: Seen) -> list[Acted]:
        return [a for a in seen.of(Acted) if a.name in ("pause", "unpause", "nothing")][:2]


@dataclass(frozen=True)
class Lateness(Question[float]):
    """By how much 99 of 100 requests were sent too late at most."""

    def missing(self, seen: Seen) -> str:
        return "" if seen.of(Asked) else "the client's end"

    def answer(self, seen: Seen) -> float | None:
        return max((a.late_p99_s for a in seen.of(Asked)), default=None)


@dataclass(frozen=True)
class Lost(Question[int]):
    """How many requests failed, of so many."""

    of: int

    def missing(self, seen: Seen) -> str:
        sent = len(seen.of(Request))
        return f"{self.of - sent} of {self.of} requests" if sent < self.of else ""

    def answer(self, seen: Seen) -> int | None:
        return None if self.missing(seen) else sum(bool(r.error) for r in seen.of(Request))


@dataclass(frozen=True)
class StepError(Question[float]):
    """By how much the pauses before restarts grow otherwise than they do; what a start takes is in each of them."""

    def missing(self, seen: Seen) -> str:
        return "" if len(self._spans(seen)) > len(LADDER) else "six restarts"

    def answer(self, seen: Seen) -> float | None:
        steps = [b - a for a, b in pairwise(self._spans(seen))]
        errors = [abs(step - known) for step, known in zip(steps, LADDER, strict=False)]
        return max(errors) if len(errors) == len(LADDER) else inf

    def _spans(self, seen: Seen) -> list[float]:
        sent = {a.id: a.sent_s for a in seen.of(Acted)}
        return [w.at_s - sent[w.since] for w in seen.of(Window) if w.name == Restored().label and w.proved]


def paused(t: Trial, begin: Act, end: Act) -> None:
    (copy,) = t.steady(replicas=1)
    t.act(asks(ASK))
    t.hold(1)
    begun = t.act(begin, copy)
    t.hold(1)
    t.act(end, copy)
    t.watch(Outage(), since=begun, within_s=5)
    t.act(calm)


@scenario
def pause(t: Trial) -> None:
    """The copy is frozen and thawed; the moments of both are known."""
    paused(t, acts.pause, acts.unpause)


@scenario
def no_pause(t: Trial) -> None:
    """The same, but nothing is done to it."""
    paused(t, acts.nothing, acts.nothing)


def many(t: Trial, requests: int, *, ill: int = 0) -> None:
    copies = t.steady(replicas=4)
    t.hold(SETTLE_S)
    t.act(asks(ASK))
    for copy in copies[:ill]:
        t.act(acts.hang, copy)
    t.until(Lost(requests), within_s=1.5 * requests / ASK.per_s + 20)
    t.act(calm)


@scenario(trials=1)
def null_run(t: Trial) -> None:
    """Ten thousand requests without a fault."""
    many(t, MANY)


@scenario(trials=1)
def short_run(t: Trial) -> None:
    """A thousand requests without a fault."""
    many(t, FEW)


@scenario(trials=1)
def disturbed_run(t: Trial) -> None:
    """A thousand requests, and one of four copies hangs."""
    many(t, FEW, ill=1)


def crashes(t: Trial, *, apart_s: float) -> None:
    for _ in range(len(LADDER) + 1):
        copies = t.steady(replicas=1)
        t.hold(apart_s)
        t.act(acts.crash, *copies)
        t.restored(within_s=10)


@scenario(trials=1)
def crash_at_once(t: Trial) -> None:
    """It crashes as soon as it is back, six times."""
    crashes(t, apart_s=0)


@scenario(trials=1)
def crash_now_and_then(t: Trial) -> None:
    """It runs for 11 s before each crash, after which the engine begins with its shortest pause again."""
    crashes(t, apart_s=11)


@lab.claim("bench-outage", blank=no_pause @ one, standard=pause @ other)
def as_long_as_it_was(asked: Trials = pause @ one) -> Verdict:
    errors = [e for e in asked.each(PauseError()) if e is not None]
    if inf in errors:
        return fails("no outage was seen")
    told = f"an outage was measured with an error of {1000 * max(errors):.0f} ms at most, {len(errors)} times"
    return holds(told, worst_s=max(errors)) if max(errors) <= 0.025 else fails(told, worst_s=max(errors))


@lab.claim("bench-requests", blank=disturbed_run @ four, standard=short_run @ four)
def none_is_lost(asked: Trials = null_run @ four) -> Verdict:
    lost, late_s = _lost(asked), max(s or 0.0 for s in asked.each(Lateness()))
    told = f"{lost} requests failed; 99 of 100 were sent at most {1000 * late_s:.1f} ms late"
    return holds(told, late_p99_s=late_s) if not lost else fails(told, lost=lost)


def _lost(asked: Trials) -> int:
    requests = MANY if asked.scenario is null_run else FEW
    return sum(n or 0 for n in asked.each(Lost(requests)))


@lab.claim("bench-restarts", blank=crash_now_and_then @ one, standard=crash_at_once @ other)
def doubles(crashed: Trials = crash_at_once @ one) -> Verdict:
    errors = [e for e in crashed.each(StepError()) if e is not None]
    told = (
        f"from one restart to the next the pause doubled, with an error of {max(errors, default=inf):.2f} s at most"
    )
    return holds(told, worst_s=max(errors)) if max(errors, default=inf) <= 0.25 else fails(told)
