"""The five words that a claim can get, and why a recording may not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Grade(StrEnum):
    """The worst first."""

    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNAVAILABLE = "UNAVAILABLE"
    CONDITIONAL = "CONDITIONAL"
    CONFIRMED = "CONFIRMED"

    @property
    def decided(self) -> bool:
        return self not in (Grade.INCONCLUSIVE, Grade.UNAVAILABLE)


WORST_FIRST = tuple(Grade)


class NotShown(Exception):
    """The recording does not show what was asked of it; while it is being made, this ends the trial."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Verdict:
    grade: Grade
    sentence: str
    given: tuple[str, ...] = ()
    reason: str = ""
    measured: Mapping[str, float] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    """What the host would have to have."""

    @property
    def decided(self) -> bool:
        return self.grade.decided

    def __bool__(self) -> bool:
        raise TypeError("a verdict has five meanings: compare its grade")


def holds(sentence: str, **measured: float) -> Verdict:
    """What a judge answers when the sentence under test was seen to be so."""
    return Verdict(Grade.CONFIRMED, sentence, measured=measured)


def fails(sentence: str, **measured: float) -> Verdict:
    """What a judge answers when it was seen not to be so."""
    return Verdict(Grade.REFUTED, sentence, measured=measured)


def unsettled(reason: str, sentence: str) -> Verdict:
    return Verdict(Grade.INCONCLUSIVE, sentence, reason=reason)


def unavailable(*lacks: str) -> Verdict:
    return Verdict(Grade.UNAVAILABLE, f"this host lacks {', '.join(lacks)}", reason="lacking", lacks=frozenset(lacks))


def whole(parts: Mapping[str, tuple[Grade, tuple[str, ...]]]) -> tuple[Grade, tuple[str, ...]]:
    """What parts make together: the worst word, and of a CONDITIONAL one the conditions of them all."""
    worst = min((grade for grade, _ in parts.values()), key=WORST_FIRST.index)
    conditions = dict.fromkeys(name for _, given in parts.values() for name in given)
    return worst, tuple(conditions) if worst is Grade.CONDITIONAL else ()


def combine(parts: Mapping[str, Verdict]) -> Verdict:
    """One verdict of several: what each part's judge said stands in its sentence."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    grade, given = whole({name: (v.grade, v.given) for name, v in parts.items()})
    worst = next(v for v in parts.values() if v.grade is grade)
    told = "; ".join(f"{part}: {v.sentence}" for part, v in parts.items())
    measured = {f"{part}_{name}": x for part, v in parts.items() for name, x in v.measured.items()}
    return replace(worst, sentence=told, measured=measured, given=given)
