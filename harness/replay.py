"""A recorded run as it happened: its journal's lines at their moments, its verdicts as soon as they could be told."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.docket import Docket
from harness.model.timeline import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.model.claim import Lab
    from harness.model.clock import Clock
    from harness.model.timeline import Entry
    from harness.register import Register
    from harness.views.show import Show


@dataclass(frozen=True, slots=True)
class Moment:
    at_s: float
    line: Mapping[str, Any]


def moments(lines: Iterable[Mapping[str, Any]]) -> list[Moment]:
    """In the order in which it happened: what a client sent is written down later than what it was about."""
    began: dict[str, float] = {}
    found, last = [], 0.0
    for line in lines:
        if line["type"] == "trial":
            began[line["trial"]] = line["began_s"]
        at_s = _moment(line, began)
        last = max(last, at_s or 0.0)
        found.append(Moment(last if at_s is None else at_s, line))
    return sorted(found, key=lambda m: m.at_s)


def _moment(line: Mapping[str, Any], began: Mapping[str, float]) -> float | None:
    match line["type"]:
        case "entry":
            return float(began[line["trial"]] + line["at_s"]) if line["trial"] in began else None
        case "run":
            return 0.0
        case "trial":
            return float(line["began_s"])
        case "site":
            return float(line["began_s"] + line["took_s"])
    return float(line["at_s"]) if "at_s" in line else None


def wanted(lines: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """How many trials of each there are, where the journal is of a time when it was not said beforehand."""
    return Counter((line["lab"], line["cell"]) for line in lines if line["type"] == "trial")


class Film:
    """The moments of a run, and what there is to be judged as they pass."""

    def __init__(self, lines: Sequence[Mapping[str, Any]], labs: Sequence[Lab], known: Register) -> None:
        self.moments = moments(lines)
        facts: Mapping[str, Any] = next((line["facts"] for line in lines if line["type"] == "run"), {})
        said = any(line["type"] == "wanted" for line in lines)
        self.planned = Counter[tuple[str, str]]() if said else wanted(lines)
        self._run = str(next((line["run"] for line in lines if line["type"] == "run"), ""))
        self._trials: dict[str, Mapping[str, Any]] = {}
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        self._docket = Docket(labs, known, Counter(self.planned), lacking=frozenset(facts.get("lacking", ())))

    def show(self, show: Show, line: Mapping[str, Any]) -> None:
        show.take(line)
        match line["type"]:
            case "wanted":
                self._docket.wanted[line["lab"], line["cell"]] = line["n"]
            case "trial":
                self._trials[line["trial"]] = line
            case "entry" if line["trial"] in self._trials:
                self._entries[line["trial"]].append(journal.entry_of(line))
                if (line["kind"], line["what"]) == ("mark", "end"):
                    self._file(show, line["trial"])

    def _file(self, show: Show, trial: str) -> None:
        begun = self._trials[trial]
        timeline = written(self._entries.pop(trial), self._run, begun["n"])
        for finding in self._docket.file(begun["lab"], begun["cell"], timeline):
            show.verdict(finding)


class Projector:
    """Lets the time of a recording pass, so many times as fast as it did; with 0 as fast as it goes."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock, self._speed, self._began = clock, speed, clock.now()
        self._at_s = 0.0

    def now_s(self) -> float:
        return (self._clock.now() - self._began) * self._speed if self._speed else self._at_s

    def play(self, film: Film, show: Show) -> None:
        for (lab, cell), count in film.planned.items():
            film.show(show, {"type": "wanted", "at_s": 0.0, "lab": lab, "cell": cell, "n": count})
        for moment in film.moments:
            if self._speed:
                self._wait_for(moment.at_s)
            elif moment.at_s > self._at_s:
                show.now()
            self._at_s = moment.at_s
            film.show(show, moment.line)

    def _wait_for(self, at_s: float) -> None:
        if (left_s := (at_s - self.now_s()) / self._speed) > 0:
            self._clock.sleep(left_s)
