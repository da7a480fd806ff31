"""Every trial once: how its cell was brought up, and its entries as text, as many as the page has room for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import escape

from harness.views import evidence
from harness.views.report.marks import Drawn, drawn
from harness.views.words import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.court import Recorded
    from harness.model.claim import Lab
    from harness.model.scenario import Trials
    from harness.model.timeline import Timeline

LEFT_OUT = "Its entries are left out here, for the page's size; they stand in the journal."
LONGEST_LINE = 600
LONGEST_TEXT = 40_000
"""Of one trial; a hundred copies that start write four times as much."""


@dataclass(slots=True)
class Trial:
    index: int
    number: int
    drawn: Drawn
    entries: tuple[str, str]
    """As text, and what of them is not told."""

    text: str = ""
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The trials of one scenario on one arm; one that no lab declares any more has no plan and no commands."""

    anchor: str
    lab: str
    name: str
    plan: str
    by_hand: tuple[str, ...]
    trials: tuple[Trial, ...]


@dataclass(slots=True)
class Recordings:
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)

    @property
    def trials(self) -> Iterator[Trial]:
        return (trial for cell in self.cells.values() for trial in cell.trials)

    def of_lab(self, lab: str) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.lab == lab]

    def write(self, room: int) -> None:
        """The texts of as many trials as there is room for: the first of every cell before the second of any."""
        for trial in sorted(self.trials, key=lambda t: t.number):
            text, left_out = trial.entries
            size = len(escape(text).encode())
            if size > room:
                text, left_out, size = "", LEFT_OUT, 0
            room -= size
            trial.text, trial.left_out = text, left_out


def collected(labs: Sequence[Lab], recorded: Mapping[str, Recorded]) -> Recordings:
    found, before = Recordings(), 0
    declared = {(lab.name, t.cell): t for lab in labs for t in lab.cells}
    for lab, cells in recorded.items():
        for name, timelines in cells.items():
            cell = _cell(f"cell-{len(found.cells) + 1}", lab, name, declared.get((lab, name)), timelines, before)
            found.cells[lab, name] = cell
            before += len(timelines)
    return found


def _cell(
    anchor: str, lab: str, name: str, declared: Trials | None, timelines: tuple[Timeline, ...], before: int
) -> Cell:
    trials = tuple(Trial(before + n, n + 1, drawn(timeline), _text(timeline)) for n, timeline in enumerate(timelines))
    if declared is None:
        return Cell(anchor, lab, name, "", (), trials)
    plan = one_line(declared.scenario.plan)
    return Cell(anchor, lab, name, plan, tuple(evidence.by_hand(declared.arm, timelines, lab)), trials)


def _text(timeline: Timeline) -> tuple[str, str]:
    lines, size, entries = [], 0, list(evidence.entries(timeline))
    for entry in entries:
        line = _line(str(entry))
        size += len(line) + 1
        if size > LONGEST_TEXT:
            break
        lines.append(line)
    more = len(entries) - len(lines)
    told = [f"({more} more entries stand in the journal)" if more else "", evidence.not_shown(timeline)]
    return "\n".join(lines), " ".join(filter(None, told))


def _line(said: str) -> str:
    """One that stays on its line, whatever a container wrote."""
    line = " ".join(clean(said[:LONGEST_LINE]).splitlines())
    more = len(said) - LONGEST_LINE
    return f"{line}… ({more} characters more)" if more > 0 else line
