"""Which run is alive: it holds a lock in the state folder. What a dead one left is removed by the next."""

from __future__ import annotations

import fcntl
import os
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.setup import paths as places
from harness.setup.cluster import shared as clusters
from harness.sites import cluster as cluster_site
from harness.sites import hosts, own_cluster, remains
from harness.sites.kube import Kube, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.setup.engine import Engine

SWEEP_S = 60.0


def _folder() -> Path:
    folder = places.state() / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def alive(run: str) -> Iterator[None]:
    """Hold the run's lock; the kernel lets it go when we die, however we die."""
    path = _folder() / run
    with path.open("w") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def new_name() -> str:
    """Of a run: when it began, so that names are in the order of time, and four digits in which others differ."""
    return f"{datetime.now(UTC):%m%d%H%M%S}-{random.SystemRandom().randrange(16**4):04x}"


def is_alive(run: str) -> bool:
    try:
        with (_folder() / run).open() as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def forget_dead(engine: Engine) -> tuple[set[str], list[str]]:
    """Remove what runs left that are not alive any more; answers which those were, and what could not be removed."""
    left: list[str] = []
    kube = _kube()
    found = remains.runs(engine) | own_cluster.runs(engine) | (cluster_site.runs(kube) if kube else set())
    dead = {run for run in found if not is_alive(run)}
    for run in sorted(dead):
        own_cluster.remove(engine, run)
        left += remains.sweep(engine, run, Deadline.after(SWEEP_S))
        hosts.forget(f"dkl-{run}-")
        if kube:
            left += cluster_site.sweep(kube, run, Deadline.after(SWEEP_S))
        (_folder() / run).unlink(missing_ok=True)
    return dead, left


def _kube() -> Kube | None:
    """The shared cluster, where there is one that answers."""
    kubeconfig = clusters.SHARED.kubeconfig
    if not kubeconfig.exists():
        return None
    try:
        kube = Kube(kubeconfig)
        kube.get("/api/v1/namespaces", limit="1")
    except (Refused, Problem, OSError, ValueError):
        return None
    return kube
