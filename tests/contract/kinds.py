"""The kinds of sites that the suite is about, each with an arm of three copies, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from harness.lab import site as sites
from harness.lab.arm import Arm

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True)
class Kind:
    """A kind of site with an arm of three copies, and what differs between kinds."""

    name: str
    arm: Arm
    nodes: tuple[str, ...] = ("",)
    in_place: bool = True
    """Whether what crashed is started again as the same thing."""

    replaces: bool = True
    """Whether what was removed is replaced, unasked."""

    signals: tuple[str, ...] = ("remove",)
    keeps: bool = True
    """Whether a copy's own layer outlives a crash."""

    breaks: str = ""
    """A node that may be lost while the rest can still be asked, where there is a rest."""

    slow: bool = False
    """Made for the test: the real one takes long."""


DOCKER = ("stop", "kill", "host-kill", "remove")
RUNS = "docker run --detach --restart always --cpus 0.1 dk-labs/web:1 x 3"
COMPOSE = Arm(
    "Compose", sites.engine, "compose-three.yaml", {"next": "compose-three-next.yaml", "two": "compose-two.yaml"}
)
DEPLOYMENT = Arm(
    "Deployment", sites.cluster, "deployment-three.yaml service.yaml",
    {"next": "deployment-three-next.yaml", "two": "deployment-two.yaml"},
)  # fmt: skip
SERVICE = Arm(
    "service", sites.swarm(2), "service-three.yaml", {"next": "service-three-next.yaml", "two": "service-two.yaml"}
)
SHARED, OWN = ("control-plane", "worker", "worker2"), ("control-plane", "worker")
KINDS = (
    Kind("runs", Arm("runs", sites.engine, RUNS), replaces=False, signals=DOCKER),
    Kind("compose", COMPOSE, replaces=False, signals=DOCKER),
    Kind(
        "docker host", Arm("runs", sites.docker_host(), RUNS), ("h1",),
        replaces=False, signals=DOCKER, breaks="h1", slow=True,
    ),
    Kind("swarm", SERVICE, ("h1", "h2"), in_place=False, signals=DOCKER, keeps=False, breaks="h2", slow=True),
    Kind("kubernetes", DEPLOYMENT, SHARED, keeps=False),
    Kind(
        "own cluster", Arm("Deployment", sites.own_cluster(2), DEPLOYMENT.recipe, DEPLOYMENT.versions), OWN,
        keeps=False, breaks="worker", slow=True,
    ),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}


def only(wanted: Callable[[Kind], object]) -> Callable[[F], F]:
    """A test that is about some kinds alone."""

    def marked(test: F) -> F:
        test.__dict__["only"] = wanted
        return test

    return marked
