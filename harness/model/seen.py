"""A trial as far as it has come, seen since one receipt: all that a question may look at, live and when judging."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Any, NamedTuple, TypeVar

from harness.model.entries import Copy, Entry, Receipt, Told
from harness.model.verdict import NotShown

E = TypeVar("E", bound=Entry)
AWAY = ("unready", "died", "gone")
ENDED = ("died", "gone")


@dataclass(frozen=True, slots=True)
class Span:
    """One duration, measured once or more. What differs by less than the resolution is equal."""

    each_s: tuple[float, ...]
    resolution_s: float = 0.0

    @property
    def median_s(self) -> float:
        return median(self.each_s)

    @property
    def slowest_s(self) -> float:
        return max(self.each_s)

    def shorter(self, other: Span) -> bool:
        """By more than the looks can tell apart."""
        return self.median_s + max(self.resolution_s, other.resolution_s) < other.median_s

    def within(self, limit_s: float) -> bool:
        """Whether it stayed below a limit; where the trials do not agree on that, nothing is shown."""
        sides = {s <= limit_s for s in self.each_s}
        if len(sides) > 1:
            raise NotShown("trials-differ", f"{self} lies on both sides of {limit_s:g} s")
        return sides.pop()

    def __str__(self) -> str:
        low, high, n = min(self.each_s), self.slowest_s, len(self.each_s)
        if n == 1:
            return f"{self.median_s:.1f} s (once)"
        apart = f"{low:.1f} to {high:.1f}, " if f"{low:.1f}" != f"{high:.1f}" else ""
        return f"{self.median_s:.1f} s ({apart}{n} times)"


class Change(NamedTuple):
    """From that moment on so many serve."""

    at_s: float
    n: int
    unseen_s: float = 0.0


class Lines(list[Entry]):
    """A trial as it grows, which finds its entries of one kind without reading all: a client writes thousands."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds = defaultdict[type[Entry], list[Any]](list)

    def append(self, one: Entry) -> None:
        super().append(one)
        self.kinds[type(one)].append(one)


@dataclass(frozen=True, slots=True)
class Seen:
    entries: Sequence[Entry]
    since: Receipt

    def of(self, kind: type[E]) -> list[E]:
        if isinstance(self.entries, Lines):
            return list(self.entries.kinds[kind])
        return [e for e in self.entries if type(e) is kind]

    def serving(self, until_s: float = inf, version: str = "") -> dict[str, Copy]:
        """Who serves, by identity, in the order in which they came; of each the line that says so."""
        now: dict[str, Copy] = {}
        for c in self.of(Copy):
            if c.at_s > until_s:
                break
            if c.what == "serving" and version in ("", c.version):
                now[c.id] = c
            elif c.what in AWAY:
                now.pop(c.id, None)
        return now

    def served(self, until_s: float = inf) -> set[str]:
        """Whoever served once."""
        return {c.id for c in self.of(Copy) if c.what == "serving" and c.at_s <= until_s}

    def fresh(self) -> list[Copy]:
        """Of those who serve, the ones that never had before the receipt."""
        known = self.served(self.since.sent_s)
        return [c for c in self.serving().values() if c.id not in known]

    def ended(self) -> set[str]:
        return {c.id for c in self.of(Copy) if c.what in ENDED}

    def numbers(self, version: str = "") -> list[Change]:
        """How many served: at the receipt, then at each change since."""
        now = set(self.serving(self.since.sent_s, version))
        found = [Change(self.since.sent_s, len(now))]
        for c in self.of(Copy):
            comes = c.what == "serving" and version in ("", c.version)
            if c.at_s > self.since.sent_s and (comes or c.what in AWAY) and comes != (c.id in now):
                now ^= {c.id}
                found.append(Change(c.at_s, len(now), c.unseen_s))
        return found

    def told(self, fact: str) -> Told | None:
        return next((e for e in reversed(self.of(Told)) if e.fact == fact), None)

    def refusal(self) -> str:
        """Why the platform takes on no more, once all that it did take on has come.

        A container that was made and not begun when the command failed is begun by nobody.
        """
        copies = [c for c in self.of(Copy) if c.at_s >= self.since.sent_s]
        made = {c.thing for c in copies if not (self.since.no and c.state == "created")}
        coming = made - {c.thing for c in copies if c.what != "created"}
        return "" if coming else self.since.no or next((c.no for c in copies if c.what == "refused"), "")

    def span(self, at_s: float, unseen_s: float = 0.0) -> Span:
        """From the receipt to that moment."""
        if at_s < self.since.sent_s:
            raise NotShown("contradiction", f"it came {self.since.sent_s - at_s:.3f} s before {self.since.name}")
        return Span((round(at_s - self.since.sent_s, 6),), unseen_s)

    def instance(self, id_: str) -> str:
        """As which that copy answers."""
        return next((c.instance for c in self.of(Copy) if c.id == id_ and c.what == "serving"), "")

    def unproved(self, leaves: str, by: Sequence[str]) -> str:
        """What is missing before an act counts as done: each victim is seen to be as the act leaves it."""
        victims = self.since.victims
        own = {c.instance for c in self.of(Copy) if c.id in victims and c.what == "serving"}
        if others := set(by) - own:
            return f"an answer of the victim itself, not of {min(others)}"
        shows = ENDED if leaves == "ended" else (leaves,)
        hit, ended = set[str](), set[str]()
        for c in (c for c in self.of(Copy) if c.at_s >= self.since.sent_s):
            if c.what in shows and c.id not in ended:
                hit.add(c.id)
            if c.what in ENDED:
                ended.add(c.id)
        left = [v for v in victims if v not in hit]
        names = {c.id: c.name for c in self.of(Copy)}
        return f"the effect on {', '.join(names.get(v, v) for v in left)}" if left else ""
