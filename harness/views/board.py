"""What a run looks like at one moment, put together from the lines of its journal alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase

from rich.text import Text

from harness.lab.acts import up
from harness.model import entries
from harness.model.entries import Acted, Began, Ended, Entry, Planned, Request
from harness.model.lines import Fewer, Opened, Opening, Over, Removed, Run, Trouble, Waits
from harness.views.words import ASKS

STATES = {
    "created": "starting",
    "serving": "serving",
    "answers": "serving",
    "unready": "silent",
    "refuses": "silent",
    "silent": "silent",
    "refused": "refused",
    "died": "ended",
    "gone": "ended",
}
"""How a copy is, by what was last said of it; one that ended once stays so."""

BUCKET_S = 0.5
BUCKETS = 40
"""Intervals of the clients' view that are kept: 20 s."""

UNSHOWN = (up.name, ASKS)
"""How the names of acts begin that are not worth showing: that an arm was brought up, that a client asks."""

ON_THE_RUN = (Run, Fewer, Opening, Opened, Waits, Removed, Over)
"""Lines whose time is the run's own, whichever trial they are about."""


@dataclass(slots=True)
class Copy:
    """One incarnation: the letter is its own, so that whatever comes back is seen to be another one."""

    letter: str
    state: str = "starting"


@dataclass(slots=True)
class Lane:
    """One trial."""

    lab: str
    scenario: str
    arm: str
    number: int
    began_s: float
    copies: list[Copy] = field(default_factory=list)
    acted: str = ""
    """What was done last."""

    missing: str = ""
    since_s: float = 0.0
    allowed_s: float = 0.0
    client: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many requests were answered and how many failed, by the interval in which they were sent."""

    _known: dict[str, Copy] = field(default_factory=dict)
    """By incarnation; by container or Pod until it first starts."""

    @property
    def cell(self) -> str:
        return f"{self.scenario} @ {self.arm}"

    @property
    def name(self) -> str:
        return f"{self.cell} #{self.number}"

    def asked(self, at_s: float, *, answered: bool) -> None:
        number = int(at_s / BUCKET_S)
        yes, no = self.client.get(number, (0, 0))
        self.client[number] = yes + answered, no + (not answered)
        if len(self.client) > BUCKETS:
            del self.client[min(self.client)]

    def seen(self, one: entries.Copy) -> None:
        key = one.id or one.thing
        copy = self._known.get(key) or (self._known.pop(one.thing, None) if one.id else None)
        if copy is None:
            copy = Copy(letter(len(self.copies)))
            self.copies.append(copy)
        self._known[key] = copy
        if copy.state != "ended":
            copy.state = STATES.get(one.what, copy.state)

    def did(self, act: Acted) -> None:
        if act.name.partition(" ")[0] not in UNSHOWN:
            failed = "was refused" if act.no else "had no effect"
            self.acted = act.name if act.proved else f"{act.name} {failed}"


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
            case Request():
                lane.asked(one.at_s, answered=not one.error)
            case Ended():
                del self.lanes[trial]
                self.done.add(trial)
                if one.wrong:
                    self.tell(f"{lane.name}: {one.wrong}")

    def waiting(self) -> Iterator[Lane]:
        """Trials that wait, the longest first; where all wait for the same thing, whichever began first."""
        waiting = [lane for lane in self.lanes.values() if lane.missing]
        return iter(sorted(waiting, key=lambda lane: lane.since_s))


def letter(number: int) -> str:
    """a to z, and then aa, ab."""
    again, last = divmod(number, len(ascii_lowercase))
    return (letter(again - 1) if again else "") + ascii_lowercase[last]
