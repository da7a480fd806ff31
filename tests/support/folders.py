"""Folders of recorded runs: those of the labs in memory, and what tests make of them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from harness.journal import FILE, Recording, recorded
from harness.judging import catalog
from tests.support.recorded import Bench, of


def bench(name: str, *faults: str) -> Bench:
    """The lab as its own test says that it has to be run in memory."""
    test = importlib.import_module(f"tests.labs.test_{name.replace('-', '_')}")
    return of(name, *faults, **getattr(test, "LIKE", {}))


def folder(name: str) -> Path:
    return bench(name).folder


@cache
def recording(name: str) -> Recording:
    return recorded(folder(name))


def every() -> list[Path]:
    """One run of each lab that judges articles."""
    return [folder(name) for name in catalog.judged()]


def text(name: str) -> str:
    return (folder(name) / FILE).read_text()


def written(to: Path, journal: str) -> Path:
    to.mkdir(parents=True)
    (to / FILE).write_text(journal)
    return to


def changed(to: Path, change: Callable[[str], str], lab: str = "storage") -> Path:
    """A run whose journal was changed, as text."""
    before = text(lab)
    after = change(before)
    assert after != before
    return written(to, after)


def saying(journal: str, **facts: Any) -> str:
    """The same run, which says more of itself."""
    first, _, rest = journal.partition("\n")
    head = json.loads(first)
    return json.dumps(head | {"facts": head["facts"] | facts}) + "\n" + rest


def called(journal: str, run: str) -> str:
    """The same run under another name."""
    first, _, rest = journal.partition("\n")
    return json.dumps(json.loads(first) | {"run": run}) + "\n" + rest


def damaged(journal: str, line: int = 61) -> str:
    lines = journal.split("\n")
    return "\n".join([*lines[: line - 1], '{"kind": "Copy"', *lines[line:]])
