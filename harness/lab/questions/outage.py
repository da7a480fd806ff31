"""For how long did nobody get an answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import Question
from harness.model.entries import Asking, Request
from harness.model.seen import Seen, Span
from harness.model.verdict import NotShown

SETTLED_S = 1.0
"""So long the requests have to be answered again before it counts as over."""


@dataclass(frozen=True)
class Outage(Question[Span]):
    """The longest time from a request that failed to the next that was answered, by moments of sending."""

    def missing(self, seen: Seen) -> str:
        failed = [r.at_s for r in self._sent(seen) if r.error]
        if not failed:
            return "a request that fails"
        after = [r.at_s for r in self._sent(seen) if not r.error and r.at_s > failed[-1]]
        return "" if after and after[-1] - after[0] >= SETTLED_S else "answers again"

    def answer(self, seen: Seen) -> Span | None:
        longest, since = 0.0, None
        for request in self._sent(seen):
            if request.error:
                since = request.at_s if since is None else since
            elif since is not None:
                longest, since = max(longest, request.at_s - since), None
        if since is not None:
            raise NotShown("still-away", "the last requests failed, so that nobody knows how long it was away")
        resolution_s = max((a.resolution_s for a in seen.of(Asking)), default=0.0)
        return Span((longest,), resolution_s) if not self.missing(seen) else None

    def hopeless(self, seen: Seen) -> str:
        return ""

    def _sent(self, seen: Seen) -> list[Request]:
        """In the order of sending, since the receipt."""
        return sorted((r for r in seen.of(Request) if r.at_s >= seen.since.sent_s), key=lambda r: r.at_s)

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield "# for how long is nobody answered? When the first and the last that failed were sent:"
        yield f"sleep {within_s:g}"
        yield 'grep \'"error": "\' "$asked" | grep --only-matching \'"sent_s": [0-9.]*\' | sed -n \'1p;$p\''

    def sentence(self, answer: Span | None) -> str:
        return f"nobody was answered for {answer}" if answer else "every request was answered"
