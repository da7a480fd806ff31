"""The spine: every line of a run, written live or read back, goes to whoever listens."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from harness.model.entries import Entry, Planned, Request
from harness.model.errors import Problem
from harness.model.lines import PASSING, SCHEMA, Over, Run, read, written
from harness.model.packed import packed, packs, unpacked
from harness.model.seen import Lines

FILE = "journal.jsonl"
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a line raises that is not as it was written."""

Hear = Callable[[str, Entry], None]


class Journal:
    """Writes one run, line by line as it happens: kill -9 costs one line at most, and the last second's requests."""

    def __init__(self, folder: Path, run: str, facts: Mapping[str, Any], heard: tuple[Hear, ...] = ()) -> None:
        try:
            folder.mkdir(parents=True)
            self._file = (folder / FILE).open("x", buffering=1, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            seen = f"{error.strerror or error}: {folder}"
            raise Problem(
                "Making a folder for the recording", seen, "the same from a folder that can be written"
            ) from error
        self.folder, self.run = folder, run
        self.trials: defaultdict[str, Lines] = defaultdict(Lines)
        self.full = ""
        """Why nothing more could be written."""

        self._heard, self._lock = heard, threading.RLock()
        self._answered: defaultdict[str, list[Request]] = defaultdict(list)
        """By trial, those that go on one line."""

        self.put("", Run(schema=SCHEMA, run=run, facts=dict(facts)))

    def put(self, trial: str, one: Entry) -> None:
        """Written and heard in one order, whoever calls."""
        with self._lock:
            self._write_down(trial, one)
            if trial and not isinstance(one, PASSING):
                self.trials[trial].append(one)
            for hear in self._heard:
                hear(trial, one)

    def _write_down(self, trial: str, one: Entry) -> None:
        if not packs(self._answered[trial], one):
            self._flush(trial)
        if packs((), one):
            self._answered[trial].append(cast("Request", one))
        else:
            self._write(written(trial, one))

    def _flush(self, trial: str) -> None:
        if answered := self._answered.pop(trial, None):
            self._write(written(trial, packed(answered)))

    def _write(self, text: str) -> None:
        if self._file.closed or self.full:
            return
        try:
            self._file.write(text + "\n")
        except OSError as error:  # the disk is full: the run ends, and says so
            self.full = f"{error.strerror or error}: {self.folder / FILE}"

    def close(self) -> None:
        with self._lock:
            for trial in list(self._answered):
                self._flush(trial)
            try:
                self._file.close()
            except OSError as error:
                self.full = self.full or f"{error.strerror or error}: {self.folder / FILE}"


@dataclass(slots=True)
class Recording:
    """A run as its journal tells it."""

    id: str
    facts: dict[str, Any] = field(default_factory=dict)
    lines: list[tuple[str, Entry]] = field(default_factory=list)
    trouble: str = ""
    """What of it could not be read: nothing may be judged by the rest."""

    @property
    def labs(self) -> tuple[str, ...]:
        """Those that it was begun for and those that it recorded, as far as it says so."""
        begun = self.facts.get("labs", ())
        named = (n for n in begun if isinstance(n, str)) if isinstance(begun, (list, tuple)) else ()
        return tuple(dict.fromkeys([*named, *(e.lab for _, e in self.lines if isinstance(e, Planned))]))

    @property
    def lacking(self) -> frozenset[str]:
        """What its host could not do."""
        told = self.facts.get("lacking", ())
        return frozenset(n for n in told if isinstance(n, str)) if isinstance(told, (list, tuple)) else frozenset()

    @property
    def over(self) -> Over | None:
        return next((e for _, e in reversed(self.lines) if isinstance(e, Over)), None)


def recorded(folder: Path) -> Recording:
    """The run in a folder; a last line that was cut short is what a killed run leaves, any other damage is told."""
    found = salvaged(folder)
    if found.trouble:
        raise _unreadable(folder, found.trouble)
    return found


def _unreadable(folder: Path, trouble: str) -> Problem:
    fix = "the version of labs that recorded it" if "schema" in trouble else "another run: ls runs/"
    return Problem(f"Reading run {folder}", trouble, fix)


def salvaged(folder: Path) -> Recording:
    """The run in a folder as far as it can be read; its `trouble` is what stood in the way."""
    found, damage = Recording(folder.name), list[str]()
    for number, last, text in _texts(folder):
        try:
            trial, one = read(text.decode())
            if isinstance(one, Run):
                if one.schema != SCHEMA:
                    damage.append(f"it was recorded with schema {one.schema}, this program reads {SCHEMA}")
                    break
                found.id, found.facts = one.run, one.facts
            found.lines += [(trial, each) for each in unpacked(one)]
        except DAMAGE as error:
            if b'"schema"' in text and SCHEMA.encode() not in text:
                damage.append(f"it was recorded with another schema than {SCHEMA}, which this program reads")
                break
            if not last:
                damage.append(f"{FILE}, line {number}: {type(error).__name__}: {error}")
    if not any(isinstance(one, Run) for _, one in found.lines) and not damage:
        damage.append(f"{FILE} does not say which run it is")
    if not found.lines:
        raise _unreadable(folder, damage[0])
    more = f"; {len(damage) - 1} more lines like it" if damage[1:] else ""
    found.trouble = damage[0] + more if damage else ""
    return found


def _texts(folder: Path) -> Iterator[tuple[int, bool, bytes]]:
    file = folder / FILE
    try:
        every = file.read_bytes().split(b"\n")
    except OSError as error:
        raise Problem(f"Reading run {folder}", f"{FILE}: {error.strerror}", "another run: ls runs/") from error
    return ((number, number == len(every), text) for number, text in enumerate(every, 1) if text)


def newest(runs: Path, lab: str = "") -> Path | None:
    """The folder of the run that was begun last, or of the last one with that lab; names begin with the time."""
    folders = sorted((file.parent for file in runs.glob(f"*/{FILE}")), reverse=True)
    return next((folder for folder in folders if not lab or _has(folder, lab)), None)


def _has(folder: Path, lab: str) -> bool:
    try:
        return lab in recorded(folder).labs
    except Problem:
        return False
