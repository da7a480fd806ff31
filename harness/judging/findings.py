"""What a run came to: verdicts against what the register expects, the document of the run, the exit code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.judging.docket import Docket, Settled
from harness.model.entries import Entry
from harness.model.verdict import Grade, combine, unsettled, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.journal import Recording
    from harness.judging.register import Register
    from harness.lab.claim import Lab
    from harness.model.verdict import Verdict

DAMAGED = "damaged-journal"
AS_EXPECTED, DIFFERS, OPEN, COULD_NOT_RUN, NOTHING, LEFT_BEHIND = 0, 1, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict over one claim, beside what was expected of it."""

    id: str
    lab: str
    sentence: str
    verdict: Verdict
    parts: Mapping[str, Verdict]
    not_built: tuple[str, ...]
    expected: str
    expected_given: tuple[str, ...]

    part_expected: Mapping[str, tuple[str, tuple[str, ...]]]
    """For each part that is built: the word and the conditions."""

    needs: frozenset[str] = frozenset()
    """What of a host the register says it needs: one that lacks it has done nothing wrong."""

    @property
    def as_expected(self) -> bool:
        """The whole and each part: a REFUTED part would otherwise hide what the others came to."""
        return _same(self.verdict, self.expected, self.expected_given) and not any(
            self.parts[name].decided and not _same(self.parts[name], *wanted)
            for name, wanted in self.part_expected.items()
        )

    @property
    def open(self) -> bool:
        return any(v.grade is Grade.INCONCLUSIVE for v in (self.verdict, *self.parts.values()))

    @property
    def excused(self) -> bool:
        """Whether what this host cannot do is in the register, and all else is as expected."""
        missing = frozenset[str]().union(*(v.lacks for v in self.parts.values()))
        if not missing or not missing <= self.needs:
            return False
        done = {name: v for name, v in self.parts.items() if name and v.grade is not Grade.UNAVAILABLE}
        return all(_same(v, *self.part_expected[name]) for name, v in done.items())

    def document(self) -> dict[str, Any]:
        v = self.verdict
        return {
            "id": self.id,
            "lab": self.lab,
            "verdict": v.grade.value,
            "given": list(v.given),
            "reason": v.reason or None,
            "expected": self.expected,
            "sentence": v.sentence,
            "measured": dict(v.measured),
            "parts": {name: part.grade.value for name, part in self.parts.items() if name},
            "parts_not_built": list(self.not_built),
        }


def judge(
    labs: Sequence[Lab],
    lines: Iterable[tuple[str, Entry]],
    register: Register,
    lacking: frozenset[str] = frozenset(),
) -> tuple[list[Finding], Docket]:
    """Every claim of these labs, from the recordings alone; the register is looked at only afterwards."""
    docket = Docket(labs, lacking=lacking, reruns=0)
    for trial, one in lines:
        docket.hear(trial, one)
    docket.settle(over=True)
    if docket.trouble:
        return [f for lab in labs for f in unjudged(lab, register, docket.trouble[0])], docket
    return [finding(settled, register) for settled in docket.settled.values()], docket


def unjudged(lab: Lab, register: Register, trouble: str) -> list[Finding]:
    """Every claim of a lab whose recording is damaged: whatever a judge said of what is left would prove nothing."""
    none = unsettled(DAMAGED, f"not judged: {trouble}")
    parts: dict[str, dict[str, Verdict]] = {}
    for claim in lab.claims:
        parts.setdefault(claim.id, {})[claim.part] = none
    return [replace(finding(Settled(lab.name, id_, of), register), verdict=none) for id_, of in parts.items()]


def finding(settled: Settled, register: Register) -> Finding:
    lab, id_, parts = settled
    entry = register.claim(id_)
    missing = tuple(p.name for p in entry.parts if p.name not in parts) if "" not in parts else ()
    built = [p for p in entry.parts if p.name in parts]
    expected, given = entry.expected, entry.given
    if missing and built:
        # Only what is built can be expected; the part that is not is named wherever the verdict is shown.
        expected, given = whole({p.name: (p.expected, p.given) for p in built})
    verdict = combine(parts)
    wanted = {p.name: (str(p.expected), tuple(p.given)) for p in built}
    expects = str(expected), tuple(given), wanted
    return Finding(id_, lab, entry.sentence, verdict, parts, missing, *expects, frozenset(entry.needs))


def _same(verdict: Verdict, grade: str, given: tuple[str, ...]) -> bool:
    return verdict.grade.value == grade and set(verdict.given) == set(given)


def exit_code(findings: list[Finding], leftovers: int, allowed: frozenset[str]) -> int:
    """The worst that happened decides; what this host cannot do must be named to pass, here or in the register."""
    if leftovers:
        return LEFT_BEHIND
    if not findings:
        return NOTHING
    if any(_differs(f, allowed) for f in findings):
        return DIFFERS
    return OPEN if any(f.open for f in findings) else AS_EXPECTED


def _differs(one: Finding, allowed: frozenset[str]) -> bool:
    if one.verdict.grade is Grade.INCONCLUSIVE:
        return False
    if one.verdict.grade is Grade.UNAVAILABLE:
        return one.id not in allowed and not one.excused
    return not one.as_expected


def document(run: Recording, findings: list[Finding], code: int) -> dict[str, Any]:
    """`labs.run/1`."""
    return {
        "schema": "labs.run/1",
        "run": run.id,
        "exit": code,
        "facts": run.facts,
        "claims": [f.document() for f in findings],
        "leftovers": len(run.over.left) if run.over else 0,
        "wall_s": run.over.wall_s if run.over else None,
    }
