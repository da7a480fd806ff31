"""What a trial wrote down, in the order in which it was seen here; and the one text notation for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Kind(StrEnum):
    """Who speaks: the platform (event), the client (request), or the trial, of what it did, saw and finished."""

    EVENT = "event"
    ACT = "act"
    TRY = "try"
    SAMPLE = "sample"
    NOTE = "note"
    MARK = "mark"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when it was seen on the trial's own clock, of whom, what, and the facts beside it."""

    at_s: float
    kind: Kind
    who: str
    what: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str) -> float:
        return float(self.facts[name])

    def __str__(self) -> str:
        what = self.what if self.kind is Kind.EVENT else f"{self.kind}:{self.what}"
        facts = "".join(f"  {name}={_quoted(value)}" for name, value in self.facts.items())
        return f"{self.at_s:.3f} s  {self.who}  {what}{facts}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A finished recording; nothing can be added to it."""

    entries: tuple[Entry, ...]
    run: str = ""
    number: int = 0
    """Which of its cell's trials in that run it is; one that is run again keeps its number. 0: not known."""

    def of(self, kind: Kind, what: str = "") -> Iterator[Entry]:
        return (e for e in self.entries if e.kind is kind and what in ("", e.what))

    def first(self, kind: Kind, what: str) -> Entry | None:
        return next(self.of(kind, what), None)

    def last(self, kind: Kind, what: str) -> Entry | None:
        found = list(self.of(kind, what))
        return found[-1] if found else None

    def __str__(self) -> str:
        return "\n".join(str(entry) for entry in self.entries)


_LINE = re.compile(
    r"\s*(?P<at>[0-9]+(?:\.[0-9]+)?) s\s+(?P<who>\S+)\s+"
    r"(?:(?P<kind>act|try|sample|note|mark|request):)?(?P<what>[^\s=:]+)"
)
_FACT = re.compile(r'\s+(?P<name>[A-Za-z_]\w*)=(?P<value>"(?:[^"\\]|\\.)*"|\S*)')
_PLAIN = re.compile(r"[^\s\"=]+")


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def parse(text: str) -> Timeline:
    """The notation read back; blank lines and `#` comments are left out, anything else odd is a ValueError."""
    lines = enumerate(text.split("\n"), 1)  # splitlines would also split at characters that a value may hold
    return Timeline(tuple(_entry(line, n) for n, line in lines if line.strip() and not line.lstrip().startswith("#")))


def _entry(line: str, number: int) -> Entry:
    head = _LINE.match(line)
    if head is None:
        raise ValueError(f"line {number}: {line.strip()!r} does not begin with `SECONDS s  WHO  WHAT`")
    facts, at = {}, head.end()
    while fact := _FACT.match(line, at):
        value = fact["value"]
        facts[fact["name"]] = _unquoted(value, number)
        at = fact.end()
    if line[at:].strip():
        raise ValueError(f"line {number}: {line[at:].strip()!r} is not a fact such as name=value")
    return Entry(float(head["at"]), Kind(head["kind"] or "event"), head["who"], head["what"], facts)


def _unquoted(value: str, number: int) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError as error:
        raise ValueError(f"line {number}: {value} is not a quoted text as JSON has it") from error


def written(entries: Iterable[Entry], run: str = "", number: int = 0) -> Timeline:
    """A timeline in order of time; entries of equal time keep the order in which they were written."""
    return Timeline(tuple(sorted(entries, key=lambda e: e.at_s)), run, number)
