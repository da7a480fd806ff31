"""Hears a run's lines, live or replayed: files trials as they end, settles claims, asks for reruns.

A claim is settled as soon as nothing that is still to come can change its verdict. Where only the watching was too
short for a machine that turned out slow, trials are asked for once more.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.judging.audit import audited
from harness.judging.court import Court, Recorded
from harness.lab.claim import Lab
from harness.lab.timeline import Timeline
from harness.model.entries import Ended, Entry, Planned
from harness.model.lines import PASSING, Fewer, Run
from harness.model.verdict import Grade, NotShown, Verdict, combine

RERUNS = 2
"""A trial is run again at most so often."""


class Again(NamedTuple):
    """A trial to be run once more, and why."""

    planned: Planned
    why: NotShown


class Settled(NamedTuple):
    """A claim that is decided, or as far as it can be."""

    lab: str
    id: str
    parts: Mapping[str, Verdict]


class Docket:
    def __init__(
        self, labs: Sequence[Lab], *, only: frozenset[str] = frozenset(), lacking: frozenset[str] = frozenset(),
        known: Mapping[str, Verdict] | None = None, reruns: int = RERUNS,
    ) -> None:  # fmt: skip
        """`known`: verdicts over claims of other labs."""
        self.labs, self._lacking, self._reruns = {lab.name: lab for lab in labs}, lacking, reruns
        self._claims = [(lab.name, c) for lab in labs for c in lab.claims if not only or c.id in only]
        self.settled: dict[str, Settled] = {}
        self.verdicts: dict[str, Verdict] = dict(known or {})
        self.again: list[Again] = []
        """Trials that watched too little; whoever runs them again takes them out."""

        self.timelines: defaultdict[str, dict[str, tuple[Timeline, ...]]] = defaultdict(dict)
        self.wanted: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.trouble: list[str] = []
        """What in the lines contradicts itself: nothing may be judged by them."""

        self._run = ""
        self._planned: dict[str, Planned] = {}
        self._first: set[tuple[str, str, str, int]] = set()
        self._entries: dict[str, list[Entry]] = {}
        self._of: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._awaited: dict[str, Planned] = {}
        self._ended: list[str] = []
        self._times = Counter[tuple[str, str, int]]()
        self._lock = threading.Lock()

    # -- what is heard

    def hear(self, trial: str, one: Entry) -> None:
        """Cheap: it is called with each line, by whoever writes it."""
        with self._lock:
            if isinstance(one, Run):
                self._run = one.run
            elif isinstance(one, Planned):
                self._plan(f"{self._run}/{trial}", one)
            elif isinstance(one, Fewer):
                self._fewer(one)
            elif trial and not isinstance(one, PASSING):
                self._file(f"{self._run}/{trial}", one)

    def _plan(self, trial: str, one: Planned) -> None:
        if one.lab not in self.labs or one.cell not in self.labs[one.lab].cells:
            return
        same = (one.lab, one.cell, one.number)
        if trial in self._planned:
            self.trouble.append(f"two trials are called {trial.rpartition('/')[2]}")
        elif not one.rerun and (self._run, *same) in self._first:
            self.trouble.append(f"{one.cell} #{one.number} was planned twice")
        self._first.add((self._run, *same))
        self._planned[trial] = self._awaited[trial] = one
        self._entries[trial] = []
        self._times[same] += 1
        self._want(one.lab, one.cell, one.of)

    def _want(self, lab: str, cell: str, of: int) -> None:
        self._of[lab, cell][self._run] = of
        self.wanted[lab][cell] = sum(self._of[lab, cell].values())

    def _fewer(self, one: Fewer) -> None:
        """Those that never began are not waited for any more."""
        for trial, p in list(self._planned.items()):
            same = (p.lab, p.cell) == (one.lab, one.cell) and trial.startswith(f"{self._run}/")
            if same and p.number > one.of and not self._entries[trial]:
                del self._planned[trial]
                self._awaited.pop(trial, None)
        self._want(one.lab, one.cell, one.of)

    def _file(self, trial: str, one: Entry) -> None:
        if (entries := self._entries.get(trial)) is None:
            return  # of no lab that is judged here, or of a trial that nobody planned
        if entries and isinstance(entries[-1], Ended):
            self.trouble.append(f"{trial.rpartition('/')[2]} has lines after its end")
        entries.append(one)
        if isinstance(one, Ended):
            self._ended.append(trial)

    # -- what is settled

    def settle(self, *, over: bool = False) -> list[Settled]:
        """What can be settled by now and could not before; with `over` all of it, as it stands."""
        with self._lock:
            ended, self._ended = self._ended, []
            for trial in ended:
                self._awaited.pop(trial, None)
            if over:
                ended += [t for t, p in self._awaited.items() if self._entries[t]]
                self._awaited.clear()
        for trial in ended:
            self._audit(trial)
        found: list[Settled] = []
        while fresh := self._round(over=over):
            found += fresh
        return found

    def _audit(self, trial: str) -> None:
        p, run = self._planned[trial], trial.partition("/")[0]
        cells, play = self.timelines[p.lab], self.labs[p.lab].cells[p.cell].scenario.play
        cells[p.cell] = (*cells.get(p.cell, ()), audited(p.number, self._entries[trial], play, run))

    def _round(self, *, over: bool) -> list[Settled]:
        found = []
        for lab, id_ in dict.fromkeys((lab, c.id) for lab, c in self._claims if c.id not in self.settled):
            if parts := self._parts(lab, id_, over=over):
                self.settled[id_] = Settled(lab, id_, parts)
                self.verdicts[id_] = combine(parts)
                found.append(self.settled[id_])
        return found

    def _parts(self, lab: str, id_: str, *, over: bool) -> dict[str, Verdict]:
        """Empty as long as it cannot be settled."""
        claims = [c for of, c in self._claims if (of, c.id) == (lab, id_)]
        cells = {name: t for c in claims for name, t in c.cells.items()}
        awaited = {p.cell for p in self._awaited.values() if p.lab == lab} & cells.keys()
        complete = set(cells) - awaited
        if not over and (not complete & self.timelines[lab].keys() and cells):
            return {}
        recorded = Recorded(self.timelines[lab], self.wanted[lab]).only(complete)
        courts = {c.part: Court(c, recorded, self.verdicts, self._lacking) for c in claims}
        parts = {part: court.settle() for part, court in courts.items()}
        if over:
            return parts
        if awaited:
            lengthen = {cells[name].kind for name in awaited} & {cells[name].kind for name in complete}
            return parts if all(v.decided for v in parts.values()) and not lengthen else {}
        again = [a for part, court in courts.items() if parts[part].grade is Grade.INCONCLUSIVE
                 for a in self._short(lab, court)]  # fmt: skip
        self.again += [a for a in again if a.planned not in [known.planned for known in self.again]]
        return {} if again or any(v.reason == "not-derived" for v in parts.values()) else parts

    def _short(self, lab: str, court: Court) -> list[Again]:
        short = court.short()
        newest = {(p.cell, (t.partition("/")[0], p.number)): p for t, p in self._planned.items() if p.lab == lab}
        return [
            Again(newest[key], why) for key, why in short.items()
            if key in newest and self._times[lab, newest[key].cell, newest[key].number] <= self._reruns
        ]  # fmt: skip

    def recorded(self, lab: str) -> Recorded:
        return Recorded(self.timelines[lab], self.wanted[lab])
