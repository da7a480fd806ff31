"""Which claims can be settled yet: each as soon as nothing that is still to come can change its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import court, outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from harness.model.claim import Claim, Lab
    from harness.model.timeline import Timeline
    from harness.outcome import Finding
    from harness.register import Register


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
    ) -> None:
        self.wanted, self.findings = wanted, dict[str, outcome.Finding]()
        self._labs = {lab.name: lab for lab in labs}
        self._register, self._only, self._lacking = register, only, lacking
        self.recorded: dict[str, dict[str, tuple[Timeline, ...]]] = {lab.name: {} for lab in labs}

    def file(self, lab: str, cell: str, timeline: Timeline) -> Iterator[Finding]:
        """Answers what can be told now and could not before; of a lab that is not asked for, nothing."""
        if lab not in self._labs:
            return
        cells = self.recorded[lab]
        cells[cell] = (*cells.get(cell, ()), timeline)
        complete = {name: ts for name, ts in cells.items() if len(ts) >= self.wanted[lab, name]}
        claims = [c for c in self._labs[lab].claims if not self._only or c.id in self._only]
        for id_ in dict.fromkeys(c.id for c in claims if c.id not in self.findings):
            parts = [c for c in claims if c.id == id_]
            needed = {t.cell for c in parts for t in c.trials}
            if not all(self.wanted[lab, name] for name in needed):
                continue
            settled = {c.part: court.settle(c, complete, self._lacking) for c in parts}
            early = all(v.decided for v in settled.values()) and not _may_lengthen(parts, complete)
            if early or needed <= set(complete):
                self.findings[id_] = outcome.finding(lab, id_, settled, self._register)
                yield self.findings[id_]


def _may_lengthen(parts: Sequence[Claim], complete: Mapping[str, object]) -> bool:
    """Whether a success that is still to come may be so slow that a window which was met by nothing was too short."""
    cells = [cell for claim in parts for cell in claim.trials]
    over = {cell.alike for cell in cells if cell.cell in complete}
    return any(cell.alike in over for cell in cells if cell.cell not in complete)
