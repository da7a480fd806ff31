"""What would go with a cluster and is not only ours: live runs, and what people have in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import RUN_LABEL
from harness.setup import life
from harness.setup.cluster import nodes, ready
from harness.setup.cluster.kube import Kube, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.cluster.create import Shape
    from harness.setup.cluster.nodes import Node
    from harness.setup.engine import Engine
    from harness.setup.life import Living

COMES_WITH_IT = frozenset(
    {"default", "kube-system", "kube-public", "kube-node-lease", "local-path-storage", ready.NAMESPACE}
)
DEFAULT_KINDS = (
    ("/api/v1", "pods", ""),
    ("/apis/apps/v1", "deployments", ""),
    ("/apis/apps/v1", "statefulsets", ""),
    ("/apis/apps/v1", "daemonsets", ""),
    ("/apis/batch/v1", "jobs", ""),
    ("/api/v1", "services", "kubernetes"),
    ("/api/v1", "configmaps", "kube-root-ca.crt"),
    ("/api/v1", "persistentvolumeclaims", ""),
)
"""What people put into the namespace that is always there; of two kinds every cluster has one itself."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Falsy when nobody loses anything."""

    cluster: str
    why: str = ""
    """Why it has to go, where nobody asked for that."""

    runs: tuple[Living, ...] = ()
    namespaces: tuple[str, ...] = ()
    unseen: bool = False
    """It was ready once, and cannot be asked any more what is in it."""

    def __bool__(self) -> bool:
        return bool(self.runs or self.namespaces or self.unseen)

    def __str__(self) -> str:
        parts = [f"it is of no use any more ({self.why})"] if self.why else []
        if self.runs:
            which = ", ".join(map(str, self.runs))
            parts.append(f"{which} {'use' if len(self.runs) > 1 else 'uses'} it at this moment")
        if self.namespaces:
            many = len(self.namespaces) > 1
            parts.append(
                f"{'namespaces' if many else 'namespace'} {', '.join(self.namespaces)}, which no run owns, "
                f"would go with it"
            )
        if self.unseen:
            parts.append("what people have in it cannot be seen, and would go with it")
        return "; ".join(parts)


def refuse(loss: Loss, command: str = "labs up") -> None:
    """Where there is nobody to ask."""
    if loss:
        raise Problem(f"Removing cluster {loss.cluster}", str(loss), f"{command} --yes, if that may go")


def of(engine: Engine, shape: Shape, why: str) -> Loss:
    """All that would go with it."""
    names, unseen = _in_it(shape, nodes.of(engine, shape.name))
    return Loss(shape.name, why, users(engine, shape.name), names, unseen)


def users(engine: Engine, cluster: str) -> tuple[Living, ...]:
    return tuple(one for one in life.living(engine) if one.uses(cluster))


def _in_it(shape: Shape, there: list[Node]) -> tuple[tuple[str, ...], bool]:
    """The namespaces of people, and whether they could be there unseen."""
    try:
        return peoples(Kube(shape.kubeconfig, answer_s=ready.ANSWER_S).get), False
    except (Problem, Refused, OSError, KeyError, ValueError):
        # Where the control plane is gone, so is all that was in it; where it never was ready, nobody used it.
        return (), any(nodes.ready_once(node) for node in there if node.role == "control-plane")


def peoples(get: Callable[[str], Any]) -> tuple[str, ...]:
    """The namespaces that no run owns and that do not come with a cluster."""
    every = [one["metadata"] for one in get("/api/v1/namespaces")["items"]]
    foreign = [one for one in every if RUN_LABEL not in (one.get("labels") or {})]
    found = [str(one["name"]) for one in foreign if one["name"] not in COMES_WITH_IT]
    inside = []
    for base, kind, own in DEFAULT_KINDS:
        names = {str(one["metadata"]["name"]) for one in get(f"{base}/namespaces/default/{kind}")["items"]}
        if names - {own}:
            inside.append(kind)
    return (*sorted(found), *([f"default ({', '.join(inside)})"] if inside else []))
