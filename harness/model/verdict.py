"""The five words that a claim can get, and the reasons why a recording may not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Grade(StrEnum):
    CONFIRMED = "CONFIRMED"
    CONDITIONAL = "CONDITIONAL"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNAVAILABLE = "UNAVAILABLE"


WORST_FIRST = (Grade.REFUTED, Grade.INCONCLUSIVE, Grade.UNAVAILABLE, Grade.CONDITIONAL, Grade.CONFIRMED)


class NotShown(Exception):
    """Raised by an accessor: the recording does not answer what the judge asked. Becomes INCONCLUSIVE."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verdict:
    grade: Grade
    sentence: str
    given: tuple[str, ...] = ()
    reason: str = ""
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        return self.grade not in (Grade.INCONCLUSIVE, Grade.UNAVAILABLE)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has five meanings: compare its grade")


def whole(parts: Iterable[tuple[Grade, tuple[str, ...]]]) -> tuple[Grade, tuple[str, ...]]:
    """What parts make together: the worst word, and of a CONDITIONAL one the conditions of them all."""
    every = list(parts)
    worst = min((grade for grade, _ in every), key=WORST_FIRST.index)
    conditions = dict.fromkeys(name for _, given in every for name in given)
    return worst, tuple(conditions) if worst is Grade.CONDITIONAL else ()


def holds(sentence: str, **measured: float) -> Verdict:
    """What a judge answers when the sentence under test was seen to be so."""
    return Verdict(Grade.CONFIRMED, sentence, measured=measured)


def fails(sentence: str, **measured: float) -> Verdict:
    """What a judge answers when it was seen not to be so."""
    return Verdict(Grade.REFUTED, sentence, measured=measured)


def unsettled(reason: str, sentence: str) -> Verdict:
    return Verdict(Grade.INCONCLUSIVE, sentence, reason=reason)


def unavailable(lacking: str) -> Verdict:
    return Verdict(Grade.UNAVAILABLE, f"this host lacks {lacking}", reason="lacking")
