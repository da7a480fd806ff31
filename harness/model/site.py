"""Where things run, and what a look at them shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    ENGINE = "engine"
    CLUSTER = "cluster"
    DOCKER_HOST = "docker host"
    SWARM = "swarm"
    OWN_CLUSTER = "own cluster"


@dataclass(frozen=True, slots=True)
class Site:
    """A place for arms; an `own` one is made for a lab and thrown away, so that the lab may break it."""

    name: str
    kind: Kind
    size: int = 1
    """How many hosts or nodes it has."""

    without: str = ""
    """The part of a cluster that was left out when it was made."""

    needs: frozenset[str] = frozenset()

    @property
    def own(self) -> bool:
        return self.kind not in (Kind.ENGINE, Kind.CLUSTER)

    @property
    def alone(self) -> bool:
        """Whether making it takes the whole machine, so that nothing else is measured meanwhile."""
        return self.kind is Kind.OWN_CLUSTER


engine = Site("engine", Kind.ENGINE)
"""The user's own Docker Engine, with Compose."""

cluster = Site("cluster", Kind.CLUSTER)
"""The shared kind cluster: never damaged."""


def docker_host() -> Site:
    """One Docker host in a container, with an engine of its own."""
    return Site("docker host", Kind.DOCKER_HOST)


def swarm(hosts: int = 3) -> Site:
    """Docker hosts in containers that make a Swarm; the first one manages it."""
    return Site(f"swarm of {hosts}", Kind.SWARM, hosts)


def own_cluster(nodes: int = 1, *, without: str = "") -> Site:
    """A kind cluster for one lab; its first node is the control plane."""
    lacks = f" without {without}" if without else ""
    return Site(f"own cluster of {nodes}{lacks}", Kind.OWN_CLUSTER, nodes, without)


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of the application as the platform describes it at one moment.

    `id` is the incarnation: a process restarted in place is another one, though container or Pod keep their name.
    `thing` is the container or the Pod itself, which a restart in place leaves the same.
    """

    name: str
    id: str
    thing: str
    state: str
    ready: bool
    code: int | None = None
    restarts: int = 0
    where: str = ""
