"""Pods in memory: placed, started, asked by their kubelet, started again in place, and ended with their grace."""

from __future__ import annotations

from collections.abc import Callable

from harness.lab.arm import IMAGE
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Container, Probe, Workload
from tests.support.fake.runtime import Runtime, altered
from tests.support.fake.steps import Steps

PLACED_S, STARTS_S, RESTARTS_S = (0.05, 0.15), (1.2, 2.4), (0.9, 1.9)
BACK_OFF_S, LONGEST_S = 10.0, 300.0
ROUTED_S = (0.1, 0.4)
"""From a Pod's becoming ready, or not, until it gets its part of the requests."""

GONE_S = 0.3
DENIED = "forbidden: ValidatingAdmissionPolicy 'denies-pods' denied request: denied on purpose"


class Pods:
    """What kubelets and the scheduler do; `stirs` is told of a Pod that is not as it was, for its owner."""

    def __init__(self, estate: Estate, stirs: Callable[[Copy], None]) -> None:
        self.estate, self._stirs = estate, stirs
        self.runtime, self.steps = Runtime(estate, self._begun, self._ended), Steps(estate)

    def create(self, one: Workload, container: Container, name: str, slot: int = 0) -> Copy:
        if self.estate.faults.has("files are altered"):
            container = altered(container)
        copy = Copy(name, self.estate.thing(), container, one.name, kind="Pod", slot=slot, state="Pending")
        copy.aliases, copy.labels = (name,), one.labels
        self.runtime.create(copy)
        self.estate.after(self.estate.between(*PLACED_S), lambda: self._place(copy, one))
        return copy

    def _place(self, copy: Copy, one: Workload) -> None:
        e, nodes = self.estate, self.estate.site.nodes
        if copy not in e.copies or copy.terminating:
            return
        if not nodes.part("kube-scheduler"):
            e.after(1.0, lambda: self._place(copy, one))
            return
        copy.node = nodes.place(one.node, [c.node for w in e.site.estates for c in w.copies])
        if not copy.node:  # there may be one any moment
            e.tell(copy.name, "FailedScheduling", f"0/{len(nodes.names)} nodes are available: {nodes.why(one.node)}")
            e.after(1.0, lambda: self._place(copy, one))
            return
        e.tell(copy.name, "on node", copy.node)
        if copy.container.image != IMAGE and not e.site.has_image(copy.container.image):
            copy.state = "ErrImageNeverPull" if copy.container.pull == "Never" else "ImagePullBackOff"
            copy.no = f"{copy.state}: {copy.container.image} is not there" if copy.container.pull == "Never" else ""
        else:
            copy.state = "created"
            copy.address = e.site.address(copy.node)
            self._start(copy, e.between(*STARTS_S) + e.queue_s(copy.node))
        e.changed()

    def refuse(self, owner: str) -> None:
        """A policy of the cluster's keeps an owner from making any: so the owner itself is told of."""
        if not any(c.owner == owner for c in self.estate.copies):
            copy = Copy(
                owner, f"refused {owner}", Container(), owner, state="FailedCreate", no=DENIED, terminating=True
            )
            self.estate.copies.append(copy)
            self.estate.tell(owner, "may not make a Pod", DENIED)
            self.estate.changed()

    def _start(self, copy: Copy, in_s: float) -> None:
        """As soon as a kubelet is there to do it; each start makes a new container, with an empty layer."""

        def try_it() -> None:
            if self.estate.site.nodes.kubelet(copy.node):
                self.steps.before(copy, lambda: self.runtime.start(copy, 0.0, anew=True))
            else:
                self.estate.after(1.0, try_it)

        self.estate.after(in_s, try_it)

    # -- while it runs

    def _begun(self, copy: Copy) -> None:
        self.route(copy)
        self.steps.beside(copy)
        for one in copy.container.others:
            self._begin_beside(copy, one)
        self._stirs(copy)  # its owner may go on with a roll-out
        for probe, came in ((copy.container.readiness, self._readiness), (copy.container.liveness, self._liveness)):
            if probe is not None:
                first_s = probe.delay_s + self.estate.between(0.0, min(1.0, probe.period_s))
                self._ask_from(copy, copy.incarnation, probe, came, first_s)

    def _begin_beside(self, copy: Copy, one: Container) -> None:
        """The other containers of its Pod begin with it, and end when the Pod does."""
        name = f"{copy.name}/{one.beside}"
        if not any(c.name == name for c in self.estate.copies):
            other = Copy(name, self.estate.thing(), one, "", copy.node, copy.address, kind="Pod", within=copy.thing)
            self.runtime.start(self.runtime.create(other), 0.0)

    def _ask_from(
        self, copy: Copy, incarnation: str, probe: Probe, came: Callable[[Copy, Probe, bool], None], in_s: float
    ) -> None:
        """The kubelet asks again and again, and gives up waiting when the time is over."""

        def ask() -> None:
            process, now = copy.process, self.estate.clock.now()
            if process is None or copy.incarnation != incarnation or (copy.terminating and came == self._liveness):
                return
            frozen = not self.estate.site.nodes.kubelet(copy.node)
            deaf = process.deaf(now)
            if not frozen:
                well = not deaf and process.answer("GET", probe.path, now)[0] < 400
                wait_s = probe.timeout_s if deaf == "timeout" else 0.0
                self.estate.after(wait_s, lambda: came(copy, probe, well) if copy.process is process else None)
            self._ask_from(copy, incarnation, probe, came, probe.period_s)

        self.estate.after(in_s, ask)

    def _readiness(self, copy: Copy, probe: Probe, well: bool) -> None:
        copy.failing = 0 if well else copy.failing + 1
        ready = well or (copy.ready and copy.failing < probe.failures)
        if ready != copy.ready:
            copy.ready = ready
            self.estate.tell(copy.name, "web ready", "" if ready else "no")
            self.estate.changed()
            self.route(copy)
            self._stirs(copy)

    def _liveness(self, copy: Copy, probe: Probe, well: bool) -> None:
        copy.unhealthy = 0 if well else copy.unhealthy + 1
        if copy.unhealthy == probe.failures:
            self.estate.tell(copy.name, "unhealthy", "the livenessProbe failed: its container is started anew")
            self.runtime.ask_to_end(copy, copy.container.grace_s)

    def route(self, copy: Copy) -> None:
        """Every node learns of it a little later."""

        def learn() -> None:
            copy.routed = copy.process is not None and copy.ready and not copy.terminating

        self.estate.after(self.estate.between(*ROUTED_S), learn)

    # -- when it ends

    def _ended(self, copy: Copy) -> bool:
        self.route(copy)
        policy = copy.container.restart
        if copy.terminating:
            copy.state = "Terminating"
            return True
        if policy == "Never" or (policy == "OnFailure" and copy.code == 0):
            self._stirs(copy)
            return False
        if not self.estate.heals(self.kind_of(copy)):
            return True
        again_s = min(BACK_OFF_S * 2 ** (copy.pauses - 1), LONGEST_S) if copy.pauses else 0.0
        copy.pauses += 1
        copy.state = "CrashLoopBackOff" if again_s else "exited"
        self.estate.changed()
        self._start(copy, self.estate.pause(again_s + self.estate.between(*RESTARTS_S)))
        return True

    def kind_of(self, copy: Copy) -> str:
        """Set by whoever owns Pods."""
        return "Pod"

    def delete(self, copy: Copy, *, at_once: bool = False, grace_s: float | None = None) -> None:
        """It gets no requests any more, sleeps as its preStop says, is told to end, and then is gone.

        `grace_s`: another one than its file says.
        """
        if copy.terminating:
            return
        copy.terminating, copy.state = True, "Terminating"
        self.estate.tell(copy.name, "terminating")
        self.estate.changed()
        self.route(copy)
        self._stirs(copy)
        hook_s = 0.0 if at_once else self.steps.at_the_end(copy)
        grace_s = copy.container.grace_s if grace_s is None else grace_s
        if at_once or self.estate.faults.has("no grace is given"):
            grace_s = hook_s

        def gone() -> None:
            if not at_once and copy.node and not self.estate.site.nodes.kubelet(copy.node):
                self.estate.after(1.0, gone)  # nobody is there who could say that it has ended
                return
            self.runtime.end(copy, 137)
            for one in (copy, *(c for c in self.estate.copies if c.within == copy.thing)):
                self.runtime.drop(one)
            self._stirs(copy)

        def end() -> None:
            left_s = max(0.0, grace_s - hook_s)
            self.runtime.ask_to_end(copy, left_s, then=lambda: self.estate.after(GONE_S, gone))

        self.estate.after(min(hook_s, grace_s), end)
