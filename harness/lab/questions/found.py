"""What finds who asks from inside a container: the other copies by name, and what somebody else wrote?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.lab.question import Fact, Question, again
from harness.model.entries import Copy, Told
from harness.model.seen import Seen, Span
from harness.model.verdict import NotShown

IN_VAIN = ("error refused", "error resolve", "error timeout", "error unreachable", "error reset")
"""What is said to who asks inside a container and finds nobody; anything else says that it could not even ask."""


def _since(seen: Seen) -> list[Told]:
    """What was told since the receipt."""
    return [t for t in seen.of(Told) if t.at_s >= seen.since.sent_s]


def _check_asked(told: Sequence[Told], by: set[str]) -> None:
    """That nobody was found counts only where all these asked, and each says so itself in the end."""
    last = {t.fact: t for t in told}.values()
    if odd := [t.no for t in last if t.no and t.no not in IN_VAIN]:
        raise NotShown("look-failed", odd[0])
    if silent := by - {t.of for t in last}:
        raise NotShown("look-failed", f"{len(silent)} never asked")


@dataclass(frozen=True)
class Found(Question[Span]):
    """Each that served at the receipt was answered by each other one, as the instance that it is."""

    asks: tuple[Fact[str], ...] = ()
    """As `acts.found_by` makes them; a judge needs none."""

    @property
    def label(self) -> str:
        return "answers of each to each"

    @property
    def looks(self) -> tuple[Fact[str], ...]:
        return self.asks

    def _copies(self, seen: Seen) -> list[Copy]:
        return list(seen.serving(seen.since.sent_s).values())

    def _first(self, seen: Seen) -> dict[tuple[str, str], float | None]:
        """When each was first answered by each other one."""
        came = {(t.of, t.by): t.at_s for t in reversed(_since(seen)) if not t.no}
        copies = self._copies(seen)
        return {(c.id, o.instance): came.get((c.id, o.instance)) for c in copies for o in copies if c is not o}

    def missing(self, seen: Seen) -> str:
        first = self._first(seen)
        left = [pair for pair, at_s in first.items() if at_s is None]
        return f"{len(left)} of {len(first)} {self.label}" if left or not first else ""

    def answer(self, seen: Seen) -> Span | None:
        if self.missing(seen):
            _check_asked(_since(seen), {c.id for c in self._copies(seen)})
            return None
        return seen.span(max(at_s for at_s in self._first(seen).values() if at_s is not None))

    def by_hand(self, look: str, within_s: float) -> Iterator[str]:
        yield f"# does each find all the others within {within_s:g} s?"
        yield again(look, within_s)

    def sentence(self, answer: Span | None) -> str:
        return f"all found each other after {answer}" if answer else "not all found each other by their names"


@dataclass(frozen=True)
class Read(Question[Span]):
    """What one program said at the receipt that it wrote, another one reads. Both speak as `ask` prints it."""

    fact: Fact[str]

    @property
    def label(self) -> str:
        return self.fact.label

    @property
    def looks(self) -> tuple[Fact[str], ...]:
        return (self.fact,)

    def _told(self, seen: Seen) -> list[Told]:
        return [t for t in _since(seen) if t.fact == self.fact.name]

    def _first(self, seen: Seen) -> Told | None:
        _, writer, wrote = _words(getattr(seen.since, "said", ""))
        read = ((t, _words(t.said)) for t in self._told(seen) if not t.no)
        found = (t for t, (_, by, what) in read if by != writer and what == wrote)
        return next(found, None) if ":" in wrote else None

    def missing(self, seen: Seen) -> str:
        return "" if self._first(seen) else self.label

    def answer(self, seen: Seen) -> Span | None:
        if first := self._first(seen):
            return seen.span(first.at_s)
        if not seen.since.no:
            _check_asked(self._told(seen), {""})
        return None

    def sentence(self, answer: Span | None) -> str:
        return f"{self.label} after {answer}" if answer else f"never {self.label}"


def _words(said: str) -> tuple[str, str, str]:
    """Status, instance and data, which is SIZE:CHECKSUM where there is any."""
    words = said.split()
    return (words[0], words[1], words[2]) if len(words) == 3 else ("", "", "")
