"""The spine: what happened, appended live to runs/<id>/; what views and judges need is read from here."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.timeline import Entry, Kind, Timeline, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SCHEMA = "labs.journal/1"
FILE = "journal.jsonl"


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

    def of_lab(self, lab: str) -> dict[str, tuple[Timeline, ...]]:
        return of_lab(self.timelines, lab)


def read(folder: Path) -> Run:
    """The run in a folder; a last line that was cut short is what a killed run leaves, any other damage is told."""
    lines, damage = sound_lines(folder)
    if damage:
        raise Problem(f"Reading run {folder}", damage, "another run folder; this one is damaged")
    reading = _Reading(folder / FILE)
    for line in lines:
        reading.take(line)
    return reading.run()


def sound_lines(folder: Path) -> tuple[list[dict[str, Any]], str]:
    """All lines before the first that is damaged, and what is wrong with that one; of a killed run nothing is."""
    file = folder / FILE
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise Problem(f"Reading run {folder}", f"{file.name}: {error.strerror}", "ls runs/") from error
    trying, found = _Reading(file), list[dict[str, Any]]()
    for number, text in enumerate(lines, 1):
        if not text:
            continue
        try:
            line = json.loads(text)
            trying.take(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            cut_short = number == len(lines)
            return found, "" if cut_short else f"{file.name}, line {number}: {type(error).__name__}: {error}"
        found.append(line)
    return found, ""


def entry_of(line: Mapping[str, Any]) -> Entry:
    return Entry(float(line["at_s"]), Kind(line["kind"]), line["who"], line["what"], line.get("facts", {}))


class _Reading:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.head: dict[str, Any] = {}
        self.cells: dict[str, str] = {}
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.end: dict[str, Any] = {}

    def take(self, line: dict[str, Any]) -> None:
        match line["type"]:
            case "run":
                if line["schema"] != SCHEMA:
                    raise ValueError(f"it is of version {line['schema']}, this program reads {SCHEMA}")
                self.head = line
            case "trial":
                self.cells[line["trial"]] = f"{line['lab']}/{line['cell']}"
            case "entry":
                self.entries[line["trial"]].append(entry_of(line))
            case "end":
                self.end = line

    def run(self) -> Run:
        if not self.head:
            why = f"{self.file.name} does not say which run it is"
            raise Problem(f"Reading run {self.file.parent}", why, "ls runs/")
        timelines: dict[str, list[Timeline]] = defaultdict(list)
        for trial, cell in self.cells.items():
            timelines[cell].append(written(self.entries[trial], self.head["run"]))
        return Run(self.head["run"], self.head["facts"], {c: tuple(ts) for c, ts in timelines.items()}, self.end)


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
