"""A site in memory, on a clock of its own, whose status lags behind what is so, as real APIs' does."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.model.arm import IMAGE
from harness.model.errors import Problem
from harness.model.site import Replica
from harness.sites.place import Answer, Gone, Refusal, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model.clock import Deadline
    from harness.sites.place import Ask, Scope


TAKES_S = 0.001
"""Every question takes a little time."""

HOST = "h1"


class VirtualClock:
    """Sleeping takes no time, and time passes by sleeping only; the next event of a platform ends a sleep early."""

    def __init__(self, begin: float = 1000.0) -> None:
        self.time = begin
        self.rings: Callable[[float], float] = lambda _now: math.inf

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time = min(self.time + seconds, self.rings(self.time))


@dataclass(frozen=True)
class Policy:
    """What the platform does by itself; None: it never does."""

    restarts_after_s: float | None = None
    """A crashed container is started again in place, under its name."""

    replaces_after_s: float | None = None
    """A removed copy, or one that ended for good, gets a successor with a name of its own."""

    leaves_out_after_s: float | None = None
    """A copy that refuses gets no more of the requests that are for all of them."""


@dataclass
class _Copy:
    name: str
    thing: str
    incarnation: int = 0
    instance: str = ""
    answers_at: float = 0.0
    running: bool = False
    code: int | None = None
    restarts: int = 0
    hung: bool = False
    ill: bool = False
    ill_since: float = 0.0

    def seen(self) -> Replica:
        state = "running" if self.running else "created" if self.code is None else "exited"
        id_ = f"{self.thing}/{self.incarnation}" if self.incarnation else ""
        return Replica(self.name, id_, self.thing, state, self.running, self.code, self.restarts, f"at-{self.name}")


@dataclass
class _World:
    """One trial's part of the site: its copies, and how they looked since when."""

    copies: dict[str, _Copy] = field(default_factory=dict)
    history: list[tuple[float, tuple[Replica, ...]]] = field(default_factory=list)
    looked: tuple[Replica, ...] = ()
    names: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    left: bool = False


def _key(scope: Scope) -> str:
    """Under what a trial's copies are kept, or those of whoever brought up what it looks at."""
    return scope.at or scope.trial


class FakeClient:
    """Sends by its schedule whenever time has passed."""

    def __init__(self, place: FakePlace, scope: Scope, ask: Ask, hear) -> None:
        self._place, self._scope, self._per_s, self._hear = place, scope, ask.per_s, hear
        self._began, self._sent, self._ok = place.clock.now(), 0, 0
        self.ask = ask
        self.end: dict[str, object] = {}
        self.unsure_s = 0.0001

    def ready(self, deadline) -> None:
        pass

    def catch_up(self, now: float) -> None:
        while not self.end and self._began + self._sent / self._per_s <= now:
            at = self._began + self._sent / self._per_s
            instance, status, error = self._place.asked(self._scope, at)
            told = {"n": self._sent, "target": "web", "sent_s": at - self._began, "done_s": at - self._began + 0.001}
            told |= {"instance": instance or None, "status": int(status or 0), "error": error or None}
            self._sent += 1
            self._ok += status == "200"
            self._hear(at, told)

    def stop(self) -> None:
        self.catch_up(self._place.clock.now())
        self.end = {"sent": self._sent, "ok": self._ok, "failed": self._sent - self._ok}
        self.end |= {"late_p99_ms": 0.1, "late_max_ms": 0.2}


