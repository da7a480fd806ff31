"""Whose is what a run made: what runs left that are not alive any more is removed, by whoever comes next."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import yaml

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.setup import life
from harness.setup.cluster import nodes
from harness.setup.cluster import shared as clusters
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.docker import hosts, leftovers
from harness.sites.kubernetes import own_cluster, sweep

if TYPE_CHECKING:
    from pathlib import Path

    from harness.setup.engine import Engine

SWEEP_S = 60.0


def new_name() -> str:
    """Of a run: when it began, so that names are in the order of time, and four digits in which others differ."""
    return f"{datetime.now(UTC):%m%d%H%M%S}-{random.SystemRandom().randrange(16**4):04x}"


def forget_dead(engine: Engine) -> tuple[set[str], list[str]]:
    """Remove what runs left that are not alive any more; answers which those were, and what could not be removed."""
    left: list[str] = []
    kube = _kube(engine)
    dead = _found(engine, kube)
    if dead:
        # In this order: a run shows that it lives before it makes anything, and ends when nothing of it is left.
        dead -= {one.run for one in life.living(engine)}
        dead &= _found(engine, kube)
    for run in sorted(dead):
        own_cluster.remove(engine, run)
        left += leftovers.sweep(engine, run, Deadline.after(SWEEP_S))
        hosts.forget(f"dkl-{run}-")
        if kube:
            left += sweep.sweep(kube, run, Deadline.after(SWEEP_S))
    return dead, left


def _found(engine: Engine, kube: Kube | None) -> set[str]:
    """The runs of which something is there."""
    return leftovers.runs(engine) | own_cluster.runs(engine) | (sweep.runs(kube) if kube else set())


def _kube(engine: Engine) -> Kube | None:
    """The shared cluster, where one answers whose nodes are on this engine: there its runs show that they live."""
    kubeconfig = clusters.SHARED.kubeconfig
    try:
        if not kubeconfig.exists() or server(kubeconfig) not in _served(engine):
            return None
        kube = Kube(kubeconfig)
        kube.get("/api/v1/namespaces", limit="1")
    except (Refused, Problem, OSError, ValueError):
        return None
    return kube


def server(kubeconfig: Path) -> str:
    """Host and port of the API server that is meant; empty if the file does not say."""
    try:
        named = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        return ""
    return str(named).removeprefix("https://").rstrip("/")


def _served(engine: Engine) -> set[str]:
    """Where the API server of the shared cluster on this engine is reached."""
    there = nodes.of(engine, clusters.SHARED.name)
    ports = [node.container.attrs["NetworkSettings"]["Ports"] or {} for node in there]
    return {f"{one['HostIp']}:{one['HostPort']}" for of in ports for one in of.get("6443/tcp") or ()}
