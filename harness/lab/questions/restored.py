"""Are as many fresh copies back as were lost?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import Question, again
from harness.model.entries import Acted, Copy
from harness.model.seen import Seen, Span
from harness.model.verdict import NotShown


@dataclass(frozen=True)
class Restored(Question[Span]):
    but_on: str = ""
    """The node on which fresh copies do not count."""

    def _back(self, seen: Seen) -> list[Copy]:
        return [c for c in seen.fresh() if not self.but_on or c.where != self.but_on]

    def missing(self, seen: Seen) -> str:
        lost, back = len(seen.since.victims), len(self._back(seen))
        if not lost:
            return "a copy that was acted upon"
        return f"{lost - back} of {lost} still missing" if back < lost else ""

    def answer(self, seen: Seen) -> Span | None:
        acted_upon = {v for act in seen.of(Acted) for v in act.victims}
        if also := (seen.serving(seen.since.sent_s).keys() & seen.ended()) - acted_upon:
            raise NotShown("no-receipt", f"{len(also)} ended that nobody acted upon")
        if self.missing(seen):
            return None
        last = self._back(seen)[len(seen.since.victims) - 1]
        return seen.span(last.at_s, last.unseen_s)

    def sentence(self, answer: Span | None) -> str:
        return f"back after {answer}" if answer else "it stayed away"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# is it back within {within_s:g} s?"
        yield again(look, within_s)


@dataclass(frozen=True)
class InPlace(Question[bool]):
    """For judges: whether what came back is the same container or Pod, started again."""

    def missing(self, seen: Seen) -> str:
        return "" if seen.fresh() else "a copy that came back"

    def answer(self, seen: Seen) -> bool | None:
        before = {c.thing for c in seen.serving(seen.since.sent_s).values()}
        fresh = seen.fresh()
        return all(c.thing in before for c in fresh) if fresh else None
