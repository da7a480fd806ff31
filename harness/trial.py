"""The handle that a scenario gets: a few closed verbs, and everything they see is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from harness import manifests
from harness.acts.door import Door
from harness.asking import WORK, Asking
from harness.model.arm import Files
from harness.model.clock import Deadline
from harness.model.reading import LASTING
from harness.model.site import Kind as Site
from harness.model.timeline import Kind
from harness.sites.place import Ask, Gone, Refusal, Unanswered
from harness.waiting import Hopeless, TooLate, until
from harness.watch import EVERY_S, SOON_S, Pace, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.acts.door import Act
    from harness.model.clock import Clock
    from harness.model.site import Replica
    from harness.model.timeline import Entry
    from harness.sites.place import Breakable, Parted, Place, Scope

STEADY_S = 60.0
DATA_S = 10.0
ENDED_S = 15.0


class NotSteady(Exception):
    """The arm never came to the state that the scenario begins with."""


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
    """Called once what is measured may begin: what made the machine busy is over. It may wait for its turn."""

    before: Callable[[str], None] = lambda _: None
    """Called before something is done, as long as no time is taken from what was done already; it may wait."""

    alone: bool = False
    """Whether nothing else runs on its site, so that hosts of it may be broken."""

    steady_s: float = 0.0
    """For how long at most its steady state is waited for; 0: as long as labs are."""

    _no: tuple[type[Exception], ...] = field(init=False)
    """How a platform says no."""

    watch: Watch = field(init=False)
    asking: Asking = field(init=False)
    _victims: list[Replica] = field(default_factory=list)
    _acted: float | None = None
    _done: bool = False
    """Whether anything was done yet, to a copy or to the platform."""

    def __post_init__(self) -> None:
        self.watch = Watch(self.place, self.scope, self.write, self.tell, self.clock, self.passing)
        self._no = (Refusal, Unanswered, *self.passing)
        self.asking = Asking(self.watch, self.pace, self.unsure_s)

    @property
    def began(self) -> float:
        return self.watch.began

    # -- the verbs: how it begins ----------------------------------------------------------------------------------

    def steady(self, *, replicas: int) -> tuple[Replica, ...]:
        """Wait until so many copies serve; what comes after is measured against them."""

        def missing() -> str:
            serving = self.watch.look()
            return "" if len(serving) == replicas else f"{replicas} copies that serve, {len(serving)} do"

        within_s = self.steady_s or STEADY_S
        self.watch.wait("steady state", missing, within_s, otherwise=NotSteady)
        if not self.watch.steady:
            self.settled()
        self.watch.wait("steady state", missing, within_s, otherwise=NotSteady)  # still, or again
        self.watch.steady = tuple(r for r in self.watch.seen.values() if r.id in self.watch.served and r.ready)
        ids = " ".join(r.id for r in self.watch.steady)
        self._put(Kind.MARK, "trial", "steady", replicas=str(replicas), ids=ids)
        return self.watch.steady

    def start(self) -> None:
        """Bring the arm up from nothing. That the platform says no, to all of it or to a part, is a finding."""
        self.watch.look()
        if self.watch.seen:
            raise NotSteady("something is there already: @scenario(empty=True) begins with nothing")
        self._put(Kind.MARK, "trial", "steady", replicas="0", ids="")
        self.settled()
        self._about_to("start")
        self._acted = self.clock.now()
        sent = self.watch.now()
        try:
            self.applied(self.place.apply(self.scope))
            facts = {"ok": "yes", "refused": "0"}
        except Refusal as refusal:
            self.watch.refused = refusal.refused
            facts = {"ok": "no", "refused": str(refusal.refused), "why": refusal.why}
        waited_s = self.watch.now() - sent
        self._put(Kind.TRY, "platform", "start", sent_s=f"{sent:.6f}", waited_s=f"{waited_s:.3f}", **facts)

    def applied(self, commands: Sequence[str]) -> None:
        """What a person would have typed to bring the arm up, and the size of the files that it takes."""
        for command in commands:
            self.by_hand(command)
        recipe = self.scope.arm.recipe
        self._files(recipe.names if isinstance(recipe, Files) else ())

    def _files(self, names: Sequence[str]) -> None:
        for name in names:
            lines, objects = manifests.size(self.scope.manifests / name)
            self._put(Kind.MARK, name, "file", lines=str(lines), objects=str(objects))

    # -- the verbs: what is done -----------------------------------------------------------------------------------

    def act(self, how: Act, *victims: Replica) -> None:
        """Do something to each, and keep a receipt: what was said to it, and the platform's account of its end."""
        self._about_to(how.__name__)
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
        victim: Replica | None = self.watch.steady[0]
        while victim is not None:
            self.act(how, victim)
            victim = self._next_that_serves({victim.id}, end)
        self.watch.put_window("each time", True, began, EVERY_S, for_s)

    def _next_that_serves(self, known: set[str], end: Deadline) -> Replica | None:
        found: list[Replica] = []

        def missing() -> str:
            found[:] = [r for r in self.watch.look() if r.id not in known]
            lacking = "" if found else "a copy that serves anew"
            self.tell(lacking or "the next act", self.watch.now(), end.at - self.began)
            return lacking

        try:
            until("again", missing, end, passing=self.passing, pause_s=lambda: SOON_S if self.watch.due else EVERY_S)
        except TooLate:
            return None
        return found[0]

    def scale(self, copies: int) -> None:
        """Ask the platform for another number of copies."""
        self._order("scale", lambda: self.place.scale(self.scope, copies))

    def apply(self, *names: str) -> None:
        """Apply further files of the lab's, or once more those of the arm."""
        self._order("apply", lambda: self.place.add(self.scope, names))
        self._files(names)

    def update(self) -> None:
        """Bring the arm's next version: the files that it names for that, in the place of the first ones."""
        names = self.scope.arm.update.split()
        if not names:
            raise TypeError(f"arm {self.scope.arm.name!r} has no update= to apply")
        self._about_to("update")
        self._acted = self.clock.now()
        self._order("update", lambda: self.place.change(self.scope, names))
        self._files(names)

    def take_away(self, part: str, *, of: str = "control-plane") -> None:
        """Take a part of the platform away, from a node if each has one; only from a site that is the lab's own."""
        own = self._parted()
        self._order("take-away", lambda: own.take_away(self.scope, part, of))

    def shell(self, command: str, *, on: str) -> None:
        """Have a host or node of the lab's own run a command; that it fails leaves no receipt."""
        own = self._own()
        self._order("shell", lambda: own.shell(self.scope, on, command))

    def stop(self, node: str) -> None:
        """Cut a host or node off its power: everything on it ends without a word."""
        self._strike("stop-node", node, "stop")

    def pause(self, node: str) -> None:
        """Freeze a host or node with everything on it."""
        self._strike("pause-node", node, "pause")

    def stop_engine(self, host: str) -> None:
        """End the engine of a Docker host as a person would, which ends the containers on it."""
        self._strike("stop-engine", host, "stop-engine")

    def resume(self, node: str) -> None:
        """Start a host or node again, or thaw it."""
        own = self._own()
        self._order("resume-node", lambda: own.power(self.scope, node, "resume"))

    def start_engine(self, host: str) -> None:
        own = self._own()
        self._order("start-engine", lambda: own.power(self.scope, host, "start-engine"))

    def _strike(self, what: str, node: str, how: str) -> None:
        """What is done to a node is done to each copy on it: from then on it is silent."""
        own = self._own()
        if not (self.alone or self.scope.arm.site.alone):
            raise TypeError(f"{what} hits every trial on {self.place.name}: say @scenario(alone=True)")
        self._about_to(what)
        victims = [r for r in self.watch.steady if own.holds(node, r)]
        sent = self.watch.now()
        self._acted = self.clock.now() if self._acted is None else self._acted
        self._victims += victims
        self._order(what, lambda: own.power(self.scope, node, how))
        for victim in victims:
            self._put(Kind.ACT, victim.name, what, ok="yes", id=victim.id, sent_s=f"{sent:.6f}", node=node)
        for victim in victims:
            self._wait_for_change(what, victim)

    def _own(self) -> Breakable:
        if not self.scope.arm.site.own:
            raise TypeError(f"{self.scope.arm.site.name} is shared: nothing of it may be broken")
        return cast("Breakable", self.place)

    def _parted(self) -> Parted:
        if self.scope.arm.site.kind is not Site.OWN_CLUSTER:
            raise TypeError(f"{self.scope.arm.site.name} is not a cluster of the lab's own")
        return cast("Parted", self.place)

    # -- the verbs: who asks ---------------------------------------------------------------------------------------

    def client(self, *, per_s: float = 50.0, outside: bool = False) -> None:
        """Have the copies asked by their common name from now until the end, from inside their network.

        From outside, it is their published port that is asked.
        """
        self._about_to("client")
        self.asking.begin("client", Ask(per_s, "/", outside=outside))

    def load(self, *, per_s: float, cpu_ms: int) -> None:
        """Have them work from now on: so many requests a second, each of which takes so much of a processor."""
        self._about_to("load")
        self.asking.begin(WORK, Ask(per_s, f"/burn?ms={cpu_ms}"))

    def end_load(self) -> None:
        """No more work from now on."""
        self.asking.end(WORK)

    def end_clients(self) -> None:
        self.asking.end()

    def left_out(self, victim: Replica, *, within_s: float) -> bool:
        """Watch until the victim gets no requests any more, while others do; at least so long where it does."""
        return self.asking.left_out(victim, self._acted, within_s=within_s)

    def shared(self, *, requests: int, copies: int) -> bool:
        """Wait until the client has sent so many, and see whether so many copies got a fair part of them each."""
        return self.asking.shared(requests, copies)

    def reach(self, service: str, *, within_s: float) -> bool:
        """Ask a Service from the arm's node until it answers, at most so long; before anything is done, it has to."""
        own, began = self._parted(), self.clock.now()
        said: list[str] = []

        def missing() -> str:
            waited, allowed = self.clock.now() - began, self.pace.allows(within_s)
            try:
                said[:] = [own.reach(self.scope, service)]
            except Unanswered as error:
                said[:] = [str(error)]
                self.tell(f"an answer of {service}", waited, allowed)
                if waited >= allowed:
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
        if not met and not self._done:
            raise NotSteady(f"{service} did not answer before anything was done")
        return met

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

    # -- the verbs: what comes of it -------------------------------------------------------------------------------

    def restored(self, *, within_s: float, every_s: float = EVERY_S) -> bool:
        """Watch until as many fresh copies serve as were lost; at least so long where they do not."""
        self.watch.due = True

        def missing() -> str:
            lacking = len(self._victims) - len(self.watch.fresh())
            return "" if lacking <= 0 else f"{lacking} of {len(self._victims)} back"

        return self._paced(self.watch.window("restored", missing, self.pace, within_s=within_s, every_s=every_s))

    def replaced(self, *, within_s: float) -> bool:
        """Watch until every copy of the steady state is gone and as many fresh ones serve; least so long if not."""

        def missing() -> str:
            fresh, all_ = len(self.watch.fresh()), len(self.watch.steady)
            old = len([r for r in self.watch.steady if r.id not in self.watch.ended])
            return "" if fresh >= all_ and not old else f"{all_ - fresh} fresh copies, and the end of {old} old ones"

        return self._paced(self.watch.window("replaced", missing, self.pace, within_s=within_s))

    def copies(self, wanted: int, *, within_s: float) -> bool:
        """Watch until so many copies serve; at least so long where they do not, unless the platform said no."""
        refused = self.watch.refused

        def missing() -> str:
            serving = len(self.watch.look())
            lacking = f"{wanted - serving} of {wanted} copies" if serving < wanted else ""
            if lacking and refused and serving >= wanted - refused:
                raise Hopeless(f"{refused} were refused")
            return lacking

        met = self.watch.window("copies", missing, self.pace, within_s=within_s, wanted=str(wanted))
        return self._paced(met)

    def _paced(self, met: bool) -> bool:
        if met and self._acted is not None:
            self.pace.took(self.clock.now() - self._acted)
        return met

    def hold(self, seconds: float) -> None:
        """Do nothing but look, for so long."""
        self.watch.hold(seconds)

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

    def _about_to(self, what: str) -> None:
        if self._acted is None:
            self.before(what)

    def _do(self, how: Act, victim: Replica) -> None:
        sent, self._done = self.watch.now(), True
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
        self._about_to(what)
        sent, self._done = self.watch.now(), True
        try:
            said, ok = do(), "yes"
        except self._no as error:
            said, ok = f"{type(error).__name__}: {error}", "no"
        self._put(Kind.ACT, "platform", what, ok=ok, sent_s=f"{sent:.6f}", **{"said" if ok == "yes" else "why": said})
        if ok == "yes":
            self.by_hand(said)

    def _wait_for_change(self, what: str, victim: Replica) -> None:
        """It runs on, and is as the act leaves it; or it has ended already."""

        def missing() -> str:
            self.watch.look()
            if victim.id in self.watch.ended:
                return ""
            if (now := self.watch.manner(victim)) == LASTING[what]:
                self.watch.event(victim, now)
                return ""
            return f"{victim.name} that {LASTING[what]} after {what}"

        self.watch.wait(f"the receipt of {what}", missing, ENDED_S, otherwise=None)

    def _wait_for_ends(self, what: str, victims: tuple[Replica, ...]) -> None:
        ids = {v.id: v.name for v in victims}

        def missing() -> str:
            self.watch.look()
            waiting = [name for id_, name in ids.items() if id_ not in self.watch.ended]
            return f"an end of {', '.join(waiting)} after {what}" if waiting else ""

        self.watch.wait(f"the receipt of {what}", missing, ENDED_S, otherwise=None)

    def _put(self, kind: Kind, who: str, what: str, **facts: str) -> None:
        self.watch.put(kind, who, what, **facts)
