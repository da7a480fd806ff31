"""What a trial sees of its copies, look by look, and how it waits: everything that is new is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.model.clock import Deadline, RealClock
from harness.model.timeline import Entry, Kind
from harness.model.windows import COVERAGE, PATIENCE
from harness.sites.place import Unanswered
from harness.waiting import Hopeless, TooLate, until

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from harness.model.clock import Clock
    from harness.model.site import Replica
    from harness.sites.place import Place, Scope

EVERY_S = 0.5
SOON_S = 0.1
"""Between two looks where an answer is due; where nothing is due, the platform's events and EVERY_S lead."""

UNHEARD = 60.0
"""So much longer than ten times its declared time no window is open, whatever the platform does."""


SLOWER_S = 0.5
"""By so much a success that is still to come may be slower than any so far, without a window being too short."""

STALLED = 2.5
"""So many times longer a window lasts at most to make good for looks that were missed."""


class Stopped(BaseException):
    """The run is being ended; a trial ends where it stands."""


class EventClock(RealClock):
    """A real clock whose sleep ends with the next event of the platform, or with the run."""

    def __init__(self, stirred: threading.Event, over: threading.Event) -> None:
        self._stirred, self._over = stirred, over

    def sleep(self, seconds: float) -> None:
        self._stirred.wait(seconds)
        self._stirred.clear()
        if self._over.is_set():
            raise Stopped


@dataclass(slots=True)
class Pace:
    """What the trials of one scenario know of one another: how long the slowest success took so far."""

    slowest_s: float = 0.0

    def took(self, seconds: float) -> None:
        self.slowest_s = max(self.slowest_s, seconds)

    def allows(self, within_s: float) -> float:
        """How long a window lasts in which nothing comes: as declared, or longer where others were slow."""
        return max(within_s, PATIENCE * (self.slowest_s + SLOWER_S) if self.slowest_s else 0.0)


