"""What controllers of a cluster in memory do: they hold numbers of Pods, and roll versions out and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.lab.open_site import No
from tests.support.fake.autoscaler import Autoscalers
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Autoscaler, Container, Object, Service, Workload
from tests.support.fake.pods import DENIED, Pods

SOON_S = 0.1


@dataclass(eq=False)
class Owned:
    workload: Workload
    revisions: list[Container] = field(default_factory=list)
    """The last one is what is declared."""

    hashes: list[str] = field(default_factory=list)
    since_s: float = 0.0
    complained: bool = False
    more: int = 0
    """Pods that somebody has asked for and that were never there, so that none of them is lost."""


class Namespace:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.pods = Pods(estate, self._lost)
        self.pods.kind_of = lambda copy: self._kind(copy.owner)  # type: ignore[method-assign]
        self.owned: dict[str, Owned] = {}
        self.services: dict[str, Service] = {}
        self.autoscalers = Autoscalers(estate, self._workload, self.of, self.set_number)

    # -- what is typed

    def apply(self, objects: Sequence[Object]) -> tuple[str, int]:
        said = []
        for one in objects:
            if isinstance(one, Workload) and one.runtime:
                why = f'RuntimeClass "{one.runtime}" not found'
                return f"Error from server (Forbidden): pods {one.name!r} is forbidden: pod rejected: {why}", 1
            if isinstance(one, Service):
                self.services[one.name] = one
            elif isinstance(one, Autoscaler):
                self.autoscalers.apply(one)
            elif isinstance(one, Workload) and (no := self._declare(one)):
                return no, 1
            kind = one.kind if not isinstance(one, Service) else "Service"
            said.append(f"{kind.lower()}/{one.name} configured")
        return "\n".join(said), 0

    def _declare(self, one: Workload) -> str:
        known = self.owned.get(one.name)
        if one.kind == "Pod":
            if self.estate.faults.has("refuses every copy"):
                return f'Error from server (Forbidden): pods "{one.name}" is {DENIED}'
            there = next((c for c in self.estate.copies if c.name == one.name), None)
            if there is None:
                self.pods.create(one, one.container, one.name)
            elif there.container != one.container:
                return f'The Pod "{one.name}" is invalid: spec: Forbidden: pod updates may not change fields'
            return ""
        if known is None:
            self.owned[one.name] = Owned(one, [one.container], [self.estate.word(8)], self.estate.clock.now())
        else:
            known.workload = one
            self._revise(known, one.container)
        self.keep(one.name)
        return ""

    def _revise(self, known: Owned, container: Container) -> None:
        if known.revisions[-1] == container or self.estate.faults.has("updates do nothing"):
            return
        hash_ = self.estate.word(8)
        if container in known.revisions:  # its ReplicaSet is still there, and becomes the newest
            at = known.revisions.index(container)
            hash_ = known.hashes.pop(at)
            known.revisions.pop(at)
        known.revisions.append(container)
        known.hashes.append(hash_)
        known.since_s, known.complained = self.estate.clock.now(), False

    def undo(self, name: str) -> tuple[str, int]:
        known = self.owned.get(name)
        if known is None or len(known.revisions) < 2 or self.estate.faults.has("undo is refused"):
            return f'error: no rollout history found for deployment "{name}"', 1
        if not self.estate.faults.has("undo does nothing"):
            before = known.revisions[-2]
            known.workload = replace(known.workload, container=before)
            self._revise(known, before)
            self.keep(name)
        return f"deployment.apps/{name} rolled back", 0

    def scale(self, name: str, n: int) -> tuple[str, int]:
        known = self.owned.get(name)
        if known is None:
            return f'Error from server (NotFound): deployments.apps "{name}" not found', 1
        if not self.estate.faults.has("scaling does nothing"):
            self.set_number(name, n)
        return f"deployment.apps/{name} scaled", 0

    def set_number(self, name: str, n: int) -> None:
        known = self.owned[name]
        known.more = max(0, known.more + n - known.workload.n)
        known.workload = replace(known.workload, n=n)
        self.keep(name)

    def restart(self, name: str) -> tuple[str, int]:
        said, code = self.set_env(name, {"restartedAt": f"{self.estate.clock.now():.3f}"})
        return said.replace("env updated", "restarted"), code

    def set_env(self, name: str, wanted: Mapping[str, str]) -> tuple[str, int]:
        known = self.owned.get(name)
        if known is None:
            return f'Error from server (NotFound): deployments.apps "{name}" not found', 1
        env = {**dict(known.revisions[-1].env), **wanted}
        self._revise(known, replace(known.revisions[-1], env=tuple(env.items())))
        self.keep(name)
        return f"deployment.apps/{name} env updated", 0

    def delete(self, kind: str, name: str, grace_s: float | None = None) -> bool:
        """Whether there was one; with an owner goes what it owns."""
        if kind == "service":
            return self.services.pop(name, None) is not None
        if kind == "pod":
            found = next((c for c in self.estate.copies if c.name == name), None)
            if found is not None:
                self.pods.delete(found, grace_s=grace_s)
            return found is not None
        if kind == "horizontalpodautoscaler":
            return self.autoscalers.known.pop(name, None) is not None
        if self.owned.pop(name, None) is None:
            return False
        for copy in [c for c in self.estate.copies if c.owner == name]:
            self.pods.delete(copy)
        return True

    def signal(self, copy: Copy, how: str) -> None:
        if how != "remove":
            raise ValueError(f"a cluster knows no {how}")
        if copy.terminating:
            raise No(f"not there any more: {copy.name}")
        self.pods.delete(copy)
        if self.estate.faults.has("everything comes back") and copy.owner not in self.owned:
            alone = Workload("Pod", copy.owner, copy.container)
            self.estate.after(2.0, lambda: self._again(alone, copy))

    def _again(self, alone: Workload, copy: Copy) -> None:
        self.pods.create(alone, copy.container, copy.name)

    # -- what they do by themselves

    def keep(self, name: str) -> None:
        self.estate.after(SOON_S, lambda: self._keep(name))

    def _lost(self, copy: Copy) -> None:
        if copy.owner in self.owned:
            self.keep(copy.owner)

    def _workload(self, name: str) -> Workload | None:
        return self.owned[name].workload if name in self.owned else None

    def _kind(self, name: str) -> str:
        return self.owned[name].workload.kind if name in self.owned else "Pod"

    def of(self, name: str) -> list[Copy]:
        """Those that count: neither ending nor over."""
        over = [
            c
            for c in self.estate.copies
            if c.owner == name and c.state == "exited" and c.container.restart == "Never"
        ]
        return [c for c in self.estate.copies if c.owner == name and not c.terminating and c not in over]

    def _keep(self, name: str) -> None:
        known = self.owned.get(name)
        if known is None:
            return
        if not self.estate.site.nodes.part("kube-controller-manager"):
            self.estate.after(1.0, lambda: self._keep(name))
            return
        one = known.workload
        if one.kind == "StatefulSet":
            self._keep_set(known)
        elif one.kind == "DaemonSet":
            self._keep_daemons(known)
        else:
            self._roll(known)

    def _create(self, known: Owned, name: str, slot: int = 0) -> None:
        """A fresh Pod; where one was lost, only as the faults let it come."""
        e, one = self.estate, known.workload
        container = known.revisions[-1]
        if e.faults.has("refuses every copy"):
            self.pods.refuse(one.name)
            return
        lost = e.acted and known.since_s < e.acted_s and not known.more
        known.more = max(0, known.more - 1)
        if lost and not e.heals(one.kind):
            return
        wait_s = e.pause(0.0) if lost else 0.0
        if wait_s:
            waits = Copy(
                name, e.thing(), container, one.name, kind="Pod", slot=slot, state="Pending", aliases=(name,),
                labels=one.labels,
            )  # fmt: skip
            self.pods.runtime.create(waits)
            e.after(wait_s, lambda: self.pods._place(waits, one))
            return
        self.pods.create(one, container, name, slot)
        if lost and e.faults.has("one too many comes back") and known.workload.n <= len(self.of(one.name)):
            self.pods.create(one, container, f"{name}x", slot)

    def _roll(self, known: Owned) -> None:
        """New Pods as far as the surge lets, then old ones away as far as enough others serve."""
        one, now, at_once = known.workload, known.revisions[-1], self.estate.faults.has("updates come at once")
        every = self.of(one.name)
        new = [c for c in every if self._is(c, now)]
        old = [c for c in every if c not in new]
        surge, unavailable = one.limits()
        if old and (one.recreate or at_once):
            for copy in old:
                self.pods.delete(copy)
            return
        if one.recreate and any(c.owner == one.name and not self._is(c, now) for c in self.estate.copies):
            return  # the last old one has still to go
        extra = 1 if self.estate.acted and self.estate.faults.has("one too many comes back") else 0
        for copy in sorted(new, key=lambda c: (c.ready, -c.begun_s))[: max(0, len(new) - one.n - extra)]:
            self.pods.delete(copy)
        room = min(one.n - len(new), one.n + (surge if old else 0) - len(every))
        for _ in range(room):
            self._create(known, f"{one.name}-{known.hashes[-1]}-{self.estate.word()}")
        least = one.n - unavailable
        spare = len(every) - least - sum(not c.ready for c in new)
        sick = [c for c in old if not c.ready][: max(0, spare)]
        well = [c for c in old if c.ready][: max(0, sum(c.ready for c in every) - least)]
        for copy in (*sick, *well):
            self.pods.delete(copy)
        self._complain(known, done=not old and len(new) == one.n and all(c.ready for c in new))

    def rolled_out(self, known: Owned) -> bool:
        have = self.of(known.workload.name)
        return len(have) == known.workload.n and all(c.ready and self._is(c, known.revisions[-1]) for c in have)

    def _is(self, copy: Copy, container: Container) -> bool:
        return replace(copy.container, readiness=None) == replace(container, readiness=None)

    def _complain(self, known: Owned, *, done: bool) -> None:
        """That nothing moves any more is told, and nothing else."""
        left_s = known.since_s + known.workload.deadline_s - self.estate.clock.now()
        if done or known.complained:
            return
        if left_s <= 0:
            known.complained = True
            self.estate.tell(known.workload.name, "ProgressDeadlineExceeded")
        else:
            self.estate.after(left_s, lambda: self._keep(known.workload.name))

    def _keep_set(self, known: Owned) -> None:
        """Each number has one Pod, whose name a next one takes only when it is gone; of versions one at a time."""
        one, now = known.workload, known.revisions[-1]
        have = {c.slot: c for c in self.estate.copies if c.owner == one.name}
        for slot in [s for s in have if s >= one.n and not have[s].terminating]:
            self.pods.delete(have[slot])
        for slot in range(one.n):
            if slot not in have:
                self._create(known, f"{one.name}-{slot}", slot)
            if not one.parallel and not (slot in have and have[slot].ready and not have[slot].terminating):
                return
        if all(c.ready and not c.terminating for c in have.values()) and len(have) == one.n:
            late = [c for c in have.values() if not self._is(c, now)]
            for copy in sorted(late, key=lambda c: -c.slot)[:1]:
                self.pods.delete(copy)

    def _keep_daemons(self, known: Owned) -> None:
        one = known.workload
        there = {c.node for c in self.of(one.name)}
        for node in self.estate.site.nodes.able():
            if node not in there:
                alone = replace(one, node=node)
                self.pods.create(alone, known.revisions[-1], f"{one.name}-{self.estate.word()}")

    def evict(self, node: str) -> None:
        """What was on a node that is lost, or emptied, goes; owners make others."""
        everybody = self.estate.faults.has("everything is rescheduled")
        if self.estate.faults.has("nothing is rescheduled"):
            return
        for copy in [c for c in self.estate.copies if c.node == node and not c.terminating]:
            self.pods.delete(copy)
            if everybody and copy.owner not in self.owned:
                self.pods.create(Workload("Pod", copy.owner, copy.container), copy.container, f"{copy.name}-again")
