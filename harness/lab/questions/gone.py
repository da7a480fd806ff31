"""Is nothing left of all that was there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import Question, again
from harness.model.entries import Copy
from harness.model.seen import Seen, Span


@dataclass(frozen=True)
class Gone(Question[Span]):
    """By identity: no container or Pod that was ever seen is listed any more."""

    def _ends(self, seen: Seen) -> dict[str, Copy]:
        return {c.thing: c for c in seen.of(Copy) if c.what == "gone"}

    def missing(self, seen: Seen) -> str:
        there = {c.thing for c in seen.of(Copy)}
        left = len(there - self._ends(seen).keys())
        if not there:
            return "anything that could go"
        return f"the end of {left} {'copy' if left == 1 else 'copies'}" if left else ""

    def answer(self, seen: Seen) -> Span | None:
        if self.missing(seen):
            return None
        last = max(self._ends(seen).values(), key=lambda c: c.at_s)
        return seen.span(last.at_s, last.unseen_s)

    def sentence(self, answer: Span | None) -> str:
        return f"all were gone after {answer}" if answer else "not all went"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# are all gone within {within_s:g} s?"
        yield again(look, within_s)
