"""How a verdict comes about: the judge is asked, then asked again where it must fail, must hold, or lacks something.

Everything here is a function of recordings; what is expected stands elsewhere and cannot be seen from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.model.verdict import (
    Grade,
    NotShown,
    Verdict,
    unavailable,
    unsettled,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model.claim import Claim
    from harness.model.scenario import Trials
    from harness.model.timeline import Timeline

Recorded = Mapping[str, tuple["Timeline", ...]]
"""The timelines of each cell, by the cell's name."""

Derived = Callable[[Mapping[str, Verdict]], Verdict]
ANSWERS = (Grade.CONFIRMED, Grade.REFUTED, Grade.INCONCLUSIVE)
OPPOSITE = {Grade.CONFIRMED: Grade.REFUTED, Grade.REFUTED: Grade.CONFIRMED}


def settle(claim: Claim, recorded: Recorded, lacking: frozenset[str] = frozenset()) -> Verdict:
    """One claim, or one part of one."""
    asked = _Asked(claim, recorded, lacking)
    verdict = asked.judge()
    if verdict.grade not in OPPOSITE:
        return verdict
    if verdict.grade is Grade.REFUTED:
        return _held_elsewhere(asked, verdict)
    failing = asked.judge(claim.blank)
    if failing.grade is Grade.UNAVAILABLE:
        return failing
    if failing.grade is not Grade.REFUTED:
        return _disagrees("blank", claim.blank.cell, failing)
    return _conditions(asked, verdict)


def answer(claim: Claim, recorded: Recorded) -> Verdict:
    """What the judge says to its own cells, whatever it would say to others."""
    return _Asked(claim, recorded, frozenset()).judge()


def account(
    claim: Claim, recorded: Recorded, lacking: frozenset[str] = frozenset()
) -> list[tuple[str, tuple[str, ...], Verdict]]:
    """What the judge answers to each that it can be asked about: its role, its cells, the answer."""
    asked = _Asked(claim, recorded, lacking)
    found = [("tested", tuple(t.cell for t in claim.cells.values()), asked.judge())]
    found.append(("blank", (claim.blank.cell,), asked.judge(claim.blank)))
    if claim.swap:
        found.append(("standard", ("the other way round",), asked.judge(swapped=True)))
    elif claim.standard is not None:
        found.append(("standard", (claim.standard.cell,), asked.judge(claim.standard)))
    for name, cell in claim.given.items():
        found.append((f"without {name}", (cell.cell,), asked.judge(cell)))
    return found


def to_repeat(claim: Claim, recorded: Recorded) -> list[tuple[Trials, dict[int, str]]]:
    """The cells of which trials have to be run again, with their numbers and why."""
    asked = _Asked(claim, recorded, frozenset())
    every = ((cell, asked.filled(cell).to_repeat()) for cell in claim.trials)
    return [(cell, numbers) for cell, numbers in every if numbers]


def _held_elsewhere(asked: _Asked, verdict: Verdict) -> Verdict:
    """A refutation stands only where the same judge, through the same machinery, has found what it looked for."""
    claim = asked.claim
    if claim.swap:
        holding, where = asked.judge(swapped=True), "the other way round"
    elif claim.standard is not None:
        holding, where = asked.judge(claim.standard), claim.standard.cell
    else:
        return unsettled("no-standard", f"{verdict.sentence}: nothing shows that it could have held")
    if holding.grade is Grade.UNAVAILABLE:
        return holding
    return verdict if holding.grade is Grade.CONFIRMED else _disagrees("standard", where, holding)


def _disagrees(word: str, where: str, got: Verdict) -> Verdict:
    return unsettled(f"{word}-failed", f"the {word} ({where}) gave {got.grade}: {got.sentence}")


def _conditions(asked: _Asked, verdict: Verdict) -> Verdict:
    """Those of the conditions whose absence really refutes are the condition; none: it holds as it stands."""
    without = {name: asked.judge(cell) for name, cell in asked.claim.given.items()}
    for name, got in without.items():
        if got.grade is Grade.UNAVAILABLE:
            return got
        if got.grade not in OPPOSITE:
            return unsettled("condition-not-shown", f"without {name}: {got.sentence}")
    needed = tuple(name for name, got in without.items() if got.grade is Grade.REFUTED)
    return replace(verdict, grade=Grade.CONDITIONAL, given=needed) if needed else verdict


class _Asked:
    """A claim's judge with the recordings that it is asked about."""

    def __init__(self, claim: Claim, recorded: Recorded, lacking: frozenset[str]) -> None:
        self.claim, self.recorded, self.lacking = claim, recorded, lacking

    def judge(self, first: Trials | None = None, *, swapped: bool = False) -> Verdict:
        cells = list(self.claim.cells.values())
        if swapped:
            cells[:2] = cells[1::-1]
        if first is not None:
            cells[0] = first
        given: dict[str, Trials | None] = {}
        for name, cell in zip(self.claim.cells, cells, strict=True):
            lacks = cell.arm.needs & self.lacking
            if lacks and name not in self.claim.optional:
                return unavailable(", ".join(sorted(lacks)))
            given[name] = None if lacks else self.filled(cell)
        try:
            return _answer(self.claim.judge(**given))
        except NotShown as missing:
            return unsettled(missing.reason, str(missing))
        except Exception as error:  # a judge that stumbles has not judged
            return unsettled("judge-raised", f"{type(error).__name__}: {error}")

    def filled(self, cell: Trials) -> Trials:
        beside = tuple(t for c in self.claim.trials if c.alike == cell.alike for t in self.recorded.get(c.cell, ()))
        return replace(cell, timelines=self.recorded.get(cell.cell, ()), beside=beside)


def _answer(verdict: object) -> Verdict:
    if not isinstance(verdict, Verdict) or verdict.grade not in ANSWERS:
        raise TypeError("a judge answers holds(...), fails(...) or unsettled(...), nothing else")
    return verdict


def combine(parts: Mapping[str, Verdict]) -> Verdict:
    """One verdict of several: what each part's judge said stands in its sentence."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    grade, given = whole((v.grade, v.given) for v in parts.values())
    worst = next(v for v in parts.values() if v.grade is grade)
    told = "; ".join(f"{part}: {verdict.sentence}" for part, verdict in parts.items())
    measured = {f"{part}_{name}": x for part, verdict in parts.items() for name, x in verdict.measured.items()}
    return replace(worst, sentence=told, measured=measured, given=given)


def settle_all(
    claims: Iterable[Claim], recorded: Recorded, lacking: frozenset[str] = frozenset()
) -> dict[str, dict[str, Verdict]]:
    """The verdict of every part of every claim, in the order of the claims."""
    found: dict[str, dict[str, Verdict]] = {}
    for claim in claims:
        found.setdefault(claim.id, {})[claim.part] = settle(claim, recorded, lacking)
    return found


def derive(function: Derived, verdicts: Mapping[str, Verdict]) -> Verdict:
    """A derived claim is a function of verdicts; one that is not there leaves it open."""
    try:
        return function(verdicts)
    except KeyError as missing:
        return unsettled("no-verdict", f"{missing.args[0]} has no verdict yet")
