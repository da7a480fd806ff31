"""What a run looks like at one moment, put together from the lines of its journal alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.text import Text

STATES = {
    "serving": "serving",
    "answers": "serving",
    "silent": "silent",
    "refuses": "silent",
    "paused": "silent",
    "terminating": "ending",
    "died": "ended",
    "gone": "ended",
    "exited": "ended",
    "terminated": "ended",
}
"""What an event means for the copy that it is of; a copy that ended once stays so."""

BUCKET_S = 0.5
BUCKETS = 40
"""Of the client's view so many intervals are kept: 20 s."""


@dataclass(slots=True)
class Copy:
    """One incarnation: the letter is its own, so that who comes back is seen to be another one."""

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
    copies: dict[str, Copy] = field(default_factory=dict)
    acted: str = ""
    """What was done last."""

    missing: str = ""
    since_s: float = 0.0
    allowed_s: float = 0.0
    over: str = ""
    why: str = ""
    client: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=BUCKETS))
    """For each interval its number, and how many requests were answered and failed."""

    @property
    def cell(self) -> str:
        return f"{self.scenario} @ {self.arm}"

    @property
    def name(self) -> str:
        return f"{self.cell} #{self.number}"

    def asked(self, at_s: float, *, answered: bool) -> None:
        number = int(at_s / BUCKET_S)
        _, yes, no = self.client.pop() if self.client and self.client[-1][0] == number else (0, 0, 0)
        self.client.append((number, yes + answered, no + (not answered)))

    def event(self, id_: str, what: str) -> None:
        """Of an incarnation; before it is one, there is nothing to show."""
        if id_ in ("", "-"):
            return
        copy = self.copies.setdefault(id_, Copy(letter(len(self.copies))))
        if copy.state != "ended":
            copy.state = STATES.get(what, copy.state)


@dataclass(slots=True)
class Board:
    """Fed line by line; whoever shows it asks it."""

    run: str = ""
    now_s: float = 0.0
    """When the newest line was written, on the run's own clock."""

    wanted: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many trials of each lab and cell there are to be."""

    ended: dict[tuple[str, str], int] = field(default_factory=dict)
    opening: dict[str, float] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    """Trials that go on, by their ids."""

    news: deque[tuple[float, str | Text]] = field(default_factory=deque)
    """What is worth a line of its own, and when it was; whoever shows it takes it out."""

    @property
    def total(self) -> int:
        return sum(self.wanted.values())

    @property
    def over(self) -> int:
        return sum(self.ended.values())

    def labs(self) -> list[str]:
        return list(dict.fromkeys(lab for lab, _ in self.wanted))

    def tell(self, what: str | Text) -> None:
        self.news.append((self.now_s, what))

    def take(self, line: Mapping[str, Any]) -> None:
        taker = TAKERS.get(line["type"])
        if taker is not None:
            self.now_s = max(self.now_s, self._moment(line))
            taker(self, line)

    def _moment(self, line: Mapping[str, Any]) -> float:
        """An entry's time is that of its trial's clock."""
        at = float(line.get("at_s", 0.0))
        lane = self.lanes.get(str(line.get("trial", "")))
        return at + lane.began_s if line["type"] == "entry" and lane else at

    def begins(self, line: Mapping[str, Any]) -> None:
        self.run = str(line["run"])
        facts = line["facts"]
        labs = ", ".join(facts.get("labs", ()))
        self.tell(f"run {self.run}: {labs}, seed {facts.get('seed')}")

    def plans(self, line: Mapping[str, Any]) -> None:
        self.wanted[line["lab"], line["cell"]] = line["n"]

    def repeats(self, line: Mapping[str, Any]) -> None:
        times = "once more" if line["n"] == 1 else f"{line['n']} times more"
        self.tell(f"{line['cell']} is run {times}: {line['why']}")

    def opens(self, line: Mapping[str, Any]) -> None:
        self.opening[line["site"]] = line["at_s"]

    def opened(self, line: Mapping[str, Any]) -> None:
        self.opening.pop(line["site"], None)
        if "why" not in line:
            self.tell(f"{line['site']} opened in {line['took_s']:.1f} s")

    def trial(self, line: Mapping[str, Any]) -> None:
        scenario, _, arm = line["cell"].partition(" @ ")
        self.lanes[line["trial"]] = Lane(line["lab"], scenario, arm, line["n"], line["began_s"])

    def waits(self, line: Mapping[str, Any]) -> None:
        if lane := self.lanes.get(line["trial"]):
            lane.missing, lane.allowed_s = line["missing"], line["allowed_s"]
            lane.since_s = line["at_s"] - line["waited_s"]

    def entry(self, line: Mapping[str, Any]) -> None:
        lane = self.lanes.get(line["trial"])
        if lane is None:
            return
        facts = line.get("facts", {})
        match line["kind"], line["what"]:
            case "event", what:
                lane.event(facts.get("id", ""), what)
            case "act", what:
                lane.acted = what if facts.get("ok") == "yes" else f"{what} failed"
            case "request", what:
                lane.asked(line["at_s"], answered=what.startswith("2"))
            case "mark", "end":
                self._end(line["trial"], lane, facts)

    def _end(self, trial: str, lane: Lane, facts: Mapping[str, str]) -> None:
        del self.lanes[trial]
        key = lane.lab, lane.cell
        self.ended[key] = self.ended.get(key, 0) + 1
        if facts["how"] != "done":
            self.tell(f"{lane.name}: {facts.get('why', facts['how'])}")

    def removed(self, line: Mapping[str, Any]) -> None:
        what = "not everything could be removed, tried for" if line["left"] else "everything removed in"
        self.tell(f"{what} {line['took_s']:.1f} s")

    def waiting(self) -> Iterator[Lane]:
        """Who waits, the longest first; where all wait for the same thing, whoever began first."""
        waiting = [lane for lane in self.lanes.values() if lane.missing]
        return iter(sorted(waiting, key=lambda lane: lane.since_s))


TAKERS: Mapping[str, Callable[[Board, Mapping[str, Any]], None]] = {
    "run": Board.begins,
    "wanted": Board.plans,
    "again": Board.repeats,
    "opening": Board.opens,
    "site": Board.opened,
    "trial": Board.trial,
    "wait": Board.waits,
    "entry": Board.entry,
    "removed": Board.removed,
}


def letter(number: int) -> str:
    """a to z, and then aa, ab."""
    again, last = divmod(number, len(ascii_lowercase))
    return (letter(again - 1) if again else "") + ascii_lowercase[last]
