"""When did the copies that were acted upon end, and with which code?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.lab.question import Question, again
from harness.model.entries import Copy
from harness.model.seen import ENDED, Seen, Span
from harness.model.verdict import NotShown

ANY = -1


@dataclass(frozen=True)
class Ends(Question[Span]):
    """All of them; where a code is asked for, each with that one."""

    code: int = ANY

    def _ends(self, seen: Seen) -> list[Copy]:
        """Of each that has ended the first line that says so."""
        said = (c for c in reversed(seen.of(Copy)) if c.what in ENDED and c.at_s >= seen.since.sent_s)
        return list({c.id: c for c in said if c.id in seen.since.victims}.values())

    def missing(self, seen: Seen) -> str:
        if not seen.since.victims:
            return "a copy that was acted upon"
        ends = self._ends(seen)
        if left := len(seen.since.victims) - len(ends):
            return f"the end of {left} of {len(seen.since.victims)}"
        others = [c for c in ends if self.code not in (ANY, c.code)]
        how = f"it ended with {others[0].code}" if others and others[0].code >= 0 else "how it ended nobody saw"
        return f"an end with code {self.code}; {how}" if others else ""

    def answer(self, seen: Seen) -> Span | None:
        if unknown := [c for c in self._ends(seen) if self.code != ANY and c.code < 0]:
            raise NotShown("no-code", f"nobody saw with which code {unknown[0].name} ended")
        if self.missing(seen):
            return None
        last = max(self._ends(seen), key=lambda c: c.at_s)
        return seen.span(last.at_s, last.unseen_s)

    def hopeless(self, seen: Seen) -> str:
        """An end with another code is none: that this one did not come takes as long to show as that it came."""
        return ""

    def sentence(self, answer: Span | None) -> str:
        code = "" if self.code == ANY else f" with code {self.code}"
        return f"ended{code} after {answer}" if answer else f"it did not end{code}"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        code = "" if self.code == ANY else f", with code {self.code}"
        yield f"# does it end within {within_s:g} s{code}?"
        yield again(look, within_s)
