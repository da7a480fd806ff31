"""How far a learner has come with an exercise, kept in the state folder: a file each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.setup import paths as places

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    started: str = ""
    hints: int = 0
    """How many were taken."""

    checks: int = 0
    solved: str = ""
    shown: bool = False
    """Whether the solution was asked for before it was found."""

    @property
    def state(self) -> str:
        """In a few words, for a list."""
        if self.solved:
            return "solved, after its solution was shown" if self.shown else "solved"
        return "solution shown" if self.shown else "started" if self.started else "new"


def of(mark: str) -> Progress:
    """A file that is not there, or damaged, is a beginning: it costs nobody more than a list of what they did."""
    try:
        return _read(json.loads(_file(mark).read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return Progress()


def _read(document: dict[str, Any]) -> Progress:
    return Progress(
        started=str(document["started"]),
        hints=int(document["hints"]),
        checks=int(document["checks"]),
        solved=str(document["solved"]),
        shown=bool(document["shown"]),
    )


def keep(mark: str, progress: Progress) -> Progress:
    """Under its name it appears only when it is whole."""
    file = _file(mark)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(json.dumps({"schema": "labs.exercise/1", **asdict(progress)}, indent=2) + "\n")
    half.replace(file)
    return progress


def begun(progress: Progress) -> Progress:
    return replace(progress, started=progress.started or _now())


def hinted(progress: Progress, most: int) -> Progress:
    return replace(progress, hints=min(progress.hints + 1, most))


def checked(progress: Progress, *, solved: bool) -> Progress:
    """Solved stays solved, until it is begun anew."""
    return replace(progress, checks=progress.checks + 1, solved=progress.solved or (_now() if solved else ""))


def shown(progress: Progress) -> Progress:
    """To look at the solution after having found one is no shame."""
    return replace(progress, shown=progress.shown or not progress.solved)


def forget(mark: str) -> None:
    _file(mark).unlink(missing_ok=True)


def _file(mark: str) -> Path:
    return places.state() / "exercises" / f"{mark}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
