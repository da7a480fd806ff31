"""What a run looks like at one moment, put together from the lines of its journal alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.text import Text

from harness.model import entries
from harness.model.entries import Acted, Asked, Asking, Began, Ended, Entry, Planned, Request
from harness.model.lines import Fewer, Opened, Opening, Over, Removed, Run, Trouble, Waits
from harness.views.lane import Lane

ON_THE_RUN = (Run, Fewer, Opening, Opened, Waits, Removed, Over)
"""Lines whose time is the run's own, whichever trial they are about."""


@dataclass(slots=True)
class Board:
    """Fed line by line; whoever shows it asks it."""

    run: str = ""
    now_s: float = 0.0
    """When the newest line was written, on the run's own clock."""

    planned: dict[str, Planned] = field(default_factory=dict)
    """Trials that there are to be, by their ids."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    """Those that are under way."""

    done: set[str] = field(default_factory=set)
    opening: dict[str, float] = field(default_factory=dict)
    news: deque[tuple[float, str | Text]] = field(default_factory=deque)
    """What is worth a line of its own, and when it was; whoever shows it takes it out."""

    _removed: Removed | None = None

    @property
    def wanted(self) -> Counter[tuple[str, str]]:
        """How many trials of each lab and cell there are to be."""
        return Counter((p.lab, p.cell) for p in self.planned.values())

    @property
    def ended(self) -> Counter[tuple[str, str]]:
        return Counter((p.lab, p.cell) for t, p in self.planned.items() if t in self.done)

    @property
    def total(self) -> int:
        return len(self.planned)

    @property
    def over(self) -> int:
        return len(self.done)

    def tell(self, what: str | Text) -> None:
        self.news.append((self.now_s, what))

    def hear(self, trial: str, one: Entry) -> None:
        self.now_s = max(self.now_s, self._moment(trial, one))
        if not trial:
            self._of_run(one)
        elif lane := self.lanes.get(trial):
            self._of_trial(trial, lane, one)
        elif isinstance(one, Planned):
            self.planned[trial] = one
        elif isinstance(one, Began) and trial in self.planned and trial not in self.done:
            self._begin(trial, one)

    def _moment(self, trial: str, one: Entry) -> float:
        """An entry's time is that of its trial's clock."""
        if isinstance(one, Began):
            return one.began_s
        lane = None if isinstance(one, ON_THE_RUN) else self.lanes.get(trial)
        return one.at_s + (lane.began_s if lane else 0.0)

    # -- the run

    def _of_run(self, one: Entry) -> None:
        match one:
            case Run():
                self._begins(one)
            case Fewer():
                self._fewer(one)
            case Opening():
                self.opening[one.site] = one.at_s
            case Opened():
                self._opened(one)
            case Removed():
                self._removed = one
            case Over():
                self._ends(one)
            case Trouble():
                self.tell(one.text)

    def _begins(self, one: Run) -> None:
        self.run = one.run
        labs = one.facts.get("labs", ())
        named = ", ".join(map(str, labs)) if isinstance(labs, list | tuple) else str(labs)
        seed = f", seed {one.facts['seed']}" if "seed" in one.facts else ""
        self.tell(f"run {one.run}: {named}{seed}")

    def _fewer(self, one: Fewer) -> None:
        """Those that never began are not waited for any more."""
        for trial, p in list(self.planned.items()):
            begun = trial in self.lanes or trial in self.done
            if (p.lab, p.cell) == (one.lab, one.cell) and p.number > one.of and not begun:
                del self.planned[trial]

    def _opened(self, one: Opened) -> None:
        self.opening.pop(one.site, None)
        if not one.wrong:  # why it did not open is told by whatever that ends
            self.tell(f"{one.site} opened in {one.took_s:.1f} s")

    def _ends(self, one: Over) -> None:
        if one.kept:
            self.tell("everything was left as it is: labs clean removes it")
        elif self._removed is not None:
            what = "not everything could be removed, tried for" if self._removed.left else "everything removed in"
            self.tell(f"{what} {self._removed.took_s:.1f} s")

    # -- trials

    def _begin(self, trial: str, one: Began) -> None:
        p = self.planned[trial]
        scenario, _, arm = p.cell.partition(" @ ")
        self.lanes[trial] = Lane(p.lab, scenario, arm, p.number, one.began_s)

    def _of_trial(self, trial: str, lane: Lane, one: Entry) -> None:
        match one:
            case Waits():
                lane.missing, lane.allowed_s, lane.since_s = one.missing, one.allowed_s, one.at_s - one.waited_s
            case entries.Copy():
                lane.seen(one)
            case Acted():
                lane.did(one)
            case Asking():
                lane.begins(one)
            case Asked():
                lane.ends(one)
            case Request():
                lane.asked(one)
            case Ended():
                del self.lanes[trial]
                self.done.add(trial)
                if one.wrong:
                    self.tell(f"{lane.name}: {one.wrong}")

    def waiting(self) -> Iterator[Lane]:
        """Trials that wait, the longest first; where all wait for the same thing, whichever began first."""
        waiting = [lane for lane in self.lanes.values() if lane.missing]
        return iter(sorted(waiting, key=lambda lane: lane.since_s))
