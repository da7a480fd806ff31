"""Where things run: sites as labs declare them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    ENGINE = "engine"
    CLUSTER = "cluster"
    DOCKER_HOST = "docker host"
    SWARM = "swarm"
    OWN_CLUSTER = "own cluster"


@dataclass(frozen=True, slots=True)
class Site:
    """A value: labs that declare the same one share it."""

    name: str
    kind: Kind
    program: str
    """The first word of what is typed there."""

    applies: str
    flag: str
    size: int = 1
    """How many hosts or nodes it has."""

    without: str = ""
    """The part of a cluster that was left out when it was made."""

    needs: frozenset[str] = frozenset()
    """What a host must be able to do for it."""

    @property
    def own(self) -> bool:
        """Made for a run and thrown away, so that labs may break it."""
        return self.kind not in (Kind.ENGINE, Kind.CLUSTER)

    @property
    def heavy(self) -> bool:
        """Whether making it takes the whole machine, so that nothing is measured meanwhile."""
        return self.kind is Kind.OWN_CLUSTER


engine = Site("engine", Kind.ENGINE, "docker", "docker compose {files} up --detach", "--file")
"""The user's own Docker Engine, with Compose."""

cluster = Site("cluster", Kind.CLUSTER, "kubectl", "kubectl apply {files}", "--filename")
"""The shared kind cluster: never damaged."""


def docker_host() -> Site:
    """One Docker host in a container, with an engine of its own."""
    return replace(engine, name="docker host", kind=Kind.DOCKER_HOST)


def swarm(hosts: int = 3) -> Site:
    """Docker hosts in containers that make a Swarm; the first one manages it."""
    name = f"swarm of {hosts}"
    return Site(name, Kind.SWARM, "docker", "docker stack deploy {files} web", "--compose-file", size=hosts)


def own_cluster(nodes: int = 1, *, without: str = "") -> Site:
    """A kind cluster for this run alone; its first node is the control plane."""
    lacks = f" without {without}" if without else ""
    name = f"own cluster of {nodes}{lacks}"
    return replace(cluster, name=name, kind=Kind.OWN_CLUSTER, size=nodes, without=without)
