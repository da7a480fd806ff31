"""The hosts or nodes of a site in memory, and the parts of a cluster: what is at work, and what is thought to be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.lab.open_site import No
from harness.lab.site import Kind
from harness.model.errors import Problem
from harness.model.parts import DAEMONS, KNOWN, KUBELET, STATIC
from tests.support.fake.copies import Copy

if TYPE_CHECKING:
    from tests.support.fake.site import FakeSite

NOTICED_S = {Kind.SWARM: (9.0, 16.5), Kind.OWN_CLUSTER: (42.0, 53.0)}
"""From the loss of a node until the platform knows; a cluster waits for 50 s since it last heard of it."""

SWITCH_S, BACK_S = 0.6, (2.0, 5.0)
MOST_PODS = 110
CLUSTERS = (Kind.CLUSTER, Kind.OWN_CLUSTER)
POWER = {"stop": "stopped", "pause": "paused", "stop-engine": "engine stopped", "resume": "up", "start-engine": "up"}


@dataclass(eq=False)
class Node:
    name: str
    state: str = "up"
    lost: bool = False
    """Whether the platform thinks so."""

    cordoned: bool = False
    kubelet: bool = True
    strikes: int = 0
    rules: dict[str, list[Copy]] | None = None
    """What its kube-proxy had written by the time that it went."""


@dataclass(eq=False)
class Nodes:
    site: FakeSite
    all: dict[str, Node] = field(init=False)
    away: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        declared, size = self.site.declared, self.site.declared.size
        workers = ["control-plane", "worker", *(f"worker{n}" for n in range(2, size))]
        named = {
            Kind.ENGINE: [""], Kind.DOCKER_HOST: ["h1"], Kind.SWARM: [f"h{n}" for n in range(1, size + 1)],
            Kind.CLUSTER: ["control-plane", "worker", "worker2"], Kind.OWN_CLUSTER: workers[:size],
        }[declared.kind]  # fmt: skip
        self.all = {name: Node(name) for name in named}
        self.away = {declared.without} if declared.without else set()

    @property
    def names(self) -> list[str]:
        return list(self.all)

    @property
    def first(self) -> str:
        return self.names[0]

    @property
    def cluster(self) -> bool:
        return self.site.declared.kind in CLUSTERS

    # -- what is so, and what the platform thinks

    def works(self, name: str) -> bool:
        return name in self.all and self.all[name].state == "up"

    def known(self, name: str) -> bool:
        """Whether its own engine answers; a cluster tells of each node what it heard last."""
        return self.cluster or self.works(name)

    def lost(self, name: str) -> bool:
        return name in self.all and self.all[name].lost

    def kubelet(self, name: str) -> bool:
        return self.works(name) and self.all[name].kubelet

    def part(self, name: str) -> bool:
        return name not in self.away and self.works(self.first)

    def silent(self) -> bool:
        """Whether nothing of a cluster can be asked."""
        return self.cluster and not (self.part("kube-apiserver") and self.part("etcd"))

    def able(self) -> list[str]:
        """Where Pods and tasks may be placed."""
        every = [n for n in self.all.values() if not n.lost and not n.cordoned and (self.cluster or n.state == "up")]
        reserved = self.first if self.cluster and len(self.all) > 1 else None
        return [n.name for n in every if n.name != reserved]

    def place(self, wanted: str, taken: Sequence[str]) -> str:
        """The one with the fewest; empty where there is none."""
        count = Counter(taken)
        most = MOST_PODS if self.cluster else math.inf
        fit = [n for n in self.able() if (not wanted or n == self.short(wanted)) and count[n] < most]
        if wanted and not fit and self.short(wanted) == self.first and self.works(self.first):
            return self.first
        return min(fit, key=lambda n: count[n], default="")

    def why(self, wanted: str) -> str:
        return (
            "node(s) didn't match Pod's node affinity/selector" if wanted else "Too many pods, or untolerated taints"
        )

    def short(self, name: str) -> str:
        return name if name in self.all else next((n for n in self.all if n and name.endswith(f"-{n}")), name)

    # -- what is done to them

    def power(self, name: str, how: str) -> str:
        node = self._named(name)
        allowed = {Kind.DOCKER_HOST: POWER, Kind.SWARM: POWER}.get(
            self.site.declared.kind, ("stop", "pause", "resume")
        )
        if how not in allowed:
            raise ValueError(f"{name} knows no {how}")
        self.site.clock.sleep(SWITCH_S)
        if self.site.faults.has("strikes do nothing"):
            return f"docker {how} {name}"
        before = node.state
        if POWER[how] == before or (POWER[how] != "up" and before == "paused"):
            raise No(f"{how} of {name}: it is {before}")
        node.state = POWER[how]
        if node.state == "up":
            self._begin(node, before)
        else:
            self._strike(node)
        return f"docker {how} {name}"

    def _strike(self, node: Node) -> None:
        node.strikes += 1
        self.site.strikes += 1
        for estate in self.site.estates:
            estate.changed()
        if (between := NOTICED_S.get(self.site.declared.kind)) is not None:
            strike, in_s = node.strikes, self.site.random.uniform(*between)
            self.site.clock.after(in_s, lambda: self._notice(node, strike))

    def _notice(self, node: Node, strike: int) -> None:
        if (node.state == "up" and node.kubelet) or node.strikes != strike or not self.works(self.first):
            return
        node.lost = True
        for world in self.site.worlds:
            world.estate.tell(node.name, "lost")
            world.estate.changed()
            world.platform.host_lost(node.name)

    def _begin(self, node: Node, before: str) -> None:
        """What ended without a word begins again where it would; what froze goes on."""
        self.site.clock.sleep(self.site.random.uniform(*BACK_S))
        node.lost, node.kubelet = False, True
        for world in self.site.worlds if before in ("stopped", "engine stopped") else ():
            world.platform.host_begins(node.name)
        for estate in self.site.estates:
            estate.changed()

    def take_away(self, part: str, name: str) -> str:
        if part not in KNOWN:
            raise Problem(f"Taking {part} away", "it is no part that can be", f"one of: {', '.join(KNOWN)}")
        node = self._named(name)
        self.site.clock.sleep(SWITCH_S)
        if self.site.faults.has("strikes do nothing"):
            return f"{part} of {name}"
        if (
            part in self.away
            or (part == KUBELET and not node.kubelet)
            or (part in DAEMONS and node.rules is not None)
        ):
            raise No(f"{part} of {name} is away already")
        if part == KUBELET:
            node.kubelet = False
            self._strike(node)
        elif part in DAEMONS:
            node.rules = {name: self.site.behind(name) for name in self.site.services()}
        else:
            self.away.add(part)
        return f"{part} of {name}" if part in STATIC else f"{part}"

    def drain(self, name: str) -> None:
        self._named(name).cordoned = True
        for world in self.site.worlds:
            world.platform.evict(name)

    def cordon(self, name: str, *, on: bool) -> None:
        self._named(name).cordoned = on

    def mend(self) -> None:
        """All of it is there again, as it was made."""
        for node in self.all.values():
            node.cordoned, node.rules = False, None
            if node.state != "up" or not node.kubelet:
                before, node.state = node.state, "up"
                self._begin(node, before)
        self.away = {self.site.declared.without} if self.site.declared.without else set()

    def _named(self, name: str) -> Node:
        if self.short(name) not in self.all:
            what = "node" if self.cluster else "host"
            raise Problem(f"Looking for {what} {name!r}", f"there are {', '.join(self.all)}", "one of these")
        return self.all[self.short(name)]

    def proxy(self, name: str) -> dict[str, list[Copy]] | None:
        """The rules that a node without kube-proxy still has; None where one is at work."""
        node = self._named(name or self.names[-1])
        if node.state != "up":
            raise No("timeout")
        if "kube-proxy" in self.away:
            return {}
        return node.rules
