"""What a question is, what a fact is, and how long one must watch before saying that something does not come."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Generic, TypeVar

from harness.lab.open_site import Answer, Target
from harness.model.entries import label
from harness.model.seen import Seen
from harness.model.verdict import NotShown

A = TypeVar("A")
BY_INSTANCE = 'grep --only-matching \'"instance": "[^"]*"\' | sort | uniq --count'
"""In bash, of what clients were answered: how often by whom."""

PATIENCE = 5
"""Minimum length of a window in which nothing came, in multiples of the slowest success."""


@dataclass(frozen=True)
class Question(ABC, Generic[A]):
    """Something that may come of a trial: a frozen dataclass whose methods depend on `seen` alone."""

    @abstractmethod
    def missing(self, seen: Seen) -> str:
        """What has not come yet, as one reads it after "still missing: "; empty once it is there."""

    @abstractmethod
    def answer(self, seen: Seen) -> A | None:
        """None exactly while something is missing."""

    def hopeless(self, seen: Seen) -> str:
        """Why waiting longer is useless."""
        return seen.refusal()

    def took_s(self, seen: Seen) -> float:
        """How long it took where it came, which says how long to watch where it does not."""
        found = self.answer(seen)
        each_s = getattr(found, "each_s", ())
        return float(each_s[0]) if each_s else seen.entries[-1].at_s - seen.since.sent_s if seen.entries else 0.0

    @property
    def quiet_s(self) -> float:
        """For so long it has to be seen before it counts as come; a window is longer by that."""
        return 0.0

    @property
    def looks(self) -> tuple[Fact[Any], ...]:
        """Facts that are asked for with each look at the copies."""
        return ()

    @property
    def label(self) -> str:
        """How recordings call it."""
        return label(self)

    def sentence(self, answer: A | None) -> str:
        return f"{self.label}: {'it did not come' if answer is None else answer}"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        """Lines of bash for a person who waits for it; in the file `$asked` is what clients were answered so far."""
        yield f"# {self.label}: within {within_s:g} s, or not at all"
        yield again(look, within_s)


def again(look: str, within_s: float, until: str = "") -> str:
    """A line of bash that looks again and again, for so long or until something is so."""
    if until:
        return f"for _ in $(seq {ceil(within_s)}); do {look}; {until} && break; sleep 1; done"
    return f"for _ in $(seq {ceil(within_s / 2)}); do sleep 2; {look}; done"


def typed(texts: tuple[str, ...], program: str) -> str:
    """Of several texts, the one for that program."""
    return texts[0] if len(texts) == 1 else next(t for t in texts if t.split()[0] == program)


@dataclass(frozen=True)
class Fact(Question[A]):
    """Something read-only that is asked for, whose answer is recorded, and judged as `parse` reads it."""

    name: str
    commands: tuple[str, ...] = ()
    parse: Callable[[str], A] = str  # type: ignore[assignment]
    wanted: str = ""
    does: Callable[[Target], Answer] | None = None
    """How it is asked for, where that is no command."""

    of: str = ""
    """The copy that is asked, by its incarnation."""

    def asked(self, target: Target) -> Answer:
        return self.does(target) if self.does else target.types(typed(self.commands, target.arm.site.program))

    def becomes(self, wanted: str) -> Fact[A]:
        """As something to wait for."""
        return replace(self, wanted=wanted)

    @property
    def looks(self) -> tuple[Fact[Any], ...]:
        return (self,)

    @property
    def label(self) -> str:
        return f"{self.name} {self.wanted}".strip()

    def missing(self, seen: Seen) -> str:
        told = seen.told(self.name)
        if told and self.wanted and told.at_s <= seen.since.sent_s:
            told = None  # so it was before
        if told is None or told.no or (self.wanted and told.said != self.wanted):
            it_is = "" if told is None else f"; it is {told.no or told.said or 'empty'}"
            return f"{self.label}{it_is}"
        return ""

    def answer(self, seen: Seen) -> A | None:
        told = seen.told(self.name)
        if told and told.no and not self.wanted:
            raise NotShown("look-failed", f"{self.name}: {told.no}")
        return self.parse(told.said) if told and not self.missing(seen) else None

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# {self.label}: within {within_s:g} s, or not at all"
        wanted = f'[ "$said" = {shlex.quote(self.wanted)} ]' if self.wanted else '[ -n "$said" ]'
        yield again(f'said=$({look}); echo "$said"', within_s, wanted)


def needed(within_s: float, timer_s: float, came_s: Sequence[float], *, slower_s: float = 0.0) -> float:
    """How long to watch where nothing comes, by how long it took where it came. A known timer counts once.

    A success sooner than the timer shows that this is a bound, not a fixed pause: then at least the quickest
    success is time that the timer does not explain. `slower_s`: what a success that is still to come may add.
    """
    if not came_s:
        return max(within_s, timer_s)
    rest = max(came_s) - timer_s
    if min(came_s) < timer_s:
        rest = max(rest, min(came_s))
    return max(within_s, timer_s + PATIENCE * (rest + slower_s))
