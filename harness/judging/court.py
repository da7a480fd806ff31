"""How a verdict comes about: the judge is asked, and asked again where it must fail, hold, or lacks something.

Everything here is a function of recordings; what is expected stands elsewhere and cannot be seen from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from harness.lab.cell import Trials
from harness.lab.claim import Claim, Of, Role, several
from harness.lab.timeline import Timeline, Which
from harness.model.verdict import Grade, NotShown, Verdict, unavailable, unsettled

ANSWERS = (Grade.CONFIRMED, Grade.REFUTED, Grade.INCONCLUSIVE)


class Account(NamedTuple):
    """What the judge answers to one of those that it can be asked about."""

    role: str
    cells: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded of a lab: timelines, and how many were planned, by cell."""

    timelines: Mapping[str, tuple[Timeline, ...]] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)

    def only(self, cells: set[str]) -> Recorded:
        return Recorded({name: ts for name, ts in self.timelines.items() if name in cells}, self.wanted)


@dataclass(frozen=True, slots=True)
class Court:
    """A claim with all that was recorded of its lab, the verdicts over other claims, and what the host lacks."""

    claim: Claim
    recorded: Recorded
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()

    def settle(self) -> Verdict:
        verdict = self.ask()
        if not self.claim.blank or not verdict.decided:
            return verdict
        if verdict.grade is Grade.REFUTED:
            return self._against("standard", self.claim.standard, verdict)
        verdict = self._against("blank", self.claim.blank, verdict)
        return self._given(verdict) if verdict.grade is Grade.CONFIRMED else verdict

    def account(self) -> list[Account]:
        """To each that the judge can be asked about."""
        roles: dict[str, Role] = {"tested": tuple(t for t in self.claim.asks.values() if isinstance(t, Trials))}
        if self.claim.blank:
            roles |= {"blank": self.claim.blank, "standard": self.claim.standard}
        roles |= {f"without {name}": trials for name, trials in self.claim.given.items()}
        return [
            Account(role, tuple(t.cell for t in several(trials)), self.ask(() if role == "tested" else trials))
            for role, trials in roles.items()
        ]

    def ask(self, instead: Role = ()) -> Verdict:
        """What the judge says, with these trials in the place of as many of its first ones."""
        asked = dict(self.claim.asks) | dict(zip(self.claim.asks, several(instead), strict=False))
        if lacks := {n for a in asked.values() if isinstance(a, Trials) for n in a.arm.needs & self.lacking}:
            return unavailable(*sorted(lacks))
        try:
            return _answer(self.claim.judge(**{name: self._filled(a) for name, a in asked.items()}))
        except NotShown as why:
            return unsettled(why.reason, why.detail)
        except Exception as error:  # a judge that stumbles has not judged
            return unsettled("judge-raised", f"{type(error).__name__}: {error}")

    def filled(self, cell: Trials) -> Trials:
        """The cell with its recordings."""
        timelines = self.recorded.timelines
        alike = (c.cell for c in self.claim.cells.values() if c.kind == cell.kind)
        return replace(
            cell, timelines=timelines.get(cell.cell, ()), wanted=self.recorded.wanted.get(cell.cell, 1),
            alike=tuple(t for name in alike for t in timelines.get(name, ())),
        )  # fmt: skip

    def short(self) -> dict[tuple[str, Which], NotShown]:
        """By cell, run and number, the trials that did not watch well enough for what did not come."""
        every = ((name, self.filled(cell).short()) for name, cell in self.claim.cells.items())
        return {(name, which): why for name, short in every for which, why in short.items()}

    def _against(self, role: str, trials: Role, verdict: Verdict) -> Verdict:
        """It stands where the judge says the opposite of other trials."""
        got = self.ask(trials)
        if got.decided and got.grade is not verdict.grade:
            return verdict
        return _open(role, got, " and ".join(t.cell for t in several(trials)))

    def _given(self, verdict: Verdict) -> Verdict:
        """Those conditions whose absence really refutes are the condition."""
        without = {name: self.ask(trials) for name, trials in self.claim.given.items()}
        for name, got in without.items():
            if not got.decided:
                return _open("condition", got, f"without {name}")
        needed = tuple(name for name, got in without.items() if got.grade is Grade.REFUTED)
        return replace(verdict, grade=Grade.CONDITIONAL, given=needed) if needed else verdict

    def _filled(self, asked: Trials | Of) -> Trials | Verdict:
        if isinstance(asked, Trials):
            return self.filled(asked)
        found = self.verdicts.get(asked.id)
        if found is None or not found.decided:
            raise NotShown("not-derived", f"{asked.id} is {'not judged' if found is None else found.grade}")
        return found


def _answer(verdict: object) -> Verdict:
    if not isinstance(verdict, Verdict) or verdict.grade not in ANSWERS:
        raise TypeError("a judge answers holds(...), fails(...) or unsettled(...), nothing else")
    return verdict


def _open(role: str, got: Verdict, where: str) -> Verdict:
    if got.grade is Grade.UNAVAILABLE:
        return got
    return unsettled(f"{role}-failed", f"the {role} ({where}) gave {got.grade}: {got.sentence}")
