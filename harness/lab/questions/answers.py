"""When did a fact that was asked for again and again first have an answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from harness.lab.question import Fact, Question
from harness.model.entries import Told
from harness.model.seen import Seen, Span


@dataclass(frozen=True)
class Answers(Question[Span]):
    fact: Fact[Any]

    @property
    def looks(self) -> tuple[Fact[Any], ...]:
        return (self.fact,)

    @property
    def label(self) -> str:
        return self.fact.label

    def _first(self, seen: Seen) -> Told | None:
        own = (e for e in seen.of(Told) if e.fact == self.fact.name and e.at_s >= seen.since.sent_s)
        return next((e for e in own if not e.no), None)

    def missing(self, seen: Seen) -> str:
        return "" if self._first(seen) else self.fact.name

    def answer(self, seen: Seen) -> Span | None:
        first = self._first(seen)
        return seen.span(first.at_s) if first else None

    def hopeless(self, seen: Seen) -> str:
        return ""

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# {self.fact.name}: within {within_s:g} s, or not at all"
        yield f"for _ in $(seq {ceil(within_s)}); do {{ {look}; }} && break; sleep 1; done"

    def sentence(self, answer: Span | None) -> str:
        return f"{self.fact.name} after {answer}" if answer else f"never {self.fact.name}"
