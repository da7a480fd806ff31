"""How many requests each copy answered, where somebody asked whether they are shared: counted, and told in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from harness.lab.questions import Shared
from harness.lab.timeline import Timeline
from harness.model.entries import Request
from harness.model.seen import Seen
from harness.views.chance import band, p_even

SMALLEST_P = 0.001
NAMELESS = "an answer without a name"
LACKING = "no such copy"
"""Where fewer serve than were to share."""


@dataclass(frozen=True, slots=True)
class Shares:
    each: tuple[tuple[str, int], ...]
    """Who answered how often."""

    failed: int

    @property
    def answered(self) -> int:
        return sum(n for _, n in self.each)

    @property
    def even(self) -> float:
        return self.answered / len(self.each)

    @property
    def band(self) -> tuple[float, float]:
        return band(self.answered, 1 / len(self.each))

    @property
    def most(self) -> float:
        """How far a chart of them has to reach."""
        return max(1.0, self.band[1], *(n for _, n in self.each))

    @property
    def p(self) -> str:
        """Of chi-square; of one share, or of no answers, there is none."""
        if len(self.each) < 2 or not self.answered:
            return "no p"
        value = p_even([n for _, n in self.each])
        return f"p < {SMALLEST_P:g}" if value < SMALLEST_P else f"p = {value:.{2 if value >= 0.1 else 3}f}"

    @property
    def words(self) -> str:
        low, high = self.band
        failed = f"; {self.failed} requests failed" if self.failed else ""
        each = ", ".join(f"{name} {n}" for name, n in self.each)
        even = f"an even share is {self.even:.0f}, by chance {low:.0f} to {high:.0f}"
        return f"of {self.answered} answers: {each}; {even}; {self.p}{failed}"

    @property
    def unseen(self) -> str:
        """What such a number of answers cannot tell from even shares."""
        low, high = (f"{100 * n / self.answered:.0f}" if self.answered else "0" for n in self.band)
        even = f"{100 / len(self.each):.0f}"
        return (
            f"What {self.answered} answers do not show: a copy that really gets anything from {low} to {high} % of "
            f"them, instead of {even} %, lies within that range more often than not."
        )


def shares(timeline: Timeline) -> Shares | None:
    """As they stood when the window closed."""
    for receipt, place, question in timeline.steps.values():
        if isinstance(question, Shared):
            return _counted(Seen(timeline.entries[:place], receipt), question.copies)
    return None


def _counted(seen: Seen, copies: int) -> Shares:
    requests = seen.of(Request)
    by = Counter(r.by for r in requests if not r.error)
    serving = sorted(seen.serving().values(), key=lambda copy: copy.name)
    each = [(copy.name, by.pop(copy.instance, 0)) for copy in serving]
    each += [(instance or NAMELESS, n) for instance, n in sorted(by.items())]
    each += [(LACKING, 0)] * (copies - len(each))
    return Shares(tuple(each), sum(bool(r.error) for r in requests))
