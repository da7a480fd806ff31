"""A recorded run as it happened: its journal's lines at their moments, its verdicts as soon as they could be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from harness.journal import Recording
from harness.judging.docket import Docket
from harness.judging.findings import Finding, finding
from harness.judging.register import Register
from harness.lab.claim import Lab
from harness.model.clock import Clock
from harness.model.entries import Began, Ended, Entry, Planned
from harness.model.lines import Over, Trouble
from harness.views.board import ON_THE_RUN

TIMELESS = (Planned, Trouble)
"""Lines that do not say when they were written."""


class Shown(Protocol):
    """What of a Show is needed."""

    def hear(self, trial: str, one: Entry) -> None: ...
    def verdict(self, finding: Finding) -> None: ...
    def now(self) -> None: ...


class Moment(NamedTuple):
    at_s: float
    trial: str
    one: Entry


def moments(lines: Iterable[tuple[str, Entry]]) -> list[Moment]:
    """In the order in which they were written, none before its own time.

    Whoever judges must hear them in this order: what had been seen when a window closed stands before it.
    """
    began: dict[str, float] = {}
    found, last_s = list[Moment](), 0.0
    for trial, one in lines:
        if isinstance(one, Began):
            began[trial] = one.began_s
        last_s = max(last_s, _moment(trial, one, began))
        found.append(Moment(last_s, trial, one))
    return found


def _moment(trial: str, one: Entry, began: dict[str, float]) -> float:
    if isinstance(one, TIMELESS):
        return 0.0
    if isinstance(one, Began):
        return one.began_s
    return one.at_s + (0.0 if isinstance(one, ON_THE_RUN) else began.get(trial, 0.0))


class Film:
    """The moments of a run, and a docket that hears them as they pass."""

    def __init__(self, run: Recording, labs: Sequence[Lab], known: Register) -> None:
        self.moments, self._known = moments(run.lines), known
        only = run.facts.get("only", ())
        named = frozenset(map(str, only)) if isinstance(only, list | tuple) else frozenset[str]()
        self._docket = Docket(labs, only=named, lacking=run.lacking)

    def show(self, show: Shown, moment: Moment) -> None:
        one = moment.one
        self._docket.hear(moment.trial, one)
        show.hear(moment.trial, one)
        over = isinstance(one, Over) and one.how == "done"
        if (over or isinstance(one, Ended)) and not self._docket.trouble:
            for settled in self._docket.settle(over=over):
                show.verdict(finding(settled, self._known))


class Projector:
    """Lets the time of a recording pass, so many times as fast as it did; with 0 as fast as it goes."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock, self._speed, self._began = clock, speed, clock.now()
        self._at_s = 0.0

    def now_s(self) -> float:
        return (self._clock.now() - self._began) * self._speed if self._speed else self._at_s

    def play(self, film: Film, show: Shown) -> None:
        for moment in film.moments:
            if self._speed:
                self._wait_for(moment.at_s)
            elif moment.at_s > self._at_s:
                show.now()
            self._at_s = moment.at_s
            film.show(show, moment)

    def _wait_for(self, at_s: float) -> None:
        if (left_s := (at_s - self.now_s()) / self._speed) > 0:
            self._clock.sleep(left_s)
