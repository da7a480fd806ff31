"""What a verdict rests on, as every view tells it: the judge's answers, commands, what came of each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.judging.court import Court
from harness.judging.docket import Docket
from harness.judging.findings import DAMAGED, Finding
from harness.judging.register import Band
from harness.judging.register import Claim as Known
from harness.lab.arm import Arm
from harness.lab.claim import Claim, Of
from harness.lab.timeline import Timeline
from harness.model.entries import Acted
from harness.model.verdict import Verdict
from harness.views.entry import typed
from harness.views.table import came_to


@dataclass(frozen=True, slots=True)
class Answer:
    """What the judge says when it is asked about these; nothing where the recording is damaged."""

    role: str
    asked: tuple[str, ...]
    """Cells, or other claims of which it is told the verdicts."""

    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding, and all that was recorded of its lab."""

    finding: Finding
    docket: Docket
    lacking: frozenset[str]

    @property
    def damaged(self) -> bool:
        return self.finding.verdict.reason == DAMAGED

    def answers(self, claim: Claim) -> Iterator[Answer]:
        others = tuple(f"the verdict over {a.id}" for a in claim.asks.values() if isinstance(a, Of))
        for role, cells, verdict in self._court(claim).account():
            asked = (*cells, *others) if role == "tested" else cells
            yield Answer(role, asked, None if self.damaged else verdict)

    def came_to(self, claims: Sequence[Claim], cell: str) -> str:
        """In the questions' own words; empty where nothing was recorded."""
        claim = next(c for c in claims if cell in c.cells)
        trials = self._court(claim).filled(claim.cells[cell])
        return came_to(trials) if trials.timelines and not self.damaged else ""

    def _court(self, claim: Claim) -> Court:
        return Court(claim, self.docket.recorded(self.finding.lab), self.docket.verdicts, self.lacking)


def part_sentence(claim: Claim, known: Known) -> str:
    return next((part.sentence for part in known.parts if part.name == claim.part), "")


def within(value: float, band: Band) -> str:
    low, high = band
    return "as predicted" if low <= value <= high else "outside the prediction"


def by_hand(arm: Arm, timelines: Sequence[Timeline], lab: str) -> list[str]:
    """What was typed in the first trial; without one, what the arm says."""
    recorded = [command for t in timelines[:1] for acted in t.of(Acted) for command in acted.typed]
    in_folder = [f"cd manifests/{lab}"] if arm.names else []
    return in_folder + typed(recorded or arm.commands())


def uncounted(timeline: Timeline) -> str:
    """Why nothing is judged by it."""
    return f"does not count, {timeline.wrong.reason}: {timeline.wrong.detail}" if timeline.wrong else ""
