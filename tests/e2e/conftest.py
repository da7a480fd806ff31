"""What the tests share that run labs as a user does, or break a site beneath a run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.running import run
from harness.setup import life, paths, projects
from harness.sites.docker.leftovers import NAMELESS
from harness.sites.kubernetes import own_cluster
from harness.sites.labels import RUN_LABEL
from tests.support import broken


@pytest.fixture
def impatient(monkeypatch):
    """What is broken stays broken: that waiting for it is bounded shows with less time than usual as well."""
    monkeypatch.setattr(run, "CLOSE_S", 15.0)
    monkeypatch.setattr(broken, "STEADY_S", 25.0)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder of its own: runs are recorded there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def started():
    """Begin a `labs` that goes on beside the test."""

    def begin(*arguments: str, **how) -> subprocess.Popen[str]:
        argv, pipe = [sys.executable, "-m", "harness", *arguments], subprocess.PIPE
        return subprocess.Popen(argv, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True, **how)

    return begin


@pytest.fixture
def left(host, kubectl, here):
    """What the runs that are recorded here have on the engine, in the cluster and in the state folder."""
    before = nameless(host)

    def find() -> list[str]:
        mine = [folder.name for folder in (here / "runs").glob("*")]
        found = [one for one in things(host, kubectl) if any(run in one for run in mine)]
        alone = {one.run for one in life.living(host)} <= set(mine)  # else it may be somebody else's
        return found + sorted(nameless(host) - before if alone else ())

    return find


def nameless(host) -> set[str]:
    every = host.client.volumes.list(filters={"dangling": True})
    return {str(v.name) for v in every if NAMELESS.fullmatch(str(v.name))}


def things(host, kubectl) -> Iterator[str]:
    """All that is any run's, by names that have the run's in them."""
    ours = {"label": RUN_LABEL}
    for one in host.client.containers.list(all=True, ignore_removed=True, filters=ours):
        yield f"container {one.name} of {one.labels[RUN_LABEL]}"
    for one in (*host.client.networks.list(filters=ours), *host.client.volumes.list(filters=ours)):
        yield f"{one.name} of {one.attrs['Labels'][RUN_LABEL]}"
    for volume in host.client.volumes.list(filters={"label": projects.PROJECT}):
        yield f"volume {volume.name} of {volume.attrs['Labels'][projects.PROJECT]}"
    yield from kubectl("get", "namespaces", "-l", RUN_LABEL, "-o", "name").split()
    yield from (f"cluster of {run}" for run in own_cluster.runs(host))
    for kind in ("dockerhosts", "clusters"):
        yield from map(str, paths.state().glob(f"{kind}/dkl-*"))
