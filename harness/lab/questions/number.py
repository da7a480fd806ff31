"""How many copies serve, counted by identity, up and down?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from harness.lab.question import Question, again
from harness.model.seen import Change, Seen, Span


@dataclass(frozen=True)
class Number(Question[Span]):
    """So many serve, or with `or_more` at least so many. Its answer: since when, without a break."""

    n: int
    or_more: bool = False
    version: str = ""

    @property
    def label(self) -> str:
        one = self.n == 1 and not self.or_more
        version = f" in version {self.version}" if self.version else ""
        return f"{self._many} {'copy that serves' if one else 'copies that serve'}{version}"

    @property
    def _many(self) -> str:
        return f"{self.n} or more" if self.or_more else str(self.n)

    def _fits(self, n: int) -> bool:
        return n >= self.n if self.or_more else n == self.n

    def missing(self, seen: Seen) -> str:
        now = len(seen.serving(version=self.version))
        if self._fits(now):
            return ""
        return f"{self.label}; {now or 'none'} {'does' if now == 1 else 'do'}"

    def answer(self, seen: Seen) -> Span | None:
        if self.missing(seen):
            return None
        *_, first = takewhile(lambda change: self._fits(change.n), reversed(seen.numbers(self.version)))
        return seen.span(first.at_s, first.unseen_s)

    def sentence(self, answer: Span | None) -> str:
        return f"{self.n} served after {answer}" if answer else f"{self.n} never served"

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        of = f" of version {self.version}" if self.version else ""
        yield f"# {'does' if self.n == 1 else 'do'} {self._many}{of} serve within {within_s:g} s?"
        yield again(look, within_s)


class Counts(NamedTuple):
    """How many served since the receipt."""

    least: int
    most: int
    last: int
    changes: tuple[Change, ...]

    def became(self, n: int) -> float | None:
        """After how many seconds, for the first time."""
        return next((c.at_s - self.changes[0].at_s for c in self.changes if c.n == n), None)


@dataclass(frozen=True)
class Numbers(Question[Counts]):
    """For judges: there is always an answer."""

    version: str = ""

    def missing(self, seen: Seen) -> str:
        return ""

    def answer(self, seen: Seen) -> Counts:
        changes = tuple(seen.numbers(self.version))
        every = [c.n for c in changes]
        return Counts(min(every), max(every), every[-1], changes)
