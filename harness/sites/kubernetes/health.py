"""Whether a cluster is sound: all that acts on Pods, and all over which they are reached, is at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.setup.cluster import nodes, ready
from harness.setup.cluster.create import Shape
from harness.setup.cluster.kube import Kube, Refused
from harness.setup.cluster.nodes import Node
from harness.sites.kubernetes.copies import short
from harness.sites.kubernetes.signs import NODES, Signs

if TYPE_CHECKING:
    from harness.setup.engine import Engine

ANSWER_S = 2.0
"""For one answer: in a sound cluster it takes some 10 ms."""

BACK_S = 90.0
"""A node or part that is begun again must be sound within so long."""

NAME = "kubernetes.default.svc.cluster.local"
DNS, PROXY = "coredns", "kube-proxy"
DEAF = ("kube-apiserver", "etcd")
"""Without one of these nothing of a cluster can be asked."""

AT_ONCE = 8


@dataclass(slots=True)
class Gaps:
    """What of a cluster is away on purpose, and what is on its way back."""

    parts: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    """By their full names."""

    coming: dict[str, float] = field(default_factory=dict)
    """Nodes that were begun again: until when they may take."""

    @property
    def deaf(self) -> bool:
        """Nobody can be asked, and nothing is wrong with that."""
        return bool(self.parts & set(DEAF)) or any(map(is_control, self.nodes))


def is_control(node: str) -> bool:
    return node.endswith("-control-plane")


class Health:
    def __init__(self, engine: Engine, shape: Shape, kube: Kube, signs: Signs, gaps: Gaps) -> None:
        self._engine, self._shape, self._signs, self._gaps = engine, shape, signs, gaps
        self._kube = kube.within(ANSWER_S)
        self._started: dict[str, tuple[str, float]] = {}
        """When each node was started, in the engine's words, and when that was first seen."""

    def wrong(self) -> str:
        """Empty where nothing is."""
        if self._gaps.deaf:
            return ""
        found = self._asked()
        for control in filter(is_control, tuple(self._gaps.coming)):
            found = self._late(control, found)
        return found

    def _asked(self) -> str:
        try:
            return self._wrong()
        except (Refused, Problem, KeyError, ValueError, OSError) as error:
            return str(error) or type(error).__name__
        except Exception as error:  # the engine's SDK lets requests' own through
            return f"{type(error).__name__}: {error}"

    def _wrong(self) -> str:
        there = {n.name: n for n in nodes.of(self._engine, self._shape.name)}
        wanted = [n for name, n in there.items() if name not in self._gaps.nodes]
        if missing := self._shape.size() - len(there):
            return f"only {len(there)} of {missing + len(there)} nodes are there"
        listed = {n["metadata"]["name"]: n for n in self._kube.get("/api/v1/nodes")["items"]}
        looks = (*(self._of(n, listed.get(n.name)) for n in wanted), *self._of_all(there))
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="health") as pool:
            return next(filter(None, pool.map(lambda look: look(), looks)), "")

    def _of_all(self, there: dict[str, Node]) -> Iterator[Callable[[], str]]:
        yield self._leaders_silent
        first = next(iter(there.values()))
        if DNS not in self._gaps.parts and first.name not in self._gaps.nodes:
            yield lambda: self._names_missing(first)

    def _leaders_silent(self) -> str:
        but = frozenset(self._gaps.parts)
        if self._signs.leaders_silent(but=but):
            self._signs.look()
        return self._signs.leaders_silent(but=but)

    def _of(self, node: Node, listed: Any) -> Callable[[], str]:
        def look() -> str:
            wrong = self._node_wrong(node, listed)
            worker = node.name in self._gaps.coming and not is_control(node.name)
            return self._late(node.name, wrong) if worker else wrong

        return look

    def _late(self, coming: str, wrong: str) -> str:
        """Of a node on its way back nothing is wrong yet; it is back when nothing is any more."""
        if not wrong:
            self._gaps.coming.pop(coming, None)
            return ""
        late = time.monotonic() > self._gaps.coming.get(coming, float("inf"))
        return f"{wrong}, {BACK_S:.0f} s after it was begun again" if late else ""

    def _node_wrong(self, node: Node, listed: Any) -> str:
        name = short(node.name, self._shape.name)
        if node.state != "running":
            return f"node {name} is {node.state}"
        if listed is None:
            return f"node {name} has not joined"
        return self._kubelet_wrong(node, name, listed) or self._proxy_wrong(node, name) or self._network_wrong(node)

    def _kubelet_wrong(self, node: Node, name: str, listed: Any) -> str:
        """A node is called Ready for 50 s after its kubelet fell silent: so the kubelet itself is asked."""
        if wrong := self._silent(f"/api/v1/nodes/{node.name}/proxy/healthz", f"the kubelet of {name}"):
            return wrong
        began = self._since(node)
        if began and not self._signs.renewed_since(NODES, node.name, began):
            self._signs.look()
            if not self._signs.renewed_since(NODES, node.name, began):
                return f"node {name} has not reported since it was started"
        return "" if ready.is_ready(listed) else f"node {name} is not Ready"

    def _proxy_wrong(self, node: Node, name: str) -> str:
        """Without it a node does not learn of Services that come, and nothing that is said of nodes tells so."""
        if PROXY in self._gaps.parts:
            return ""
        at = f"/api/v1/nodes/{node.name}:{ready.PROXY_HEALTH}/proxy/healthz"
        return self._silent(at, f"{PROXY} of {name}")

    def _network_wrong(self, node: Node) -> str:
        missing = ready.pods_missing(self._kube, [node])
        return f"{missing} is missing" if missing else ""

    def _silent(self, path: str, who: str) -> str:
        try:
            self._kube.text(path)
        except Refused as refused:
            return f"{who} does not answer: {refused}"
        return ""

    def _since(self, node: Node) -> float:
        """Since when it must have reported; 0: it has run since the first look, before which others looked."""
        known = self._started.get(node.name)
        if known is None or known[0] != node.started_at:
            self._started[node.name] = node.started_at, time.monotonic() if known else 0.0
        return self._started[node.name][1]

    def _names_missing(self, node: Node) -> str:
        """Each of the name servers' Pods is asked, since one of two that hangs is every second lookup."""
        pods = self._kube.get("/api/v1/namespaces/kube-system/pods", labelSelector="k8s-app=kube-dns")["items"]
        there = [p for p in pods if not p["metadata"].get("deletionTimestamp") and p["status"].get("podIP")]
        if not there:
            return "no name server runs"
        with ThreadPoolExecutor(len(there), thread_name_prefix="names") as pool:
            found = pool.map(lambda pod: nodes.dns_from(node, pod["status"]["podIP"], NAME), there)
            silent = [p["metadata"]["name"] for p, addresses in zip(there, found, strict=True) if not addresses]
        return f"the name server {' and '.join(silent)} does not answer" if silent else ""
