"""What became of the requests that were under way while something was done?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.lab.question import Question, again
from harness.model.entries import Request
from harness.model.seen import Seen
from harness.model.verdict import NotShown

NONE_OF = 3.0
"""Were a share of so many by their number lost, then 95 of 100 times at least one would have been."""


@dataclass(frozen=True)
class Losses:
    sent: int
    kinds: tuple[tuple[str, int], ...]
    """How many failed in which way, the most frequent first."""

    @property
    def lost(self) -> int:
        return sum(n for _, n in self.kinds)

    @property
    def share(self) -> float:
        return self.lost / self.sent

    def __str__(self) -> str:
        if not self.lost:
            return f"none of {self.sent:,} requests was lost (fewer than {NONE_OF / self.sent:.2%}, 95 of 100 times)"
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds)
        return f"{self.lost:,} of {self.sent:,} requests were lost, {self.share:.1%}: {kinds}"

    @staticmethod
    def of_all(trials: Iterable[Losses | None]) -> Losses:
        """Added up; where some trials lost requests and others none, nothing is shown."""
        found = [one for one in trials if one]
        if len({one.lost > 0 for one in found}) != 1:
            raise NotShown("trials-differ", "; ".join(map(str, found)) or "nobody asked")
        kinds = sum((Counter(dict(one.kinds)) for one in found), Counter[str]())
        return Losses(sum(one.sent for one in found), tuple(kinds.most_common()))


@dataclass(frozen=True)
class Lost(Question[Losses]):
    """Of at least so many requests that were under way since the receipt, those that failed, by how they did."""

    least: int

    def missing(self, seen: Seen) -> str:
        left = self.least - len(self._under_way(seen))
        return f"{left} more request{'s' * (left > 1)}" if left > 0 else ""

    def answer(self, seen: Seen) -> Losses | None:
        if self.missing(seen):
            return None
        every = self._under_way(seen)
        return Losses(len(every), tuple(Counter(r.error for r in every if r.error).most_common()))

    def hopeless(self, seen: Seen) -> str:
        return ""

    @staticmethod
    def _under_way(seen: Seen) -> list[Request]:
        return [r for r in seen.of(Request) if r.at_s + r.took_s >= seen.since.sent_s]

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# how many of {self.least} requests fail?"
        yield again('sent=$(grep --count \'"sent_s"\' "$asked")', within_s, f'[ "$sent" -ge {self.least} ]')
        yield 'grep --only-matching \'"error": [^,}]*\' "$asked" | sort | uniq --count # null: it was answered'

    def sentence(self, answer: Losses | None) -> str:
        return str(answer) if answer else "too few requests"
