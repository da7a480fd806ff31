"""The handle that a scenario gets: a few closed verbs, and everything they see is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from harness.acts.door import Door
from harness.model.clock import Deadline, RealClock
from harness.model.reading import ENOUGH, LASTING, PATIENCE, QUIET_S
from harness.model.timeline import Entry, Kind
from harness.sites.place import Gone, Unanswered
from harness.waiting import Hopeless, TooLate, until

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from harness.acts.door import Act
    from harness.model.clock import Clock
    from harness.model.site import Replica
    from harness.sites.client import Client
    from harness.sites.place import Breakable, Place, Scope

STEADY_S = 60.0
CLIENT_S = 30.0
DATA_S = 10.0
LATELY = 2000
ENDED_S = 15.0
EVERY_S = 0.5
SOON_S = 0.1
"""Between two looks where an answer is due; where nothing is due, the platform's events and EVERY_S lead."""


class NotSteady(Exception):
    """The arm never came to the state that the scenario begins with."""


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


@dataclass(slots=True)
class Trial:
    place: Place
    scope: Scope
    write: Callable[[Entry], None]
    tell: Callable[[str, float, float], None]
    """What is missing, for how long it was waited for, and how long it may take."""

    clock: Clock
    pace: Pace
    passing: tuple[type[Exception], ...] = ()
    unsure_s: float = 0.0
    """The bench's own error with an outage, as it was measured last."""

    settled: Callable[[], None] = lambda: None
    """Called once the steady state is there: what made the machine busy is over. It may wait for its turn."""

    began: float = 0.0
    _seen: dict[str, Replica] = field(default_factory=dict)
    _things: dict[str, str] = field(default_factory=dict)
    _served: dict[str, str] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _steady: tuple[Replica, ...] = ()
    _victims: list[Replica] = field(default_factory=list)
    _acted: float | None = None
    _looked: float | None = None
    _client: Client | None = None
    _requests: list[tuple[float, str]] = field(default_factory=list)
    _unseen_s: float = 0.0
    _due: bool = False

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    # -- the verbs -------------------------------------------------------------------------------------------------

    def steady(self, *, replicas: int) -> tuple[Replica, ...]:
        """Wait until so many copies serve; what comes after is measured against them."""

        def missing() -> str:
            serving = self._observe()
            return "" if len(serving) == replicas else f"{replicas} copies that serve, {len(serving)} do"

        self._wait("steady state", missing, STEADY_S, otherwise=NotSteady)
        if not self._steady:
            self.settled()
        self._wait("steady state", missing, STEADY_S, otherwise=NotSteady)  # still, or again
        self._steady = tuple(r for r in self._seen.values() if r.id in self._served and r.ready)
        ids = " ".join(r.id for r in self._steady)
        self._put(Kind.MARK, "trial", "steady", replicas=str(replicas), ids=ids)
        return self._steady

    def act(self, how: Act, *victims: Replica) -> None:
        """Do something to each, and keep a receipt: what was said to it, and the platform's account of its end."""
        for victim in victims:
            self._do(how, victim)
        if how.__name__ in LASTING:
            for victim in victims:
                self._wait_for_change(how.__name__, victim)
        else:
            self._wait_for_ends(how.__name__, victims)

    def each_time(self, how: Act, *, for_s: float) -> None:
        """Do it to the copy that serves, and again as soon as one serves anew, for so long."""
        began = self.clock.now()
        end = Deadline(began + for_s, self.clock)
        victim: Replica | None = self._steady[0]
        while victim is not None:
            self.act(how, victim)
            victim = self._next_that_serves({victim.id}, end)
        self._window("each time", True, began, EVERY_S, for_s)

    def _next_that_serves(self, known: set[str], end: Deadline) -> Replica | None:
        found: list[Replica] = []

        def missing() -> str:
            found[:] = [r for r in self._observe() if r.id not in known]
            lacking = "" if found else "a copy that serves anew"
            self.tell(lacking or "the next act", self.clock.now() - self.began, end.at - self.began)
            return lacking

        try:
            until("again", missing, end, passing=self.passing, pause_s=lambda: SOON_S if self._due else EVERY_S)
        except TooLate:
            return None
        return found[0]

    def client(self, *, per_s: float = 50.0) -> None:
        """Have the copies asked by their common name from now until the end, from inside their network."""
        self._client = self.place.client(self.scope, per_s, self._request)
        self._client.ready(Deadline(self.clock.now() + CLIENT_S, self.clock))
        resolution_s = 1 / per_s + self._client.unsure_s + self.unsure_s
        self._put(Kind.MARK, "client", "begins", per_s=f"{per_s:g}", resolution_s=f"{resolution_s:.6f}")

    def _request(self, at_s: float, told: Mapping[str, Any]) -> None:
        facts = {"n": str(told["n"]), "done_s": f"{told['done_s'] - told['sent_s']:.6f}"}
        facts |= {"by": str(told["instance"])} if told.get("instance") else {}
        what = str(told["error"] or told["status"])
        self._requests.append((at_s, facts.get("by", "")))
        self.write(Entry(at_s - self.began, Kind.REQUEST, str(told["target"]), what, facts))

    def end_client(self) -> None:
        """Nobody asks any more; what the client says of itself is written down."""
        if self._client is None:
            return
        self._client.stop()
        end = self._client.end
        numbers = ("sent", "ok", "failed", "late_p99_ms", "late_max_ms")
        facts = {name: str(end[name]) for name in numbers} if end else {"why": "it broke off"}
        self._put(Kind.MARK, "client", "ends", **facts)

    def left_out(self, victim: Replica, *, within_s: float) -> bool:
        """Watch until the victim gets no requests any more, while others do; at least so long where it does."""
        began = self.clock.now()
        instance = self._served[victim.id]

        def allowed() -> float:
            return max(within_s, 1.04 * PATIENCE * self.pace.slowest_s)

        def missing() -> str:
            now = self.clock.now()
            self._observe()
            last = next((at for at, by in reversed(self._requests) if by == instance), began)
            others = sum(1 for at, by in self._requests[-LATELY:] if by not in ("", instance) and at > last)
            if now - last >= QUIET_S and others >= ENOUGH:
                self.pace.took(max(0.0, last - (self._acted or began)))
                return ""
            self.tell("it still gets requests", now - began, allowed())
            if now - began >= allowed() + QUIET_S:
                raise Hopeless("it still gets requests")
            return "it still gets requests"

        try:
            end = Deadline(began + 10 * within_s + 60, self.clock)
            until("left out", missing, end, passing=self.passing, pause_s=lambda: EVERY_S)
            met = True
        except (Hopeless, TooLate):
            met = False
        self._window("left out", met, began, EVERY_S, within_s)
        return met

    def take_away(self, part: str, *, of: str) -> None:
        """Take a part of the platform away from a node; only from a site that is the lab's own."""
        own = self._own()
        self._order("take-away", lambda: own.take_away(self.scope, part, of))

    def reach(self, service: str, *, within_s: float) -> bool:
        """Ask a Service from the arm's node until it answers, at most so long."""
        own, began = self._own(), self.clock.now()
        said: list[str] = []

        def allowed() -> float:
            return max(within_s, 1.04 * PATIENCE * self.pace.slowest_s)

        def missing() -> str:
            try:
                said[:] = [own.reach(self.scope, service)]
            except Unanswered as error:
                said[:] = [str(error)]
                self.tell(f"an answer of {service}", self.clock.now() - began, allowed())
                if self.clock.now() - began >= allowed():
                    raise Hopeless(f"{service} does not answer") from None
                return f"an answer of {service}"
            return ""

        try:
            until(service, missing, Deadline(began + 10 * within_s + 60, self.clock), passing=self.passing)
            met = True
            self.pace.took(self.clock.now() - began)
        except (Hopeless, TooLate):
            met = False
        facts = {"waited_s": f"{self.clock.now() - began:.3f}", "allowed_s": f"{within_s:g}"}
        self._put(Kind.TRY, service, "reach", ok="yes" if met else "no", said=" ".join(said), **facts)
        return met

    def _own(self) -> Breakable:
        if not self.scope.arm.site.own:
            raise TypeError(f"{self.scope.arm.site.name} is shared: nothing of it may be taken away")
        return cast("Breakable", self.place)

    def writes(self, replica: Replica, *, bytes_: int, name: str = "proof") -> None:
        """Have a copy write so many bytes that are always the same ones, down to the disk."""
        self._data("written", replica, "POST", f"/data?name={name}&bytes={bytes_}")

    def reads(self, replica: Replica, *, name: str = "proof") -> None:
        """Have a copy read what was written, and say how much it is and its checksum."""
        self._data("read", replica, "GET", f"/data?name={name}")

    def _data(self, what: str, replica: Replica, method: str, path: str) -> None:
        try:
            answer = self.place.ask(self.scope, replica, method, path, within_s=DATA_S)
            facts = {"ok": "yes" if answer.status == 200 else "no", "data": answer.data, "by": answer.instance}
        except Unanswered as error:
            facts = {"ok": "no", "why": str(error)}
        self._put(Kind.TRY, replica.name, what, id=replica.id, **facts)

    def scale(self, copies: int) -> None:
        """Ask the platform for another number of copies."""
        self._order("scale", lambda: self.place.scale(self.scope, copies))

    def apply(self, *names: str) -> None:
        """Apply further files of the lab's, or once more those of the arm."""
        self._order("apply", lambda: self.place.add(self.scope, names))

    def restored(self, *, within_s: float, every_s: float = EVERY_S) -> bool:
        """Watch until as many fresh copies serve as were lost; at least so long where they do not."""
        began, self._due = self.clock.now(), True
        ticks = _Ticks(began, every_s)

        def allowed() -> float:
            return max(within_s, 1.04 * PATIENCE * self.pace.slowest_s)

        def missing() -> str:
            late = self.clock.now() - began >= allowed()
            try:
                fresh = [r for r in self._observe() if r.id not in {s.id for s in self._steady}]
            except self.passing:
                if late:
                    raise Hopeless("the site does not answer") from None
                raise
            self._sample(ticks, fresh)
            lacking = len(self._victims) - len(fresh)
            self.tell(f"{lacking} of {len(self._victims)} back", self.clock.now() - began, allowed())
            if lacking > 0 and late:
                raise Hopeless("not restored")
            return "" if lacking <= 0 else f"{lacking} of {len(self._victims)} back"

        try:
            # The window ends by its own rule; the deadline only bounds it.
            end = Deadline(began + 10 * within_s + 60, self.clock)
            until("restored", missing, end, passing=self.passing, pause_s=self._pause(ticks))
            met = True
        except (Hopeless, TooLate):
            met = False
        self._window("restored", met, began, every_s, within_s)
        if met and self._acted is not None:
            self.pace.took(self.clock.now() - self._acted)
        return met

    def hold(self, seconds: float) -> None:
        """Do nothing but look, for so long."""
        end = self.clock.now() + seconds
        ticks = _Ticks(self.clock.now(), EVERY_S)

        def missing() -> str:
            self._sample(ticks, self._observe())
            return "" if self.clock.now() >= end else "time"

        until("time", missing, Deadline(end + 60, self.clock), passing=self.passing, pause_s=self._pause(ticks))

    def tries(self, what: str, how: Callable[[Door], str]) -> bool:
        """Try something once; that it fails is a finding."""
        try:
            said, ok = how(Door(self.place, self.scope)), True
        except (Gone, Unanswered) as error:
            said, ok = str(error), False
        self._put(Kind.TRY, "trial", what, ok="yes" if ok else "no", said=said)
        return ok

    def note(self, text: str) -> None:
        self._put(Kind.NOTE, "trial", "note", text=text)

    def by_hand(self, command: str) -> None:
        """A command that a person would have typed: the cost is counted from these."""
        self._put(Kind.MARK, "trial", "by-hand", command=command)

    # -- what the verbs share --------------------------------------------------------------------------------------

    def mark(self, what: str, **facts: str) -> None:
        self._put(Kind.MARK, "trial", what, **facts)

    def heard(self, who: str, what: str, facts: Mapping[str, str]) -> None:
        """The platform's stream of events; it tells people what happened, and wakes whoever waits."""
        self._put(Kind.NOTE, who, what, **facts)

    def _do(self, how: Act, victim: Replica) -> None:
        sent = self._now()
        self._acted = self.clock.now() if self._acted is None else self._acted
        self._victims.append(victim)
        facts = {"id": victim.id, "sent_s": f"{sent:.6f}"}
        try:
            said = how(Door(self.place, self.scope), victim)
            self._put(Kind.ACT, victim.name, how.__name__, ok="yes", **facts, said=said)
        except (Gone, Unanswered) as error:
            self._put(Kind.ACT, victim.name, how.__name__, ok="no", **facts, why=str(error))

    def _order(self, what: str, do: Callable[[], str]) -> None:
        """What is asked of the platform rather than done to a copy: its own word is the receipt."""
        sent = self._now()
        try:
            said, ok = do(), "yes"
        except self.passing as error:
            said, ok = f"{type(error).__name__}: {error}", "no"
        self._put(Kind.ACT, "platform", what, ok=ok, sent_s=f"{sent:.6f}", **{"said" if ok == "yes" else "why": said})
        if ok == "yes":
            self.by_hand(said)

    def _wait_for_change(self, what: str, victim: Replica) -> None:
        """It runs on, and is as the act leaves it; or it has ended already."""

        def missing() -> str:
            self._observe()
            if victim.id in self._ended:
                return ""
            if (now := self._manner(victim)) == LASTING[what]:
                self._event(victim, now)
                return ""
            return f"{victim.name} that {LASTING[what]} after {what}"

        self._wait(f"the receipt of {what}", missing, ENDED_S, otherwise=None)

    def _manner(self, replica: Replica) -> str:
        try:
            answer = self.place.ask(self.scope, replica, "GET", "/")
        except Unanswered:
            return "silent"
        return "answers" if answer.status == 200 else "refuses"

    def _wait_for_ends(self, what: str, victims: tuple[Replica, ...]) -> None:
        ids = {v.id: v.name for v in victims}
        self._due = True

        def missing() -> str:
            self._observe()
            waiting = [name for id_, name in ids.items() if id_ not in self._ended]
            return f"an end of {', '.join(waiting)} after {what}" if waiting else ""

        self._wait(f"the receipt of {what}", missing, ENDED_S, otherwise=None)

    def _wait(
        self, what: str, missing: Callable[[], str], within_s: float, *, otherwise: type[Exception] | None
    ) -> None:
        began, self._due = self.clock.now(), True

        def told(lacking: str) -> None:
            self.tell(lacking, self.clock.now() - began, within_s)

        end = Deadline(began + within_s, self.clock)
        try:
            until(what, missing, end, passing=self.passing, tell=told, pause_s=lambda: SOON_S)
        except TooLate as late:
            self.note(str(late))
            if otherwise is not None:
                raise otherwise(str(late)) from late

    def _observe(self) -> list[Replica]:
        """Look, write down what is new since the last look, and answer which copies serve."""
        found = {r.name: r for r in self.place.look(self.scope)}
        before_s, self._looked = self._looked, self.clock.now()
        self._unseen_s = self._looked - (self.began if before_s is None else before_s)
        for name, before in self._seen.items():
            self._account(before, found.get(name))
        for replica in found.values():
            known = self._seen.get(replica.name)
            if known is None or (known.id, known.state) != (replica.id, replica.state):
                self._event(replica, replica.state, restarts=str(replica.restarts), where=replica.where)
        self._seen = found
        serving = [r for r in found.values() if r.ready and r.id and self._serves(r)]
        self._due = len(serving) < len([r for r in found.values() if r.state == "running"])
        return serving

    def _account(self, before: Replica, now: Replica | None) -> None:
        """An incarnation that was running and is not any more has ended, however the platform puts it."""
        if not before.id or before.id in self._ended:
            return
        if now is None or now.thing != before.thing:
            self._ended.add(before.id)
            self._event(before, "gone")
        elif now.id != before.id or now.code is not None:
            self._ended.add(before.id)
            code = {"code": str(now.code)} if now.id == before.id else {}
            self._event(before, "died", **code)

    def _serves(self, replica: Replica) -> bool:
        """Whether it has answered, by itself and as a process that was not heard of before."""
        if replica.id in self._served:
            return True
        try:
            answer = self.place.ask(self.scope, replica, "GET", "/")
        except Unanswered:
            return False
        if answer.status != 200 or not answer.instance or answer.instance in self._served.values():
            return False
        again = "yes" if replica.thing in self._things.values() else "no"
        self._served[replica.id] = answer.instance
        self._things[replica.id] = replica.thing
        self._event(replica, "serving", instance=answer.instance, again=again, within_s=f"{self._unseen_s:.3f}")
        return True

    def _sample(self, ticks: _Ticks, serving: list[Replica]) -> None:
        if ticks.due(self.clock.now()):
            self._put(Kind.SAMPLE, "trial", "serving", value=str(len(serving)))

    def _pause(self, ticks: _Ticks) -> Callable[[], float]:
        return lambda: SOON_S if self._due else min(EVERY_S, ticks.left(self.clock.now()))

    def _window(self, what: str, met: bool, began: float, every_s: float, allowed_s: float) -> None:
        self._put(
            Kind.MARK,
            "trial",
            "window",
            of=what,
            met="yes" if met else "no",
            waited_s=f"{self.clock.now() - began:.3f}",
            allowed_s=f"{allowed_s:g}",
            every_s=f"{every_s:g}",
        )

    def _event(self, replica: Replica, what: str, **facts: str) -> None:
        self._put(Kind.EVENT, replica.name, what, id=replica.id or "-", **facts)

    def _put(self, kind: Kind, who: str, what: str, **facts: str) -> None:
        self.write(Entry(self._now(), kind, who, what, facts))

    def _now(self) -> float:
        return self.clock.now() - self.began


@dataclass(slots=True)
class _Ticks:
    """A fixed schedule of samples; one that was missed stays missed, and shows as such."""

    began: float
    every_s: float
    last: int = 0

    def due(self, now: float) -> bool:
        number = int((now - self.began) / self.every_s)
        if number <= self.last:
            return False
        self.last = number
        return True

    def left(self, now: float) -> float:
        return max(0.001, self.began + (self.last + 1) * self.every_s - now)