class FakePlace:
    """What is due happens when somebody asks and its time has come: no threads, no sleeps."""

    def __init__(
        self,
        clock: VirtualClock,
        *,
        name: str = "fake",
        copies: int = 1,
        policy: Policy | None = None,
        lag_s: float = 0.0,
        starts_s: float = 0.3,
        boots_s: float = 0.02,
        sick: str = "",
        stream: str = "open",
        refuses: int = 0,
    ) -> None:
        self.name, self.clock, self.count, self.policy = name, clock, copies, policy or Policy()
        self.lag_s, self.starts_s, self.boots_s = lag_s, starts_s, boots_s
        self.sick, self.stream, self.refuses = sick, stream, refuses
        self.down = False
        self._down_since = 0.0
        self.outages: list[tuple[float, float]] = []
        """When answering back: from served to served again, as it was and not as it looked."""

        self.clients: list[FakeClient] = []
        self._worlds: dict[str, _World] = defaultdict(_World)
        self._others: set[str] = set()
        """Where somebody else brought something up."""

        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self._turns = itertools.count()
        self._instances = itertools.count(1)
        self._things = itertools.count(1)
        # Events come at once, while what a look shows lags behind them.
        clock.rings = lambda now: min((when for when, *_ in self._due if when > now), default=math.inf)

    # -- what every site can be asked ------------------------------------------------------------------------------

    def open(self, deadline: Deadline) -> None:
        pass

    def check(self, arm, manifests) -> None:
        pass

    def health(self) -> str:
        return self.sick

    def streams(self) -> dict[str, str]:
        return {f"{self.name}-events": self.stream}

    def attach(self, scope: Scope) -> tuple[str, ...]:
        self._catch_up()
        return (IMAGE,) if self._worlds[_key(scope)].copies else ()

    def somebody_runs(self, scope: Scope, copies: int) -> None:
        """What a person brings up by hand at `scope.at`."""
        self._others.add(scope.at)
        for _ in range(copies):
            self._create(scope, self.clock.now())

    def apply(self, scope: Scope) -> list[str]:
        for _ in range(self.count - self.refuses):
            self._create(scope, self.clock.now())
        if self.refuses:
            raise Refusal(self.refuses, "no more room")
        return [f"fake run {self.count}"]

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        """As it was `lag_s` ago; of a host that was broken nothing is known but what was there before."""
        self._catch_up()
        world = self._worlds[_key(scope)]
        if self.down:
            return tuple(replace(r, ready=False, state="unknown") for r in world.looked)
        then = self.clock.now() - self.lag_s
        past = [seen for at, seen in world.history if at <= then]
        world.looked = past[-1] if past else ()
        return world.looked

    def ask(self, scope: Scope, replica: Replica, method: str, path: str, *, within_s: float = 1.0) -> Answer:
        """The process behind that address answers, whichever it is by now."""
        self._catch_up()
        copy = self._worlds[_key(scope)].copies.get(replica.name)
        if copy is None or self.down or not copy.running or self.clock.now() < copy.answers_at:
            raise Unanswered("refused")
        if copy.hung:
            raise Unanswered("timeout")
        if method == "POST" and path in ("/hang", "/unready"):
            copy.hung, copy.ill = copy.hung or path == "/hang", copy.ill or path == "/unready"
            copy.ill_since = self.clock.now()
            return Answer(200, copy.instance)
        if path == "/" and copy.ill:
            return Answer(503, copy.instance)
        if method == "POST" and path.startswith(("/crash", "/exit0")):
            self._ends(scope, copy, int(path.partition("code=")[2] or 1), meant=False)
            return Answer(200, copy.instance)
        return Answer(200, copy.instance) if path == "/" else Answer(404, copy.instance)

    def signal(self, scope: Scope, replica: Replica, how: str) -> str:
        self._catch_up()
        world = self._worlds[_key(scope)]
        copy = world.copies.get(replica.name)
        if copy is None:
            raise Gone(f"there is no {replica.name}")
        if how == "remove":
            del world.copies[copy.name]
            self._changed(scope, self.clock.now(), copy.name, "destroyed")
            self._replaced(scope)
        elif copy.running:
            self._ends(scope, copy, 143 if how == "stop" else 137, meant=how != "host-kill")
        else:
            raise Gone(f"{replica.name} does not run")
        return f"fake {how}"

    def client(self, scope: Scope, ask: Ask, hear) -> FakeClient:
        self.clients.append(FakeClient(self, scope, ask, hear))
        return self.clients[-1]

    def asked(self, scope: Scope, when: float) -> tuple[str, str, str]:
        """Who gets a request that is for all of them, in turn: its instance, the status, the error."""
        if self.down:
            return "", "", "timeout"
        out = self.policy.leaves_out_after_s
        able = [
            c
            for c in self._worlds[_key(scope)].copies.values()
            if c.running and not (out is not None and c.ill and when >= c.ill_since + out)
        ]
        if not able:
            return "", "", "refused"
        one = able[next(self._turns) % len(able)]
        return ("", "", "timeout") if one.hung else (one.instance, "503" if one.ill else "200", "")

    def scale(self, scope: Scope, copies: int) -> str:
        self._catch_up()
        world = self._worlds[_key(scope)]
        for name in list(world.copies)[copies:]:
            del world.copies[name]
            self._changed(scope, self.clock.now(), name, "destroyed")
        for _ in range(copies - len(world.copies)):
            self._create(scope, self.clock.now())
        return f"scaled to {copies}"

    def add(self, scope: Scope, names) -> str:
        for _ in names:
            self._create(scope, self.clock.now())
        return f"added {' '.join(names)}"

    def change(self, scope: Scope, names) -> str:
        """One copy after the other is made anew."""
        world = self._worlds[_key(scope)]
        for turn, name in enumerate(list(world.copies)):
            self._at(self.clock.now() + turn * self.starts_s, lambda at, name=name: self._make_anew(scope, name, at))
        return f"changed to {' '.join(names)}"

    def _make_anew(self, scope: Scope, name: str, when: float) -> None:
        if self._worlds[_key(scope)].copies.pop(name, None) is not None:
            self._changed(scope, when, name, "destroyed")
            self._create(scope, when)

    # -- what can be done to a site of a lab's own -----------------------------------------------------------------

    def holds(self, node: str, replica: Replica) -> bool:
        """All are on the only host that it has."""
        if node != HOST:
            raise Problem(f"Looking for host {node!r}", f"there are {HOST}", "one of these")
        return True

    def shell(self, scope: Scope, node: str, command: str) -> str:
        if command == "false":
            raise Unanswered("'false' ended with code 1: ")
        return f"{command} on {node}"

    def power(self, scope: Scope, node: str, how: str) -> str:
        """A pause freezes its copies. Anything else ends them, and they begin again with it where they would."""
        self._catch_up()
        now, copies = self.clock.now(), self._worlds[_key(scope)].copies.values()
        if how in ("resume", "start-engine"):
            self.down = False
            for copy in copies:
                if not copy.running and self.policy.restarts_after_s is not None:
                    back = now + self.policy.restarts_after_s
                    self._at(back, lambda at, copy=copy: self._starts(scope, copy, at))
                    self.outages.append((self._down_since, back + self.boots_s))
            return f"fake {how}"
        if how not in ("stop", "pause", "stop-engine"):
            raise ValueError(how)
        self.down, self._down_since = True, now
        for copy in copies:
            if copy.running and how != "pause":
                copy.running, copy.code = False, 137
        self._keep(scope, now)  # nobody hears of it
        return f"fake {how}"

    def evidence(self, scope: Scope) -> dict[str, str]:
        return {"copies.txt": "\n".join(self._worlds[_key(scope)].copies)}

    def leave(self, scope: Scope) -> None:
        self.down = False
        if scope.at:
            return
        world = self._worlds[_key(scope)]
        world.copies.clear()
        world.left = True
        world.history.append((self.clock.now(), ()))

    def close(self, deadline: Deadline) -> list[str]:
        return sorted(name for key, world in self._worlds.items() if key not in self._others for name in world.copies)

    # -- what happens of itself ------------------------------------------------------------------------------------

    def _at(self, when: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (when, next(self._order), what))

    def _catch_up(self) -> None:
        self.clock.time += TAKES_S
        while self._due and self._due[0][0] <= self.clock.now():
            when, _, what = heapq.heappop(self._due)
            self._asked_until(when)
            what(when)
        self._asked_until(self.clock.now())

    def _asked_until(self, when: float) -> None:
        """What clients sent by then met the copies as they were then."""
        for client in self.clients:
            client.catch_up(when)

    def _create(self, scope: Scope, when: float) -> None:
        world = self._worlds[_key(scope)]
        if world.left:
            return
        copy = _Copy(f"web-{next(world.names)}", f"thing-{next(self._things)}")
        world.copies[copy.name] = copy
        self._changed(scope, when, copy.name, "created")
        self._at(when + self.starts_s, lambda at: self._starts(scope, copy, at))

    def _starts(self, scope: Scope, copy: _Copy, when: float) -> None:
        if self._worlds[_key(scope)].copies.get(copy.name) is not copy or self.down or copy.running:
            return
        copy.incarnation += 1
        copy.restarts = copy.incarnation - 1
        copy.instance = f"process-{next(self._instances)}"
        copy.running, copy.code, copy.answers_at = True, None, when + self.boots_s
        copy.hung = copy.ill = False
        self._changed(scope, when, copy.name, "started")

    def _ends(self, scope: Scope, copy: _Copy, code: int, *, meant: bool) -> None:
        now = self.clock.now()
        copy.running, copy.code = False, code
        self._changed(scope, now, copy.name, "died-event")
        if self.policy.restarts_after_s is not None and not meant:
            self._at(now + self.policy.restarts_after_s, lambda at: self._starts(scope, copy, at))
            self.outages.append((now, now + self.policy.restarts_after_s + self.boots_s))

    def _replaced(self, scope: Scope) -> None:
        after = self.policy.replaces_after_s
        if after is not None:
            now = self.clock.now()
            self._at(now + after, lambda at: self._create(scope, at))
            self.outages.append((now, now + after + self.starts_s + self.boots_s))

    def _changed(self, scope: Scope, when: float, who: str, what: str) -> None:
        self._keep(scope, when)
        scope.heard(who, what, {"fake_s": f"{when:.3f}"})
        scope.stirred.set()

    def _keep(self, scope: Scope, when: float) -> None:
        world = self._worlds[_key(scope)]
        world.history.append((when, tuple(c.seen() for c in world.copies.values())))
