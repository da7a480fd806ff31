"""The spine: what happened, appended live to runs/<id>/; what views and judges need is read from here."""

from __future__ import annotations

import json
import math
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.timeline import Entry, Kind, Timeline, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SCHEMA = "labs.journal/1"
FILE = "journal.jsonl"
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a line raises that is not as it was written."""


SHOWN = {
    "wanted": ("lab", "cell", "n"),
    "opening": ("site", "at_s"),
    "site": ("site", "began_s", "took_s"),
    "wait": ("trial", "missing", "at_s", "waited_s", "allowed_s"),
    "again": ("lab", "cell", "n", "why", "at_s"),
    "removed": ("at_s", "took_s"),
}
"""What is needed of a line that is there to be shown, by its type."""

NUMBERS = {"n", "at_s", "began_s", "took_s", "waited_s", "allowed_s"}


class Journal:
    """Writes one run, line by line as it happens: kill -9 costs one line at most."""

    def __init__(
        self,
        folder: Path,
        run: str,
        facts: Mapping[str, Any],
        heard: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        """Who shows the run hears each line once it is written, and nothing else."""
        folder.mkdir(parents=True)
        self.folder, self.run, self._heard = folder, run, heard
        self._file = (folder / FILE).open("x", buffering=1)
        self._lock = threading.Lock()
        self.write(type="run", schema=SCHEMA, run=run, facts=facts)

    def trial(self, name: str, cell: str, number: int, lab: str, began_s: float) -> None:
        """A trial begins, so long after the run did: its own clock starts here."""
        self.write(type="trial", trial=name, cell=cell, n=number, lab=lab, began_s=round(began_s, 3))

    def entry(self, trial: str, entry: Entry) -> None:
        facts = {"facts": dict(entry.facts)} if entry.facts else {}
        at = round(entry.at_s, 6)
        self.write(type="entry", trial=trial, at_s=at, kind=entry.kind, who=entry.who, what=entry.what, **facts)

    def write(self, **line: Any) -> None:
        text = json.dumps(line, ensure_ascii=False)
        with self._lock:
            if not self._file.closed:
                self._file.write(text + "\n")
        self._heard(line)

    def close(self) -> None:
        with self._lock:
            self._file.close()


@dataclass(slots=True)
class Run:
    """A run as its journal tells it."""

    id: str
    facts: dict[str, Any]
    timelines: dict[str, tuple[Timeline, ...]]
    """By lab and cell, as `lab/cell`."""

    end: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""
    """What of it could not be read: nothing may be judged by the rest."""

    @property
    def labs(self) -> tuple[str, ...]:
        """Those that it was begun for and those that it recorded, as far as it says so."""
        begun = self.facts.get("labs", ())
        named = (n for n in begun if isinstance(n, str)) if isinstance(begun, (list, tuple)) else ()
        return tuple(dict.fromkeys([*named, *(cell.partition("/")[0] for cell in self.timelines)]))

    @property
    def lacking(self) -> frozenset[str]:
        """What its host could not do."""
        return frozenset(self.facts.get("lacking", ()))

    def of_lab(self, lab: str) -> dict[str, tuple[Timeline, ...]]:
        return of_lab(self.timelines, lab)


def read(folder: Path) -> Run:
    """The run in a folder; a last line that was cut short is what a killed run leaves, any other damage is told."""
    reading, damage = _read(folder)
    if damage:
        raise Problem(f"Reading run {folder}", damage[0], "another run folder; this one is damaged")
    if not reading.head:
        raise Problem(f"Reading run {folder}", f"{FILE} does not say which run it is", "ls runs/")
    return reading.run()


def salvage(folder: Path, heard: Callable[[dict[str, Any]], None] = lambda _: None) -> Run:
    """The run in a folder as far as it can be read; its `trouble` is what stood in the way. Sound lines are heard."""
    reading, damage = _read(folder, heard)
    if not reading.head:
        damage.insert(0, f"{FILE} does not say which run it is")
    if not reading.head and not reading.cells:
        raise Problem(f"Reading run {folder}", damage[0], "ls runs/")
    return reading.run("; ".join([*damage[:1], *([f"{len(damage) - 1} more lines like it"] if damage[1:] else [])]))


def newest(runs: Path, lab: str = "") -> Path | None:
    """The folder of the run that was begun last, or of the last one with that lab; names begin with the time."""
    folders = sorted((file.parent for file in runs.glob(f"*/{FILE}")), reverse=True)
    return next((folder for folder in folders if not lab or _has(folder, lab)), None)


def _has(folder: Path, lab: str) -> bool:
    try:
        return lab in read(folder).labs
    except Problem:
        return False


def _read(folder: Path, heard: Callable[[dict[str, Any]], None] = lambda _: None) -> tuple[_Reading, list[str]]:
    """What the lines say, and of each that says nothing why; the sound ones are heard."""
    file = folder / FILE
    try:
        written_lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise Problem(f"Reading run {folder}", f"{FILE}: {error.strerror}", "ls runs/") from error
    reading, damage = _Reading(folder.name), []
    for number, line in enumerate(written_lines, 1):
        try:
            if line:
                told = json.loads(line.decode())
                reading.take(told)
                heard(told)
        except DAMAGE as error:
            if number < len(written_lines):
                damage.append(f"{FILE}, line {number}: {type(error).__name__}: {error}")
    return reading, damage


class _Reading:
    def __init__(self, name: str) -> None:
        self.name = name
        self.head: dict[str, Any] = {}
        self.cells: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.end: dict[str, Any] = {}

    def take(self, line: dict[str, Any]) -> None:
        match line["type"]:
            case "run":
                self.head = {"run": str(line["run"]), "facts": dict(line["facts"])}
                if line["schema"] != SCHEMA:
                    raise ValueError(f"it is of version {line['schema']}, this program reads {SCHEMA}")
            case "trial":
                _check(line, ("trial", "lab", "cell", "n", "began_s"))
                self.cells[line["trial"]] = f"{line['lab']}/{line['cell']}"
                self.numbers[line["trial"]] = int(line["n"])
            case "entry":
                self.entries[line["trial"]].append(entry_of(line))
            case "end":
                self.end = line
            case other if other in SHOWN:
                _check(line, SHOWN[other])

    def run(self, trouble: str = "") -> Run:
        id_ = self.head.get("run", self.name)
        timelines: dict[str, list[Timeline]] = defaultdict(list)
        for trial, cell in self.cells.items():
            timelines[cell].append(written(self.entries[trial], id_, self.numbers[trial]))
        return Run(id_, self.head.get("facts", {}), {c: tuple(ts) for c, ts in timelines.items()}, self.end, trouble)


def _check(line: Mapping[str, Any], names: Sequence[str]) -> None:
    """Texts, and numbers under the names that numbers have."""
    for name in names:
        if name in NUMBERS and not math.isfinite(line[name]):
            raise ValueError(f"{name} is {line[name]}")
        if name not in NUMBERS and not isinstance(line[name], str):
            raise TypeError(f"{name} is no text")


def entry_of(line: Mapping[str, Any]) -> Entry:
    at, who, what, facts = float(line["at_s"]), line["who"], line["what"], line.get("facts", {})
    if not math.isfinite(at):
        raise ValueError(f"{at} is no moment")
    if {*map(type, (who, what, *facts, *facts.values()))} != {str}:
        raise TypeError("who, what and facts are texts")
    return Entry(at, Kind(line["kind"]), who, what, facts)


def of_lab(timelines: Mapping[str, tuple[Timeline, ...]], lab: str) -> dict[str, tuple[Timeline, ...]]:
    """A lab's part of what was recorded, by cell."""
    return {name.partition("/")[2]: ts for name, ts in timelines.items() if name.startswith(f"{lab}/")}


def merged(runs: list[Run]) -> dict[str, tuple[Timeline, ...]]:
    """The recordings of several runs, taken together."""
    together: dict[str, tuple[Timeline, ...]] = {}
    for run in {run.id: run for run in runs}.values():  # one that is named twice counts once
        for cell, timelines in run.timelines.items():
            together[cell] = together.get(cell, ()) + timelines
    return together
