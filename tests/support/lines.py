"""Lines as a run's journal has them: (trial, entry), what is not said being as in most tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.model.entries import (
    Acted,
    Asked,
    Asking,
    Began,
    Checked,
    Copy,
    Ended,
    Entry,
    Looked,
    Planned,
    Request,
    Said,
    Told,
    Window,
)  # fmt: skip
from harness.model.lines import SCHEMA, Fewer, Opened, Opening, Over, Removed, Run, Trouble, Waits
from harness.views.board import Board

Line = tuple[str, Entry]
CELL, LAB = "crash @ web", "small"


# -- of the run


def run(**facts: Any) -> Line:
    return "", Run(schema=SCHEMA, run="run-1", facts={"labs": [LAB], "seed": 7} | facts)


def fewer(of: int, cell: str = CELL, *, at_s: float = 0.0, lab: str = LAB) -> Line:
    return "", Fewer(at_s=at_s, lab=lab, cell=cell, of=of)


def opening(site: str = "cluster", at_s: float = 1.0) -> Line:
    return "", Opening(at_s=at_s, site=site)


def opened(site: str = "cluster", at_s: float = 4.0, took_s: float = 3.0, wrong: str = "") -> Line:
    return "", Opened(at_s=at_s, site=site, took_s=took_s, wrong=wrong)


def trouble(text: str, *, trial: str = "", at_s: float = 0.0) -> Line:
    return trial, Trouble(at_s=at_s, text=text)


def removed(*left: str, at_s: float = 50.0, took_s: float = 1.2) -> Line:
    return "", Removed(at_s=at_s, took_s=took_s, left=left)


def over(how: str = "done", *, at_s: float = 50.0, kept: bool = False) -> Line:
    return "", Over(at_s=at_s, how=how, wall_s=at_s, kept=kept)


# -- of a trial


def planned(
    trial: str = "t001", cell: str = CELL, number: int = 1, *, of: int = 1, lab: str = LAB, **more: Any
) -> Line:
    return trial, Planned(lab=lab, cell=cell, number=number, of=of, **more)


def began(trial: str = "t001", at_s: float = 0.0) -> Line:
    return trial, Began(began_s=at_s)


def trial(
    name: str = "t001", cell: str = CELL, number: int = 1, *, began_s: float = 0.0, lab: str = LAB
) -> list[Line]:
    """It is planned and begins."""
    return [planned(name, cell, number, lab=lab), began(name, began_s)]


def waits(
    missing: str, *, at_s: float = 1.0, waited_s: float = 0.0, allowed_s: float = 0.0, trial: str = "t001"
) -> Line:
    return trial, Waits(at_s=at_s, missing=missing, waited_s=waited_s, allowed_s=allowed_s)


def copy(what: str, id_: str = "one", at_s: float = 1.0, *, trial: str = "t001", **more: Any) -> Line:
    return trial, Copy(at_s=at_s, what=what, id=id_, **({"name": id_, "thing": id_} | more))


def serving(id_: str = "one", at_s: float = 1.0, *, trial: str = "t001", **more: Any) -> Line:
    return copy("serving", id_, at_s, trial=trial, instance=f"i-{id_}", ready=True, **more)


def acted(
    name: str = "crash", at_s: float = 1.0, *, trial: str = "t001", id_: str = "r1", proved: bool = True, **more: Any
) -> Line:
    made = {"sent_s": at_s, "done_s": at_s, "tried": False} | more
    return trial, Acted(at_s=at_s, id=id_, name=name, proved=proved, **made)


def window(
    name: str = "restored", at_s: float = 5.0, *, trial: str = "t001", id_: str = "r2", since: str = "r1",
    proved: bool = True, must: bool = False, within_s: float = 4.0, **more: Any,
) -> Line:  # fmt: skip
    made = {"sent_s": at_s, "began_s": 1.0} | more
    return trial, Window(
        at_s=at_s, id=id_, name=name, since=since, proved=proved, must=must, within_s=within_s, **made
    )


def request(at_s: float, error: str = "", *, trial: str = "t001", by: str = "i-one", took_s: float = 0.0) -> Line:
    return trial, Request(at_s=at_s, client="ask", to="web", by="" if error else by, error=error, took_s=took_s)


def asking(at_s: float = 1.0, *, trial: str = "t001", per_s: float = 10.0) -> Line:
    return trial, Asking(at_s=at_s, client="ask", per_s=per_s)


def asked(sent: int, at_s: float = 9.0, *, trial: str = "t001", **more: Any) -> Line:
    return trial, Asked(at_s=at_s, client="ask", sent=sent, **more)


def looked(at_s: float, serving: int = 1, *, trial: str = "t001") -> Line:
    return trial, Looked(at_s=at_s, serving=serving)


def told(fact: str, said: str = "", at_s: float = 1.0, *, trial: str = "t001", **more: Any) -> Line:
    return trial, Told(at_s=at_s, fact=fact, said=said, **more)


def wrote(line: str, at_s: float = 1.0, *, trial: str = "t001", name: str = "web", container: str = "web") -> Line:
    return trial, Said(at_s=at_s, name=name, container=container, line=line)


def checked(what: str, wrong: str = "", at_s: float = 0.1, *, trial: str = "t001") -> Line:
    return trial, Checked(at_s=at_s, what=what, wrong=wrong)


def ended(trial: str = "t001", at_s: float = 9.0, wrong: str = "", entries: int = 0) -> Line:
    return trial, Ended(at_s=at_s, entries=entries, wrong=wrong)


# -- a board that was told them


Lines = Line | list[Line]


def flat(lines: Iterable[Lines]) -> list[Line]:
    return [one for given in lines for one in (given if isinstance(given, list) else [given])]


def board(*lines: Lines) -> Board:
    made = Board()
    for name, one in flat(lines):
        made.hear(name, one)
    return made


def busy(trials: int, *, arms: int = 3, copies: int = 3) -> Board:
    """So many trials of two scenarios side by side, each with its copies, its client, and what it waits for."""
    made = board(run(), opening("swarm of 3", 0.5))
    for number in range(trials):
        cell, name = f"{('crash', 'hang')[number % 2]} @ arm {number % arms}", f"t{number:03d}"
        mine = [
            *trial(name, cell, number + 1, began_s=1.0),
            acted(trial=name),
            *(serving(f"{number}/{copy}", trial=name) for copy in range(copies)),
            *(request(at_s, error, trial=name) for at_s, error in ((1.0, ""), (1.6, "timeout"), (2.2, ""))),
            waits("1 of 3 still missing", at_s=5.0, waited_s=2.0, allowed_s=30.0, trial=name),
        ]
        for of, one in mine:
            made.hear(of, one)
    return made
