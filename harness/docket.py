"""Which claims can be settled yet: each as soon as nothing that is still to come can change its verdict.

Where only the watching was too short for a machine that turned out slow, trials are asked for once more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import court, outcome
from harness.model.verdict import Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.model.claim import Claim, Lab
    from harness.model.scenario import Trials
    from harness.model.timeline import Timeline
    from harness.outcome import Finding
    from harness.register import Register


AGAIN = 2
"""So often at most a trial is run again."""


@dataclass(frozen=True, slots=True)
class Again:
    """Trials of a cell that have to be run once more, by their numbers, and why."""

    lab: str
    cell: Trials
    numbers: tuple[int, ...]
    why: str


class Docket:
    """Trials are filed one by one as they end; how many of each are to come is known beforehand."""

    def __init__(
        self,
        labs: Sequence[Lab],
        register: Register,
        wanted: Counter[tuple[str, str]],
        *,
        only: frozenset[str] = frozenset(),
        lacking: frozenset[str] = frozenset(),
        again: int = AGAIN,
    ) -> None:
        self.wanted, self.findings = wanted, dict[str, outcome.Finding]()
        self.again: list[Again] = []
        """What is to be run once more; whoever runs it takes it out."""

        self._may_repeat, self._repeated = again, Counter[tuple[str, str, int]]()
        self._labs = {lab.name: lab for lab in labs}
        self._register, self._only, self._lacking = register, only, lacking
        self.recorded: dict[str, dict[str, tuple[Timeline, ...]]] = {lab.name: {} for lab in labs}

    def file(self, lab: str, cell: str, timeline: Timeline) -> Iterator[Finding]:
        """Answers what can be told now and could not before; of a lab that is not asked for, nothing."""
        if lab not in self._labs:
            return
        cells = self.recorded[lab]
        cells[cell] = (*cells.get(cell, ()), timeline)
        claims = [c for c in self._labs[lab].claims if not self._only or c.id in self._only]
        for id_ in dict.fromkeys(c.id for c in claims if c.id not in self.findings):
            parts = [c for c in claims if c.id == id_]
            needed = {t.cell for c in parts for t in c.trials}
            if not all(self.wanted[lab, name] for name in needed):
                continue
            complete = {name: ts for name, ts in cells.items() if len(ts) >= self.wanted[lab, name]}
            settled = {c.part: court.settle(c, complete, self._lacking) for c in parts}
            early = all(v.decided for v in settled.values()) and not _may_lengthen(parts, complete)
            over = needed <= set(complete)
            left_open = [c for c in parts if settled[c.part].grade is Grade.INCONCLUSIVE]
            if over and self._repeats(lab, left_open, complete):
                continue
            if early or over:
                self.findings[id_] = outcome.finding(lab, id_, settled, self._register)
                yield self.findings[id_]

    def _repeats(self, lab: str, claims: Iterable[Claim], complete: Mapping[str, tuple[Timeline, ...]]) -> bool:
        """Whether there is something to be run once more before this can be settled."""
        asked: dict[str, Again] = {}
        for cell, short in (found for claim in claims for found in court.to_repeat(claim, complete)):
            numbers = tuple(n for n in short if self._repeated[lab, cell.cell, n] < self._may_repeat)
            if numbers and cell.cell not in asked:
                asked[cell.cell] = Again(lab, cell, numbers, short[numbers[0]].removeprefix(f"{cell.cell}: "))
        for again in asked.values():
            self._repeated.update((lab, again.cell.cell, n) for n in again.numbers)
            self.wanted[lab, again.cell.cell] += len(again.numbers)
        self.again += asked.values()
        return bool(asked)


def _may_lengthen(parts: Sequence[Claim], complete: Mapping[str, object]) -> bool:
    """Whether a success that is still to come may be so slow that a window which was met by nothing was too short."""
    cells = [cell for claim in parts for cell in claim.trials]
    over = {cell.alike for cell in cells if cell.cell in complete}
    return any(cell.alike in over for cell in cells if cell.cell not in complete)
