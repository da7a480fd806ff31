"""What an open cluster is reached by: its API server, its nodes' containers, and kubectl."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup.cluster import nodes
from harness.setup.cluster.create import Shape
from harness.setup.cluster.kube import Kube
from harness.setup.cluster.nodes import Node
from harness.sites.kubernetes.copies import short
from harness.sites.kubernetes.pod_events import PodEvents

if TYPE_CHECKING:
    from harness.setup.engine import Engine


@dataclass(frozen=True, slots=True)
class Connection:
    engine: Engine
    run: str
    shape: Shape
    kube: Kube
    events: PodEvents
    kubectl: Path

    def full(self, node: str) -> str:
        """Its name in the cluster and on the engine."""
        return f"{self.shape.name}-{node}"

    def node(self, name: str) -> Node:
        """By the name that labs call it by."""
        there = {short(n.name, self.shape.name): n for n in nodes.of(self.engine, self.shape.name)}
        if name not in there:
            raise Problem(f"Looking for node {name!r}", f"there are {', '.join(there)}", "one of these")
        return there[name]
