"""Two runs beside one another: which verdicts differ, and which numbers by more than they vary within a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.journal import Recording
from harness.judging import findings
from harness.judging.court import Court, Recorded
from harness.judging.findings import Finding
from harness.judging.register import Register
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.model.verdict import Verdict

SECONDS, RESOLUTION_S = "_s", 0.1
"""Numbers of this name are durations, and ends of what is waited for are looked for so often."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number as each trial of a run alone would give it."""

    each: tuple[float, ...]

    def apart(self, other: Range, resolution: float) -> bool:
        """Whether no trial of one is as near to the other's as looks can tell."""
        return min(self.each) > max(other.each) + resolution or min(other.each) > max(self.each) + resolution

    def __str__(self) -> str:
        return f"{median(self.each):g} ({min(self.each):g} to {max(self.each):g})"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of a claim that is another in the second run; `number` is empty where it is the verdict."""

    claim: str
    number: str
    first: str
    second: str


def differences(labs: Sequence[Lab], first: Recording, second: Recording, register: Register) -> Iterable[Difference]:
    """Claims that only one of them judged are left out: there is nothing to compare."""
    for lab in labs:
        one, other = (_judged(lab, run, register) for run in (first, second))
        for id_ in (i for i in one[0] if i in other[0]):
            yield from _of_claim(lab, id_, (one[0][id_], other[0][id_]), (one[1], other[1]))


def _judged(lab: Lab, run: Recording, register: Register) -> tuple[Mapping[str, Finding], Recorded]:
    """Those of which anything was recorded."""
    found, docket = findings.judge([lab], run.lines, register, run.lacking)
    recorded = docket.recorded(lab.name)
    cells = {claim.id: set(claim.cells) for claim in lab.claims}
    return {f.id: f for f in found if cells[f.id] & recorded.timelines.keys()}, recorded


def _of_claim(
    lab: Lab, id_: str, found: tuple[Finding, Finding], recorded: tuple[Recorded, Recorded]
) -> Iterable[Difference]:
    first, second = (_word(f.verdict) for f in found)
    if first != second:
        yield Difference(id_, "", first, second)
    ranges = [numbers(lab, id_, run) for run in recorded]
    for name in (n for n in ranges[0] if n in ranges[1]):
        resolution = RESOLUTION_S if name.endswith(SECONDS) else 0.0
        if ranges[0][name].apart(ranges[1][name], resolution):
            yield Difference(id_, name, str(ranges[0][name]), str(ranges[1][name]))


def _word(verdict: Verdict) -> str:
    given = f" with {', '.join(verdict.given)}" if verdict.given else ""
    return f"{verdict.grade}{given}"


def numbers(lab: Lab, id_: str, recorded: Recorded) -> dict[str, Range]:
    """What the judge measures when it is given one trial of each cell, the first, the second and so on."""
    claims = [claim for claim in lab.claims if claim.id == id_]
    cells = {t.cell for claim in claims for t in claim.asks.values() if isinstance(t, Trials)}
    most = max((len(recorded.timelines.get(cell, ())) for cell in cells), default=0)
    found: dict[str, list[float]] = {}
    for n in range(most):
        one_each = {cell: (ts[n % len(ts)],) for cell, ts in recorded.timelines.items() if ts}
        for claim in claims:
            for name, value in Court(claim, Recorded(one_each)).ask().measured.items():
                found.setdefault(f"{claim.part}_{name}" if claim.part else name, []).append(value)
    return {name: Range(tuple(values)) for name, values in found.items()}
