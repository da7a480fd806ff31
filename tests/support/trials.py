"""Recordings of one trial, written by hand: sound ones, and the same with one line changed or left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from harness.judging.audit import audited
from harness.lab import acts
from harness.lab.arm import IMAGE, Arm
from harness.lab.cell import Scenario, Trials, scenario
from harness.lab.claim import Lab
from harness.lab.site import Site, engine
from harness.lab.timeline import Timeline
from harness.model.entries import Acted, Began, Checked, Ended, Entry, Planned, Receipt
from harness.model.lines import SCHEMA, Run
from harness.model.seen import Seen
from harness.model.verdict import Verdict, fails, holds
from tests.support.lines import Line, acted, copy, looked, serving, window

WITHIN_S = 10.0
ONE = "1 copy that serves"


@scenario
def crash(t):
    """The only copy crashes."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=WITHIN_S)


def arm(name: str, site: Site = engine, **more: Any) -> Arm:
    return Arm(name, site, f"docker run --detach {IMAGE}", **more)


def cell(name: str, site: Site | None = None, how: Scenario = crash, **more: Any) -> Trials:
    """By default on a site of its own, so that no trial is alike to one of another cell's."""
    return how @ arm(name, site or replace(engine, name=f"where {name} is"), **more)


def one(line: Line) -> Entry:
    return line[1]


def seen(*lines: Line, since: Receipt | None = None) -> Seen:
    """By default since the last act."""
    entries = [one(line) for line in lines]
    return Seen(entries, since or [e for e in entries if isinstance(e, Acted)][-1])


# -- a copy that crashes


def frame(*own: Entry) -> list[Entry]:
    """A whole recording of a healthy site, whose last line counts the others."""
    end_s = max((e.at_s for e in own), default=0.0)
    after = ("files", "site after", "stream docker-events")
    before = [Began(began_s=0.0), Checked(at_s=0.0, what="site before")]
    return counted([*before, *own, *(Checked(at_s=end_s, what=what) for what in after), Ended(at_s=end_s, entries=0)])


def counted(entries: Iterable[Entry]) -> list[Entry]:
    every = list(entries)
    return [replace(e, entries=len(every)) if isinstance(e, Ended) else e for e in every]


def steady() -> list[Entry]:
    """It is brought up, and serves."""
    up = acted("up", 0.2, id_="r1", sent_s=0.1, typed=(f"docker run --detach {IMAGE}",))
    waits = {"must": True, "within_s": 60.0, "began_s": 0.2}
    windows = [window(ONE, at_s, id_=id_, **waits) for id_, at_s in (("r2", 0.6), ("r3", 0.7))]
    return [one(line) for line in (up, serving("a1", 0.5), *windows)]


def crashed(back_s: float | None, watched_s: float) -> list[Entry]:
    """The act is sent at 1 s; it is back so long after it, or was watched for so long in vain."""
    act = acted("crash", 1.1, id_="r4", sent_s=1.0, victims=("a1",), leaves="ended", by=("i-a1",))
    end_s = 1.0 + (watched_s if back_s is None else back_s)
    looks = [looked(1.1 + 0.5 * n, 0) for n in range(1, int((end_s - 1.1) / 0.5 + 0.01) + 1)]
    back = [] if back_s is None else [serving("a2", end_s)]
    end = window(
        "restored", end_s, id_="r5", since="r4", proved=bool(back), within_s=WITHIN_S, began_s=1.1, victims=("a1",),
        missing="" if back else "1 of 1 still missing",
    )  # fmt: skip
    return [one(line) for line in (copy("died", "a1", 1.05), act, *looks, *back, end)]


def back(after_s: float = 1.0) -> list[Entry]:
    return frame(*steady(), *crashed(after_s, 0.0))


def away(watched_s: float = 10.1) -> list[Entry]:
    return frame(*steady(), *crashed(None, watched_s))


def cut_off() -> list[Entry]:
    """Somebody killed the run."""
    return back()[:-4]


def timeline(entries: Sequence[Entry], number: int = 1, run: str = "run-1", how: Scenario = crash) -> Timeline:
    return audited(number, entries, how.play, run)


def trials(*recordings: Sequence[Entry], wanted: int = 0, of: Trials | None = None) -> Trials:
    """A cell with its recordings, which were run beside one another."""
    made = tuple(timeline(entries, n) for n, entries in enumerate(recordings, 1))
    return replace(of or cell("tested"), timelines=made, wanted=wanted or len(made), alike=made)


# -- one line changed


def but(entries: Sequence[Entry], kind: type[Entry], nth: int = 0, /, **changes: Any) -> list[Entry]:
    """With other fields in the nth line of a kind."""
    found = _nth(entries, kind, nth)
    return [replace(e, **changes) if e is found else e for e in entries]


def without(entries: Sequence[Entry], kind: type[Entry], nth: int = 0) -> list[Entry]:
    """As if that line had never been written."""
    found = _nth(entries, kind, nth)
    return counted(e for e in entries if e is not found)


def _nth(entries: Sequence[Entry], kind: type[Entry], nth: int) -> Entry:
    return [e for e in entries if type(e) is kind][nth]


# -- a lab, and the lines of its run

_ids = count(1)


def returns(crashed: Trials) -> Verdict:
    span = crashed.restored()
    return holds(f"back after {span}", back_s=span.median_s) if span else fails("it stayed away")


def small(name: str = "small") -> Lab:
    return Lab("Does it come back?", f"labs.{name}")


def head(run: str = "run-1", **facts: Any) -> Line:
    return "", Run(schema=SCHEMA, run=run, facts=facts)


def plans(of: Trials, number: int = 1, *, out_of: int = 1, lab: str = "small", rerun: bool = False) -> Line:
    """The first line of one more trial."""
    return f"t{next(_ids):03}", Planned(lab=lab, cell=of.cell, number=number, of=out_of, rerun=rerun)
