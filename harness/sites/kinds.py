"""One row for each kind of site: what opens it."""

from __future__ import annotations

from harness.lab.open_site import OpenSite
from harness.lab.site import Kind, Site
from harness.setup import engine as engines
from harness.setup.engine import Engine
from harness.setup.steps import Steps
from harness.sites.docker import hosts
from harness.sites.docker.docker_host import DockerHostSite
from harness.sites.docker.engine import EngineSite
from harness.sites.docker.swarm import SwarmSite
from harness.sites.kubernetes.cluster import ClusterSite
from harness.sites.kubernetes.own_cluster import OwnCluster

HOSTS = (Kind.DOCKER_HOST, Kind.SWARM)
"""Those that are made of Docker hosts in containers."""


def have_hosts_image(engine: Engine, steps: Steps) -> None:
    """Build it, where it is missing."""
    hosts.have_image(engine, steps)


def open_site(declared: Site, run: str, engine: Engine) -> OpenSite:
    """What is made for a run may take the engine minutes; where trials run at once it has to be prompt."""
    match declared.kind:
        case Kind.ENGINE:
            return EngineSite(engines.connect(engine.endpoint, silent_s=engines.PROMPT_S), run)
        case Kind.CLUSTER:
            return ClusterSite(engines.connect(engine.endpoint, silent_s=engines.PROMPT_S), run)
        case Kind.DOCKER_HOST:
            return DockerHostSite(engine, run)
        case Kind.SWARM:
            return SwarmSite(engine, run, declared.size)
        case Kind.OWN_CLUSTER:
            return OwnCluster(engine, run, declared.name, declared.size, declared.without)
