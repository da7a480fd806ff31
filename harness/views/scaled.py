"""How many copies served over time, and under what load, where their number is what a trial is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.lab.questions import Number
from harness.lab.timeline import Timeline
from harness.model.entries import Acted, Asked, Asking, Entry, Receipt, Window
from harness.model.seen import Seen

TOLD_AT_MOST = 6
SHORTEST_S = 0.1
"""Of a chart, so that there is something to draw."""


class Step(NamedTuple):
    """From that moment on so many serve."""

    at_s: float
    n: int


@dataclass(frozen=True, slots=True)
class Load:
    from_s: float
    to_s: float
    per_s: float

    def __str__(self) -> str:
        return f"{self.per_s:g} a second, {self.from_s:.1f} to {self.to_s:.1f} s"


@dataclass(frozen=True, slots=True)
class Scaled:
    """In seconds of the trial; `since` makes them seconds from a moment of it."""

    zero: str
    """What was done at its beginning."""

    steps: tuple[Step, ...]
    ends_s: float
    loads: tuple[Load, ...]

    @property
    def begins_s(self) -> float:
        return self.steps[0].at_s

    @property
    def numbers(self) -> list[int]:
        return [step.n for step in self.steps]

    def since(self, zero_s: float) -> Scaled:
        return replace(
            self,
            steps=tuple(Step(at_s - zero_s, n) for at_s, n in self.steps),
            ends_s=self.ends_s - zero_s,
            loads=tuple(Load(load.from_s - zero_s, load.to_s - zero_s, load.per_s) for load in self.loads),
        )

    @property
    def words(self) -> str:
        """The moments at which their number turned round, not each step of it."""
        first, *turns = _turns(self.steps)
        if not turns:
            return f"{first.n} all along"
        told = [f"{n} at {at_s:.1f} s" for at_s, n in turns]
        if (more := len(told) - TOLD_AT_MOST) > 0:
            told[TOLD_AT_MOST - 1 : -1] = [f"{more} more turns"]
        return ", ".join([f"{first.n} at first", *told])


def scaled(timeline: Timeline) -> Scaled | None:
    """Of trials that watch for a number of copies, or put a load on them whose requests are not judged."""
    steps = [(s.receipt, s.question) for s in timeline.steps.values()]
    watched = [r for r, of in steps if isinstance(r, Window) and not r.must and isinstance(of, Number)]
    loads = tuple(_loads(timeline.entries))
    begun = [timeline.since(w) for w in watched] + _put_on(timeline.entries)
    if not begun:
        return None
    first = min(begun, key=lambda receipt: receipt.sent_s)
    changes = Seen(timeline.entries, first).numbers()
    ends = [first.sent_s + SHORTEST_S, changes[-1].at_s, *(w.at_s for w in watched), *(load.to_s for load in loads)]
    return Scaled(first.name, tuple(Step(c.at_s, c.n) for c in changes), max(ends), loads)


def _asking(entries: Sequence[Entry]) -> list[Asking]:
    """Clients that are there for the load that they are."""
    return [e for e in entries if isinstance(e, Asking) and not e.judged]


def _put_on(entries: Sequence[Entry]) -> list[Receipt]:
    """The acts that did it: they bear the client's name."""
    clients = {one.client for one in _asking(entries)}
    return [e for e in entries if isinstance(e, Acted) and e.name in clients]


def _loads(entries: Sequence[Entry]) -> Iterator[Load]:
    """Each until its client ended, or until nothing more was written down."""
    for one in _asking(entries):
        ends = (e.at_s for e in entries if isinstance(e, Asked) and e.client == one.client and e.at_s >= one.at_s)
        yield Load(one.at_s, next(ends, entries[-1].at_s), one.per_s)


def _turns(steps: Sequence[Step]) -> Iterator[Step]:
    """The first, the last, and each between going up and going down."""
    for place, step in enumerate(steps):
        before, after = steps[max(0, place - 1)], steps[min(place + 1, len(steps) - 1)]
        if (step.n - before.n) * (after.n - step.n) <= 0:
            yield step
