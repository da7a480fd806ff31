"""A kind cluster for one lab as a site: made when it is needed, broken at will, and deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml
from rich.console import Console

from harness.model.arm import PORT
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.parts import KUBELET
from harness.setup.cluster import create, nodes
from harness.setup.cluster import shared as clusters
from harness.setup.cluster.create import Shape
from harness.setup.images import web as images
from harness.setup.steps import Steps
from harness.sites import parts
from harness.sites.cluster import ClusterPlace
from harness.sites.machines import sh, switch
from harness.sites.place import Unanswered
from harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from docker.models.containers import Container

    from harness.model.site import Replica
    from harness.setup.engine import Engine
    from harness.sites.place import Scope

PREFIX = "dkl-"
NODE_S = 90.0
"""For a node that was away to be Ready again, with its kubelet's report."""

KIND = "io.x-k8s.kind.cluster"
LEFT_OUT = {"kube-proxy": {"networking": {"kubeProxyMode": "none"}}}
"""What kind's configuration says so that a part is never there."""


class OwnClusterPlace(ClusterPlace):
    """One control plane, and workers beside it."""

    def __init__(self, engine: Engine, run: str, name: str, size: int, without: str = "") -> None:
        if without and without not in LEFT_OUT:
            raise Problem(f"Making a cluster without {without}", "kind makes none", f"one of: {', '.join(LEFT_OUT)}")
        folder = Shape(f"{PREFIX}{run}", clusters.SHARED.config).folder
        super().__init__(engine, run, Shape(f"{PREFIX}{run}", folder / "kind.yaml"))
        self.name, self._size, self._without = name, size, without
        self.away |= {without} if without else set()
        self._undo: dict[str, list[Callable[[], None]]] = {}

    def open(self, deadline: Deadline) -> None:
        quiet = Steps(Console(quiet=True))
        _configure(self.shape.config, self._size, self._without)
        # A lab that needs figures waits for them: there are none for the first 10 s after all else is there.
        clusters.up(quiet, flag=self.engine.endpoint.url, shape=self.shape, figures=False)
        images.load(self.engine, quiet, self.shape, images.web(self.engine, quiet))
        super().open(deadline)

    def health(self) -> str:
        """Of a cluster that was made deaf on purpose nothing can be asked, and nothing is wrong with that."""
        return "" if self.away & set(parts.DEAF) else super().health()

    def streams(self) -> dict[str, str]:
        return {"pod-events": "open"} if self.away & set(parts.DEAF) else super().streams()

    def take_away(self, scope: Scope, part: str, node: str) -> str:
        """It is there again when the trial is over, at the latest."""
        taken = parts.part(part, self._full(node), self.node(node), self.kube)
        self.away.add(part)
        if part == KUBELET:
            self.down.add(self._full(node))
        self._undo.setdefault(scope.trial, []).append(lambda: self._bring_back(taken, node))
        return taken.leave()

    def _bring_back(self, taken: parts.Part, node: str) -> None:
        taken.back()
        self.away.discard(taken.name)
        if taken.name == KUBELET:
            self.down.discard(self._full(node))
        until(f"{taken.name} back", self.health, Deadline.after(NODE_S), pause_s=0.5)

    def holds(self, node: str, replica: Replica) -> bool:
        return replica.where == self._full(node)

    def _full(self, node: str) -> str:
        return f"{self.shape.name}-{node}"

    def node(self, node: str) -> Container:
        there = {n.name: n.container for n in nodes.of(self.engine, self.shape.name)}
        if self._full(node) not in there:
            short = ", ".join(name.removeprefix(f"{self.shape.name}-") for name in there)
            raise Problem(f"Looking for node {node!r}", f"{self.name} has {short}", "one of these")
        return there[self._full(node)]

    def shell(self, scope: Scope, node: str, command: str) -> str:
        del scope
        return sh(self.node(node), command)

    def power(self, scope: Scope, node: str, how: str) -> str:
        """A node that was stopped or paused counts as broken until it is resumed, at the latest after the trial."""
        if how not in ("stop", "pause", "resume"):
            raise ValueError(f"a node of a cluster knows no {how}")
        container = self.node(node)
        if how == "resume":
            said = switch(container, how)
            self.down.discard(self._full(node))
            until(f"{node} sound again", self.health, Deadline.after(NODE_S), pause_s=0.5)
            return said
        self.down.add(self._full(node))
        self._undo.setdefault(scope.trial, []).append(lambda: self._resume(scope, node))
        return switch(container, how)

    def _resume(self, scope: Scope, node: str) -> None:
        if self._full(node) in self.down:
            self.power(scope, node, "resume")

    def reach(self, scope: Scope, service: str) -> str:
        """Ask a Service by its address from the arm's node; answers the first line, or raises Unanswered."""
        container = self.node(scope.arm.at)
        address = self.kube.get(f"/api/v1/namespaces/{scope.name}/services/{service}")["spec"]["clusterIP"]
        ask = f"exec 3<>/dev/tcp/{address}/{PORT} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3"
        code, said = nodes.inside(container, ["timeout", "1", "bash", "-c", ask])
        if code != 0 or " 200 " not in said:
            raise Unanswered(said.strip()[-80:] or ("timeout" if code == 124 else f"exit code {code}"))
        return said.strip()

    def leave(self, scope: Scope) -> None:
        for undo in reversed(self._undo.pop(scope.trial, [])):
            undo()
        super().leave(scope)

    def close(self, deadline: Deadline) -> Sequence[str]:
        """Nothing in it has to be removed one by one."""
        del deadline
        if self._events:
            self._events.stop()
        remove(self.engine, self.run)
        return [f"container {node.name}" for node in nodes.of(self.engine, self.shape.name)]


def _configure(file: Path, size: int, without: str) -> None:
    """The shared cluster's configuration with another number of nodes, and without the part."""
    document = yaml.safe_load(clusters.SHARED.config.read_text())
    document["nodes"] = [{"role": "control-plane"}, *({"role": "worker"} for _ in range(size - 1))]
    for key, value in LEFT_OUT.get(without, {}).items():
        document[key] = document[key] | value
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(yaml.safe_dump(document))


def runs(engine: Engine) -> set[str]:
    """The runs of which a cluster is there."""
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": KIND})
    names = {str(c.labels[KIND]) for c in found}
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}


def remove(engine: Engine, run: str) -> int:
    """Delete the run's cluster, half-made ones as well; answers how many nodes there were."""
    shape = Shape(f"{PREFIX}{run}", clusters.SHARED.config)
    removed = create.remove(engine, shape)
    shutil.rmtree(shape.folder, ignore_errors=True)
    return removed
