"""Every trial once: how its cell was brought up, and its entries as text, as many as the page has room for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import escape

from harness.journal import Recording
from harness.judging.docket import Docket
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.lab.timeline import Timeline
from harness.model.entries import Entry, Planned
from harness.model.lines import PASSING
from harness.views import evidence
from harness.views.entry import lines, not_shown
from harness.views.report.drawn import Drawn
from harness.views.report.marks import drawn
from harness.views.scaled import Scaled, scaled
from harness.views.shares import Shares, shares
from harness.views.words import one_line

LEFT_OUT = "Its entries are left out here to keep the page small; they stand in the journal."
LONGEST_LINE = 600
LONGEST_TEXT = 40_000
"""Of one trial; a hundred copies that start write four times as much."""

Key = tuple[str, str]
"""A lab and a cell of it."""


@dataclass(slots=True)
class Trial:
    index: int
    number: int
    drawn: Drawn
    wrong: str
    """Why it does not count."""

    entries: tuple[str, str]
    """As text, and what of them is not told."""

    scaled: Scaled | None = None
    """In seconds from the same moment as what is drawn."""

    shares: Shares | None = None
    text: str = ""
    left_out: str = ""

    @property
    def words(self) -> str:
        """All that its charts show."""
        served = f"copies: {self.scaled.words}" if self.scaled else ""
        loads = [f"a load of {load}" for load in self.scaled.loads] if self.scaled else []
        return "; ".join(filter(None, [self.drawn.words, served, *loads, self.shares.words if self.shares else ""]))


@dataclass(frozen=True, slots=True)
class Cell:
    """The trials of one scenario on one arm; one that no lab declares any more has no plan and no commands."""

    anchor: str
    lab: str
    name: str
    plan: str
    by_hand: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def scaled(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.scaled]

    @property
    def shared(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.shares]


@dataclass(slots=True)
class Recordings:
    cells: dict[Key, Cell] = field(default_factory=dict)

    @property
    def trials(self) -> Iterator[Trial]:
        return (trial for cell in self.cells.values() for trial in cell.trials)

    @property
    def labs(self) -> list[str]:
        return list(dict.fromkeys(lab for lab, _ in self.cells))

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


def collected(labs: Sequence[Lab], docket: Docket, runs: Sequence[Recording]) -> Recordings:
    declared = {(lab.name, name): cell for lab in labs for name, cell in lab.cells.items()}
    recorded = {(lab.name, name): ts for lab in labs for name, ts in docket.recorded(lab.name).timelines.items()}
    recorded |= _stray(runs, declared)
    found, before = Recordings(), 0
    for key, timelines in recorded.items():
        found.cells[key] = _cell(f"cell-{len(found.cells) + 1}", key, declared.get(key), _in_order(timelines), before)
        before += len(timelines)
    return found


def _stray(runs: Iterable[Recording], declared: Mapping[Key, Trials]) -> dict[Key, tuple[Timeline, ...]]:
    """Trials of cells that no lab declares: nobody can say whether they went as planned."""
    found: dict[Key, tuple[Timeline, ...]] = {}
    for run in runs:
        for planned, entries in _trials(run):
            key = planned.lab, planned.cell
            if key not in declared and entries:
                found[key] = (*found.get(key, ()), Timeline(tuple(entries), planned.number, {}, None, run.id))
    return found


def _trials(run: Recording) -> Iterable[tuple[Planned, list[Entry]]]:
    found: dict[str, tuple[Planned, list[Entry]]] = {}
    for trial, one in run.lines:
        if isinstance(one, Planned):
            found[trial] = one, []
        elif trial in found and not isinstance(one, PASSING):
            found[trial][1].append(one)
    return found.values()


def _in_order(timelines: Sequence[Timeline]) -> list[Timeline]:
    """Of each run the first, the second and so on; they may have ended in another order."""
    runs = list(dict.fromkeys(t.run for t in timelines))
    return sorted(timelines, key=lambda t: (runs.index(t.run), t.number))


def _cell(anchor: str, key: Key, declared: Trials | None, timelines: Sequence[Timeline], before: int) -> Cell:
    trials = tuple(_trial(before + n, n + 1, t) for n, t in enumerate(timelines))
    lab, name = key
    if declared is None:
        return Cell(anchor, lab, name, "", (), trials)
    plan = one_line(declared.scenario.plan)
    return Cell(anchor, lab, name, plan, tuple(evidence.by_hand(declared.arm, timelines, lab)), trials)


def _trial(index: int, number: int, t: Timeline) -> Trial:
    looks = drawn(t.entries)
    copies = found.since(looks.zero_s) if (found := scaled(t)) else None
    return Trial(index, number, looks, evidence.uncounted(t), _text(t.entries), copies, shares(t))


def _text(entries: Sequence[Entry]) -> tuple[str, str]:
    every = [told for _, told in lines(entries)]
    kept, size = list[str](), 0
    for line in map(_line, every):
        size += len(line) + 1
        if size > LONGEST_TEXT:
            break
        kept.append(line)
    more = len(every) - len(kept)
    told = [f"({more} more entries stand in the journal)" if more else "", not_shown(entries)]
    return "\n".join(kept), " ".join(filter(None, told))


def _line(said: str) -> str:
    more = len(said) - LONGEST_LINE
    return f"{said[:LONGEST_LINE]}… ({more} more characters)" if more > 0 else said
