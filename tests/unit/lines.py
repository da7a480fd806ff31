"""What the tests of views share: lines as a journal holds them, a board that was told them, a terminal's file."""

from __future__ import annotations

import io
from typing import Any

from harness.views.board import Board

Line = dict[str, Any]
CELL = "crash @ web"


def run(**facts: Any) -> Line:
    return {
        "type": "run",
        "schema": "labs.journal/1",
        "run": "run-1",
        "facts": {"labs": ["small"], "seed": 7} | facts,
    }


def wanted(n: int, cell: str = CELL, *, lab: str = "small", at_s: float = 0.0) -> Line:
    return {"type": "wanted", "at_s": at_s, "lab": lab, "cell": cell, "n": n}


def trial(name: str = "t001", cell: str = CELL, *, n: int = 1, began_s: float = 0.0, lab: str = "small") -> Line:
    return {"type": "trial", "trial": name, "cell": cell, "n": n, "lab": lab, "began_s": began_s}


def wait(missing: str, *, at_s: float, waited_s: float = 0.0, allowed_s: float = 0.0, trial: str = "t001") -> Line:
    facts = {"missing": missing, "waited_s": waited_s, "allowed_s": allowed_s}
    return {"type": "wait", "at_s": at_s, "trial": trial} | facts


def entry(kind: str, what: str, at_s: float = 1.0, *, trial: str = "t001", who: str = "web-1", **facts: str) -> Line:
    line = {"type": "entry", "trial": trial, "at_s": at_s, "kind": kind, "who": who, "what": what}
    return line | ({"facts": facts} if facts else {})


def event(what: str, id_: str, at_s: float = 1.0, *, trial: str = "t001") -> Line:
    return entry("event", what, at_s, trial=trial, id=id_)


def end(trial: str = "t001", at_s: float = 9.0, **facts: str) -> Line:
    return entry("mark", "end", at_s, trial=trial, who="trial", **({"how": "done"} | facts))


def board(*lines: Line) -> Board:
    made = Board()
    for line in lines:
        made.take(line)
    return made


def busy(trials: int, *, arms: int = 3, copies: int = 3) -> Board:
    """So many trials of two scenarios side by side, each with its copies, its client, and what it waits for."""
    made = board(run(), {"type": "opening", "at_s": 0.5, "site": "swarm of 3"})
    for number in range(trials):
        cell, name = f"{('crash', 'hang')[number % 2]} @ arm {number % arms}", f"t{number:03d}"
        made.take(wanted(trials, cell))
        made.take(trial(name, cell, n=number + 1, began_s=1.0))
        made.take(entry("act", "crash", trial=name, ok="yes"))
        for copy in range(copies):
            made.take(event("serving", f"{number}/{copy}", trial=name))
        for at_s, what in ((1.0, "200"), (1.6, "timeout"), (2.2, "200")):
            made.take(entry("request", what, at_s, trial=name))
        made.take(wait("1 of 3 back", at_s=5.0, waited_s=2.0, allowed_s=30.0, trial=name))
    return made


def nothing_said(monkeypatch) -> None:
    """The environment says nothing of what is to be shown, and the terminal is a usual one."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


class Tty(io.StringIO):
    """Text that was written to a terminal."""

    def isatty(self) -> bool:
        return True
