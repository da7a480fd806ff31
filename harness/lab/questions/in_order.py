"""Do containers write their lines in the order that was declared?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

from harness.lab.question import Question
from harness.model.entries import Said
from harness.model.seen import Seen
from harness.model.verdict import NotShown

Stages = tuple[tuple[str, ...], ...]
"""How lines begin that are to be written; those of one stage in any order."""


def moments(stages: Stages, seen: Seen) -> dict[str, float]:
    """When each of these lines was first written, by the runtime's clock, in the order of that."""
    found: dict[str, float] = {}
    for said in sorted(seen.of(Said), key=lambda s: s.at_s):
        for line in chain(*stages):
            if said.line.startswith(line):
                found.setdefault(line, said.at_s)
    return found


@dataclass(frozen=True)
class InOrder(Question[bool]):
    """All of them, and each stage after the whole of the one before it. Somebody has to listen."""

    stages: Stages

    @property
    def label(self) -> str:
        return f"in order: {', then '.join(' and '.join(stage) for stage in self.stages)}"

    def _turned_round(self, at_s: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        """Of two stages the last line of the first one, and the first line of the second one that is no later."""
        for before, after in pairwise(self.stages):
            late, early = max(before, key=at_s.__getitem__), min(after, key=at_s.__getitem__)
            if at_s[early] <= at_s[late]:
                yield late, early

    def missing(self, seen: Seen) -> str:
        at_s = moments(self.stages, seen)
        if lacking := [line for line in chain(*self.stages) if line not in at_s]:
            return f"the line {lacking[0]!r}"
        return next((f"{early!r} after {late!r}" for late, early in self._turned_round(at_s)), "")

    def answer(self, seen: Seen) -> bool | None:
        if not self.missing(seen):
            return True
        at_s = moments(self.stages, seen)
        if self.hopeless(seen) and all(at_s[late] == at_s[early] for late, early in self._turned_round(at_s)):
            raise NotShown("same-moment", f"by the runtime's clock nobody can tell {self.missing(seen)}")
        return None

    def hopeless(self, seen: Seen) -> str:
        every = len(moments(self.stages, seen)) == len([*chain(*self.stages)])
        return "all of it is written, in another order" if every and self.missing(seen) else ""

    def took_s(self, seen: Seen) -> float:
        """It may all have been written before anybody asked."""
        return max(0.0, max(moments(self.stages, seen).values()) - seen.since.sent_s)

    def sentence(self, answer: bool | None) -> str:
        return "in the order that was declared" if answer else "not in the order that was declared"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# {self.label}?"
        yield f'sleep {within_s:g}; sort "$logs"'


@dataclass(frozen=True)
class Order(Question[str]):
    """For judges: which of these lines were written, in the order of their moments."""

    stages: Stages

    def missing(self, seen: Seen) -> str:
        return ""

    def answer(self, seen: Seen) -> str:
        return ", ".join(moments(self.stages, seen)) or "nothing"
