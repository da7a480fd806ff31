"""What to do next: a pure function of how the jobs and the sites of a run stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness.lab.cell import Trials

AHEAD = 2
"""Trials are set up for at most so many times the room, so that the next can start at once."""

TINY = 1e-9

JobState = Literal["held", "waiting", "starting", "standing", "watching", "striking", "over"]
"""held: it waits until it is known how long the first of its cell takes."""

SiteState = Literal["closed", "opening", "open", "broken", "mending", "closing", "gone"]


@dataclass(frozen=True, slots=True)
class Job:
    """One trial of a run."""

    id: str
    lab: str
    trials: Trials
    number: int
    cpus: float
    group: int = 0
    """Which claim it was planned for first: groups are run in their order."""

    phase: int = 0
    state: JobState = "waiting"
    long: bool = False
    spare: bool = False
    """It is not needed where the first of its cell takes long."""

    rerun: bool = False

    @property
    def site(self) -> str:
        return self.trials.arm.site.name

    @property
    def heavy(self) -> bool:
        return self.trials.arm.site.heavy

    @property
    def key(self) -> tuple[str, str]:
        return self.lab, self.trials.cell

    @property
    def round(self) -> str:
        named = self.trials.scenario.round
        return f"{self.lab}: {named}{'' if self.trials.scenario.at_once else f' #{self.number}'}" if named else ""

    @property
    def name(self) -> str:
        return f"{self.trials.cell} #{self.number}"


class Open(NamedTuple):
    """Make a site, or mend it after a round."""

    site: str


class Close(NamedTuple):
    site: str


class Start(NamedTuple):
    job: str


class Go(NamedTuple):
    """There is room for it; or all of its round stand before their strike, and one leads."""

    job: str
    leads: bool = True


Action = Open | Close | Start | Go


def due(jobs: Sequence[Job], sites: Mapping[str, SiteState], cores: int, room: float) -> list[Action]:
    left = [j for j in jobs if j.state != "over"]
    phase = min((j.phase for j in left), default=0)
    waiting = sorted((j for j in left if j.state == "waiting" and j.phase == phase), key=lambda j: (j.group, j.long))
    started = [j for j in left if j.state not in ("waiting", "held")]
    wanted, busy = {j.site for j in left}, {j.site for j in started}
    closes = [Close(s) for s in _needless(jobs, sites, wanted)]
    making = {s for s, state in sites.items() if state in ("opening", "mending", "closing")}
    unmade = {s for s, state in sites.items() if state in ("closed", "gone", "opening")}
    if heavy := [j.site for j in waiting if j.heavy and j.site in unmade]:  # that takes the machine
        return [*closes, *(Open(s) for s in heavy[:1] if not started and not making), *_goes(left, room)]
    opens = [
        Open(s) for s in dict.fromkeys(j.site for j in waiting)
        if sites[s] in ("closed", "gone") or (sites[s] == "broken" and s not in busy)
    ]  # fmt: skip
    opens = opens[: max(0, cores - len(making))]
    free = cores - sum(j.state == "starting" for j in started) - len(making) - len(opens)
    return [*closes, *opens, *_goes(left, room), *_starts(waiting, started, sites, free, room)]


def _needless(jobs: Sequence[Job], sites: Mapping[str, SiteState], wanted: set[str]) -> list[str]:
    """Sites of the run's own go when nobody needs them; shared ones at the end, as all of the run goes with them."""
    own = {j.site for j in jobs if j.trials.arm.site.own}
    still = bool(wanted) or any(sites[s] not in ("closed", "gone") for s in own)
    done = [s for s, state in sites.items() if state in ("open", "broken") and s not in wanted]
    return [s for s in done if s in own or not still]


def _goes(left: Sequence[Job], room: float) -> list[Go]:
    """A round goes on together, or not at all. Before what is larger than the whole room nothing smaller goes on."""
    found, used = list[Go](), sum(j.cpus for j in left if j.state in ("watching", "striking"))
    units: dict[tuple[str, str], list[Job]] = {}
    for j in left:
        units.setdefault((j.site, j.round or j.id), []).append(j)
    striking = [unit for unit in units.values() if {j.state for j in unit} == {"striking"}]
    found += [Go(j.id, leads=j is unit[0]) for unit in striking for j in unit]
    standing = [
        (unit, sum(j.cpus for j in unit)) for unit in units.values() if {j.state for j in unit} == {"standing"}
    ]
    for unit, cpus in [one for one in standing if one[1] > room + TINY][:1] or standing:
        if fits(cpus, used, room):
            found += [Go(j.id) for j in unit]
            used += cpus
    return found


def _starts(
    waiting: Sequence[Job], started: Sequence[Job], sites: Mapping[str, SiteState], free: int, room: float
) -> list[Start]:
    """Nothing else starts where a round is on; what has begun of a round is completed, whatever the room."""
    found, promised = list[Start](), sum(j.cpus for j in started)
    there = {j.site: j.round for j in started}
    for j in (j for j in waiting if sites[j.site] == "open"):
        begun = bool(j.round) and there.get(j.site) == j.round
        ok = begun or (there.get(j.site, j.round) == j.round and fits(j.cpus, promised, AHEAD * room))
        if ok and len(found) < free:
            found.append(Start(j.id))
            promised += j.cpus
            there[j.site] = j.round
    return found


def fits(cpus: float, used: float, room: float) -> bool:
    """What is larger than the whole room runs alone."""
    return used + cpus <= room + TINY or used < TINY
