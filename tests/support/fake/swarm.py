"""A Swarm in memory: services that keep a number of tasks on their hosts, and bring later versions in steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.lab.open_site import No
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Workload
from tests.support.fake.runtime import Runtime

STARTS_S = (0.8, 1.5)
SOON_S = 0.2
HISTORY = 5
"""So many tasks that are over are kept for each place."""


@dataclass(eq=False)
class Declared:
    workload: Workload
    before: Workload | None = None
    updating: bool = False
    state: str = "completed"


class Swarm:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.runtime = Runtime(estate, self._begun, self._ended)
        self.services: dict[str, Declared] = {}

    # -- what is typed

    def deploy(self, wanted: Sequence[Workload]) -> tuple[str, int]:
        for one in wanted:
            known = self.services.get(one.name)
            if known is None:
                self.services[one.name] = Declared(one)
            elif known.workload != one:
                self._declare(known, one)
            self.keep(one.name)
        return "\n".join(f"Updating service {one.name}" for one in wanted), 0

    def _declare(self, known: Declared, one: Workload) -> None:
        if one.container != known.workload.container:
            if self.estate.faults.has("updates do nothing"):
                return
            known.before, known.state = known.workload, "updating"
            known.updating = True
        known.workload = one

    def scale(self, name: str, n: int) -> tuple[str, int]:
        if name not in self.services:
            return f"no such service: {name}", 1
        known = self.services[name]
        n = known.workload.n if self.estate.faults.has("scaling does nothing") else n
        known.workload = replace(known.workload, n=n)
        self.keep(name)
        return f"{name} scaled to {n}", 0

    def roll_back(self, name: str, *, unasked: bool = False) -> tuple[str, int]:
        known = self.services.get(name)
        if known is None or known.before is None:
            return "Error response from daemon: service does not have a previous spec", 1
        self._declare(known, replace(known.before, n=known.workload.n))
        known.state = "rollback_started" if unasked else "updating"
        self.estate.tell(name, known.state)
        self.keep(name)
        return f"{name} rolled back", 0

    def take_back(self, name: str) -> None:
        """As nobody asked for."""
        self.roll_back(name, unasked=True)

    def signal(self, copy: Copy, how: str) -> None:
        if how != "remove" and copy.process is None:
            raise No(f"{copy.name} does not run")
        if how == "stop":
            self.runtime.ask_to_end(copy, 5.0)
            return
        self.runtime.end(copy, 137)
        if how == "remove":
            self.runtime.drop(copy)

    # -- what it does by itself

    def keep(self, name: str) -> None:
        """See to it soon that there are as many tasks as are declared."""
        self.estate.after(SOON_S, lambda: self._keep(name))

    def _keep(self, name: str) -> None:
        known = self.services.get(name)
        if known is None:
            return
        one, places = known.workload, {c.slot for c in self._tasks(name)}
        for copy in [c for c in self._tasks(name) if c.slot > one.n]:
            self._let_go(copy)
        for slot in range(1, one.n + 1):
            if slot not in places:
                self._place(one, slot, self.estate.between(*STARTS_S))
        if known.updating:
            self._step(name, known)

    def _tasks(self, name: str) -> list[Copy]:
        """Those that run or are to run."""
        return [c for c in self.estate.copies if c.owner == name and not c.stopped and not c.terminating]

    def _place(self, one: Workload, slot: int, in_s: float) -> Copy:
        node = self.estate.site.nodes.place(one.node, [c.node for c in self._tasks(one.name)])
        name = f"{one.name}.{slot}.{self.estate.word(25)}"
        copy = Copy(name, self.estate.thing(), one.container, one.name, node, slot=slot)
        copy.aliases = (one.name, *one.aliases)
        self.runtime.create(copy)
        if not node or self.estate.faults.has("refuses every copy"):
            copy.no = "no suitable node (insufficient resources)"
            self.estate.changed()
            return copy
        self.runtime.start(copy, in_s + self.estate.queue_s(node))
        return copy

    def _let_go(self, copy: Copy) -> None:
        copy.terminating, copy.routed = True, False
        self.estate.changed()
        self.runtime.ask_to_end(copy, copy.container.grace_s, then=lambda: self.runtime.drop(copy))

    def _step(self, name: str, known: Declared) -> None:
        """As many as may be at once make way for the later version; the next ones follow when these run."""
        one, tasks = known.workload, self._tasks(name)
        late = [c for c in tasks if c.container != one.container]
        if not late:
            known.updating, known.state = False, "completed"
            self.estate.tell(name, "completed")
            return
        at_once = len(late) if self.estate.faults.has("updates come at once") else one.update.parallelism or len(late)
        fresh = [c for c in tasks if c.container == one.container and c.process is None]
        for copy in late[: max(0, at_once - len(fresh))]:
            self._let_go(copy)
            self._place(one, copy.slot, 0.5 + self.estate.between(*STARTS_S))

    def _begun(self, copy: Copy) -> None:
        copy.routed = True
        self.estate.after(copy.container.health.period_s, lambda: self._well(copy)) if copy.container.health else None
        known = self.services.get(copy.owner)
        if known and known.updating:
            self.estate.after(known.workload.update.delay_s, lambda: self.keep(copy.owner))

    def _well(self, copy: Copy) -> None:
        """A task that is not well makes way for another one."""
        health, now = copy.container.health, self.estate.clock.now()
        if copy.process is None or health is None:
            return
        well = not copy.process.deaf(now) and copy.process.answer("GET", health.path, now)[0] == 200
        copy.unhealthy = 0 if well else copy.unhealthy + 1
        if copy.unhealthy >= health.failures:
            self.estate.tell(copy.name, "unhealthy")
            self.runtime.ask_to_end(copy, copy.container.grace_s)
            return
        self.estate.after(health.period_s + (health.timeout_s if copy.process.hung else 0), lambda: self._well(copy))

    def _ended(self, copy: Copy) -> bool:
        copy.routed = False
        known = self.services.get(copy.owner)
        if known is None or copy.terminating:
            return True
        self._failed(copy, known)
        copy.stopped = True  # its place is free
        one = known.workload
        if one.restart_is_none(copy.code):
            copy.stopped = False
            return False
        if self.estate.heals("service"):
            self.replace(copy, known)
        return True

    def replace(self, copy: Copy, known: Declared) -> None:
        pause_s = self.estate.pause(known.workload.restart_s)

        def again() -> None:
            there = {c.slot for c in self._tasks(copy.owner)}
            if copy.slot <= known.workload.n and copy.slot not in there:
                self._place(known.workload, copy.slot, self.estate.between(*STARTS_S))
                if self.estate.acted and self.estate.faults.has("one too many comes back"):
                    self._place(known.workload, copy.slot, self.estate.between(*STARTS_S))
            self._forget(copy)

        self.estate.after(pause_s, again)

    def _failed(self, copy: Copy, known: Declared) -> None:
        """A later version that ends while it is watched stops its coming, or takes it back."""
        e, update = self.estate, known.workload.update
        fresh = copy.container == known.workload.container and known.before is not None
        watched = e.clock.now() - copy.begun_s <= update.monitor_s
        if not (fresh and watched and copy.code) or known.state != "updating" or update.failure == "continue":
            return
        known.updating, known.state = False, "paused"
        e.tell(copy.owner, "paused")
        unasked = update.failure == "rollback" and not e.faults.has("nobody takes it back unasked")
        if unasked or e.faults.has("Swarm takes back whatever fails"):
            e.after(SOON_S, lambda: self.take_back(copy.owner))

    def _forget(self, copy: Copy) -> None:
        over = [c for c in self.estate.copies if c.owner == copy.owner and c.slot == copy.slot and c.stopped]
        for old in over[:-HISTORY]:
            self.runtime.drop(old)

    def host_lost(self, host: str) -> None:
        """Its tasks are started on others."""
        for copy in [c for c in self.estate.copies if c.node == host and not c.stopped]:
            known = self.services.get(copy.owner)
            if known and not self.estate.faults.has("nothing is rescheduled"):
                copy.stopped = True
                self.replace(copy, known)