@dataclass(slots=True)
class Watch:
    place: Place
    scope: Scope
    write: Callable[[Entry], None]
    tell: Callable[[str, float, float], None]
    clock: Clock
    passing: tuple[type[Exception], ...] = ()
    began: float = 0.0
    steady: tuple[Replica, ...] = ()
    served: dict[str, str] = field(default_factory=dict)
    """Who has answered: the incarnation's id, and the instance as which it did."""

    ended: set[str] = field(default_factory=set)
    refused: int = 0
    """To how many copies the platform said no."""

    due: bool = False
    """Whether an answer may come at any moment, so that the next look is soon."""

    seen: dict[str, Replica] = field(default_factory=dict)
    _things: dict[str, str] = field(default_factory=dict)
    _looked: float | None = None
    _unseen_s: float = 0.0
    _serving: int = 0

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self) -> list[Replica]:
        """Look, write down what is new since the last look, and answer which copies serve."""
        found = {r.name: r for r in self.place.look(self.scope)}
        before_s, self._looked = self._looked, self.clock.now()
        self._unseen_s = self._looked - (self.began if before_s is None else before_s)
        for name, before in self.seen.items():
            self._account(before, found.get(name))
        for replica in found.values():
            known = self.seen.get(replica.name)
            if known is None or (known.id, known.state) != (replica.id, replica.state):
                self.event(replica, replica.state, restarts=str(replica.restarts), where=replica.where)
        self.seen = found
        serving = [r for r in found.values() if r.ready and r.id and self._serves(r)]
        self._serving = len(serving)
        self.due = len(serving) < len([r for r in found.values() if r.state == "running"])
        return serving

    def fresh(self) -> list[Replica]:
        """Who serves, and did not in the steady state."""
        known = {r.id for r in self.steady}
        return [r for r in self.look() if r.id not in known]

    def manner(self, replica: Replica) -> str:
        """How it meets a request: it answers, refuses or is silent."""
        try:
            answer = self.place.ask(self.scope, replica, "GET", "/")
        except Unanswered:
            return "silent"
        return "answers" if answer.status == 200 else "refuses"

    def _account(self, before: Replica, now: Replica | None) -> None:
        """An incarnation that was running and is not any more has ended, however the platform puts it."""
        if not before.id or before.id in self.ended:
            return
        if now is None or now.thing != before.thing:
            self.ended.add(before.id)
            self.event(before, "gone")
        elif now.id != before.id or now.code is not None:
            self.ended.add(before.id)
            code = {"code": str(now.code)} if now.id == before.id else {}
            self.event(before, "died", **code)

    def _serves(self, replica: Replica) -> bool:
        """Whether it has answered, by itself and as a process that was not heard of before."""
        if replica.id in self.served:
            return True
        try:
            answer = self.place.ask(self.scope, replica, "GET", "/")
        except Unanswered:
            return False
        if answer.status != 200 or not answer.instance or answer.instance in self.served.values():
            return False
        again = "yes" if replica.thing in self._things.values() else "no"
        self.served[replica.id] = answer.instance
        self._things[replica.id] = replica.thing
        self.event(replica, "serving", instance=answer.instance, again=again, within_s=f"{self._unseen_s:.3f}")
        return True

    # -- waiting ---------------------------------------------------------------------------------------------------

    def wait(
        self, what: str, missing: Callable[[], str], within_s: float, *, otherwise: type[Exception] | None
    ) -> None:
        began, self.due = self.clock.now(), True

        def told(lacking: str) -> None:
            self.tell(lacking, self.clock.now() - began, within_s)

        end = Deadline(began + within_s, self.clock)
        try:
            until(what, missing, end, passing=self.passing, tell=told, pause_s=lambda: SOON_S)
        except TooLate as late:
            self.put(Kind.NOTE, "trial", "note", text=str(late))
            if otherwise is not None:
                raise otherwise(str(late)) from late

    def window(
        self,
        of: str,
        missing: Callable[[], str],
        pace: Pace,
        *,
        within_s: float,
        more_s: float = 0.0,
        every_s: float = EVERY_S,
        **facts: str,
    ) -> bool:
        """Watch until nothing is missing; where something is, for as long as the pace of the others asks for.

        A machine that stalled has left looks out: then it is watched until so many were taken that it counts.

        What it was watched for, how long, and how it ended is written down, with `facts`.
        """
        began, ticks = self.clock.now(), Ticks(self.clock.now(), every_s)

        def look() -> str:
            allowed_s, waited_s = pace.allows(within_s) + more_s, self.clock.now() - began
            late = waited_s >= allowed_s and (ticks.covered(self.clock.now()) or waited_s >= STALLED * allowed_s)
            try:
                lacking = missing()
            except self.passing:
                if late:
                    raise Hopeless("the site does not answer") from None
                raise
            self._sample(ticks)
            self.tell(lacking, waited_s, allowed_s)
            if lacking and late:
                raise Hopeless(lacking)
            return lacking

        try:
            # The window ends by its own rule; the deadline only bounds it.
            end = Deadline(began + 10 * within_s + UNHEARD, self.clock)
            until(of, look, end, passing=self.passing, pause_s=self._pause(ticks))
            met = True
        except (Hopeless, TooLate):
            met = False
        self.put_window(of, met, began, every_s, within_s, **facts)
        return met

    def hold(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        ticks = Ticks(self.clock.now(), EVERY_S)

        def missing() -> str:
            self.look()
            self._sample(ticks)
            return "" if self.clock.now() >= end else "time"

        until("time", missing, Deadline(end + 60, self.clock), passing=self.passing, pause_s=self._pause(ticks))

    def _sample(self, ticks: Ticks) -> None:
        if ticks.due(self.clock.now()):
            self.put(Kind.SAMPLE, "trial", "serving", value=str(self._serving))

    def _pause(self, ticks: Ticks) -> Callable[[], float]:
        return lambda: SOON_S if self.due else min(EVERY_S, ticks.left(self.clock.now()))

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, kind: Kind, who: str, what: str, **facts: str) -> None:
        self.write(Entry(self.now(), kind, who, what, facts))

    def event(self, replica: Replica, what: str, **facts: str) -> None:
        self.put(Kind.EVENT, replica.name, what, id=replica.id or "-", **facts)

    def put_window(self, of: str, met: bool, began: float, every_s: float, allowed_s: float, **facts: str) -> None:
        self.put(
            Kind.MARK,
            "trial",
            "window",
            of=of,
            met="yes" if met else "no",
            waited_s=f"{self.clock.now() - began:.3f}",
            allowed_s=f"{allowed_s:g}",
            every_s=f"{every_s:g}",
            **facts,
        )

    def now(self) -> float:
        return self.clock.now() - self.began


@dataclass(slots=True)
class Ticks:
    """A fixed schedule of samples; one that was missed stays missed, and shows as such."""

    began: float
    every_s: float
    last: int = 0
    taken: int = 0

    def due(self, now: float) -> bool:
        number = int((now - self.began) / self.every_s)
        if number <= self.last:
            return False
        self.last = number
        self.taken += 1
        return True

    def covered(self, now: float) -> bool:
        """Whether as many were taken as make a window count."""
        return self.taken >= COVERAGE * int((now - self.began) / self.every_s)

    def left(self, now: float) -> float:
        return max(0.001, self.began + (self.last + 1) * self.every_s - now)
