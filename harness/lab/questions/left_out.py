"""When does the copy that was acted upon get its last request, while others are asked on?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import BY_INSTANCE, Question
from harness.model.entries import Request
from harness.model.seen import Seen, Span
from harness.model.verdict import NotShown

QUIET_S = 3.0
ENOUGH = 30
"""Minimum for "left out": so long without a request, and so many answers of others meanwhile.

With thousands of requests in turn or at random, one of three still in would have had its share a hundred times over.
"""


@dataclass(frozen=True)
class LeftOut(Question[Span]):
    @property
    def quiet_s(self) -> float:
        return QUIET_S

    def _story(self, seen: Seen) -> tuple[float, int, float]:
        """Its last request, how many others got since, and for how long that is."""
        (victim,) = seen.since.victims
        instance, sent_s = seen.instance(victim), seen.since.sent_s
        if not instance:
            raise NotShown("not-steady", "nobody knows as whom the victim answers")
        requests = seen.of(Request)
        if not any(r.by == instance and r.at_s < sent_s for r in requests):
            raise NotShown("not-steady", "the victim got no request before the act")
        last = max((r.at_s for r in requests if r.by == instance), default=sent_s)
        last = max(last, sent_s)
        others = sum(r.at_s > last and r.by not in ("", instance) for r in requests)
        return last, others, max(e.at_s for e in seen.entries) - last

    def missing(self, seen: Seen) -> str:
        try:
            _, others, quiet_s = self._story(seen)
        except NotShown as why:
            return why.detail
        if quiet_s < QUIET_S:
            return "an end of its requests"
        return "" if others >= ENOUGH else f"{ENOUGH - others} more answers of the others"

    def answer(self, seen: Seen) -> Span | None:
        last, others, quiet_s = self._story(seen)
        if quiet_s < QUIET_S:
            return None
        if others < ENOUGH:
            raise NotShown("nobody-asked", f"only {others} of {ENOUGH} requests reached anybody after its last one")
        return seen.span(last)

    def hopeless(self, seen: Seen) -> str:
        return ""

    def sentence(self, answer: Span | None) -> str:
        return f"its last request came after {answer}" if answer else "it kept getting requests"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# does it stop answering within {within_s:g} s? Who gave the newest answers:"
        yield f"sleep {within_s:g}"
        yield f'tail -n {ENOUGH} "$asked" | {BY_INSTANCE}'
