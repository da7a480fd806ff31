"""One thing that `labs doctor` says: what it found, why that matters, what to type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.model.project import KIND, KUBERNETES
from harness.setup import engine as engines

Level = Literal["ok", "note", "problem"]

WHY = {
    "engine": "All labs run on this engine, the one that the docker command uses too.",
    "engine-version": f"Before {engines.OLDEST}, --privileged asks for capabilities that a host may lack.",
    "access": "Building a node image needs root; the engine, root or its group.",
    "cgroup": "Published node images do not run on cgroup v1.",
    "capability": "Without CAP_SYS_RESOURCE published node images do not start.",
    "ipvs": "Without it Swarm has no virtual IPs; claims on them are UNAVAILABLE.",
    "inotify": "All nodes share these limits; beyond them their programs fail to start.",
    "memory": "Three idle nodes take 1.2 GiB; labs and building come on top.",
    "engine-disk": "Images and containers lie there; on a full disk kubelets evict Pods.",
    "cache-disk": "What is built, and what it is built from, is kept there.",
    "ports": "Servers are published on loopback, on ports that the kernel chooses.",
    "registry": "Where one answers, the published node image need not be built.",
    "node-image": "A cluster's nodes are containers of this image.",
    "docker-cli": "kind talks to the engine through the docker command.",
    "compose": "Labs on Docker Compose need version 2 of it.",
    "kind": f"Makes the cluster; {KIND} is the one whose default is Kubernetes {KUBERNETES}.",
    "go": "Builds kind, and the node image where none can be pulled.",
    "kubectl": "For typing along; the labs themselves use the one inside the nodes.",
    "mirror": "A node image that is built here is made of Debian's packages.",
    "mmdebstrap": "Makes the Debian file system that a node image is built on.",
    "python": "The harness is written for Python 3.11 and newer.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    level: Level
    what: str
    why: str
    fix: str


def finding(name: str, level: Level, what: str, fix: str = "") -> Finding:
    return Finding(name, level, what, WHY[name], fix)
