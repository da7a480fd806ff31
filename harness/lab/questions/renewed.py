"""Have all copies made way for fresh ones?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from harness.lab.question import Question
from harness.model.entries import Acted, Copy
from harness.model.seen import ENDED, Seen, Span

LASTS_S = 0.5
"""From one look to the next: a lower number that was seen for less may be the order of two lines of one look."""


class Renewal(NamedTuple):
    commands: int
    """How many were typed for it."""

    fewest: int
    """How many served at least meanwhile, where that lasted."""

    took: Span


@dataclass(frozen=True)
class Renewed(Question[Renewal]):
    """By identity: as many serve that never had before the receipt, and none of those that did is left."""

    n: int

    def missing(self, seen: Seen) -> str:
        fresh, left = len(seen.fresh()), len(self._old(seen) - seen.ended())
        if fresh != self.n:
            return f"{self.n} fresh copies that serve; {fresh or 'none'} {'does' if fresh == 1 else 'do'}"
        return f"the end of {left} old {'copy' if left == 1 else 'copies'}" if left else ""

    def answer(self, seen: Seen) -> Renewal | None:
        if self.missing(seen):
            return None
        changes = seen.numbers()
        lasted = [before.n for before, after in pairwise(changes) if after.at_s - before.at_s >= LASTS_S]
        typed = len(seen.since.typed) if isinstance(seen.since, Acted) else 0
        old = self._old(seen)
        came = [c.at_s for c in seen.fresh()] + [c.at_s for c in seen.of(Copy) if c.id in old and c.what in ENDED]
        return Renewal(typed, min([*lasted, self.n]), seen.span(max(came)))

    @staticmethod
    def _old(seen: Seen) -> set[str]:
        return set(seen.serving(seen.since.sent_s))

    def took_s(self, seen: Seen) -> float:
        found = self.answer(seen)
        return found.took.median_s if found else 0.0

    def sentence(self, answer: Renewal | None) -> str:
        return f"renewed after {answer.took}; at least {answer.fewest} served" if answer else "not all were renewed"
