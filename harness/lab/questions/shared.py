"""Does one address lead to all copies: does each get a fair part of the requests?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import BY_INSTANCE, Question, again
from harness.model.entries import Request
from harness.model.seen import Seen
from harness.model.verdict import NotShown

MANY = 300
"""So many tell whether they are shared: of three copies each gets a third, and a sixth is six deviations off."""


def fair(seen: Seen, copies: int) -> int:
    """How many got at least half of an even part."""
    requests = seen.of(Request)
    by = Counter(r.by for r in requests if r.by and not r.error)
    return sum(count >= len(requests) / copies / 2 for count in by.values())


@dataclass(frozen=True)
class Shared(Question[int]):
    requests: int
    copies: int

    @property
    def label(self) -> str:
        return f"{self.requests} requests shared by {self.copies} copies"

    def missing(self, seen: Seen) -> str:
        sent = len(seen.of(Request))
        if sent < self.requests:
            return f"{self.requests - sent} of {self.requests} requests"
        found = fair(seen, self.copies)
        return "" if found >= self.copies else f"a fair part for {self.copies - found} of {self.copies} copies"

    def hopeless(self, seen: Seen) -> str:
        done = len(seen.of(Request)) >= self.requests
        return "all requests were sent" if done and self.missing(seen) else ""

    def answer(self, seen: Seen) -> int | None:
        return None if self.missing(seen) else fair(seen, self.copies)

    def took_s(self, seen: Seen) -> float:
        return 0.0

    def sentence(self, answer: int | None) -> str:
        return f"all {self.copies} answered" if answer else f"not all {self.copies} answered"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# of {self.requests} requests, how many does each of the {self.copies} copies answer?"
        yield again('wc --lines < "$asked"', within_s, f'[ "$(wc --lines < "$asked")" -gt {self.requests} ]')
        yield f'head --lines {self.requests + 1} "$asked" | {BY_INSTANCE}'


@dataclass(frozen=True)
class Sharing(Question[int]):
    """For judges: how many copies got a fair part; 0 where the name led to nobody."""

    copies: int
    requests: int = MANY

    def missing(self, seen: Seen) -> str:
        return ""

    def answer(self, seen: Seen) -> int:
        requests = seen.of(Request)
        if len(requests) < self.requests:
            raise NotShown("too-few-requests", f"{len(requests)} of {self.requests} requests were sent")
        if all(r.error for r in requests) and {r.error for r in requests} != {"resolve"}:
            raise NotShown("nobody-answered", "the client got no answer")
        return fair(seen, self.copies)
