"""The real sites for the suite: skipped, with the reason, where their engine, image or cluster is not there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from harness.lab.arm import IMAGE
from harness.lab.open_site import OpenSite, Scope
from harness.lab.site import Kind, Site
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.running import ownership
from harness.setup import endpoint, life, projects, tools
from harness.setup import engine as engines
from harness.setup.cluster import shared
from harness.setup.cluster.kube import Kube
from harness.setup.life import Life

BACK_S = 60.0
PEOPLE = f"{projects.EXERCISE}contract-"
"""How the projects and namespaces of this suite's people begin; they end as the name of its run does."""


@cache
def missing(kind: Kind) -> str:
    """What is not there for a site of that kind, or empty."""
    try:
        found = engines.connect(endpoint.resolve())
    except Problem as problem:
        return str(problem)
    try:
        if IMAGE not in {tag for image in found.client.images.list() for tag in image.tags}:
            return f"the engine has no {IMAGE}: labs images"
        down = kind is Kind.CLUSTER and not shared.status()["ready"]
    except Problem as problem:
        return str(problem)
    else:
        return "the shared cluster is not ready: labs up" if down else ""
    finally:
        found.client.close()


@contextmanager
def opened(declared: Site, run: str) -> Iterator[OpenSite]:
    """To others it is a run that is alive."""
    if why := missing(declared.kind):
        pytest.skip(why)
    from harness.sites import kinds

    swept()
    engine = engines.connect(endpoint.resolve())
    try:
        with Life.begin(run, engine, does="the contract suite"):
            yield kinds.open_site(declared, run, engine)
    finally:
        engine.client.close()


@cache
def swept() -> None:
    """What an earlier suite left that was killed goes: its runs' things, and what its people had brought up."""
    engine = engines.connect(endpoint.resolve())
    try:
        ownership.forget_dead(engine)
        alive = tuple(one.run[-4:] for one in life.living(engine))
        beside = (*projects.networks(engine), *projects.volumes(engine))
        named = [*(c.labels for c in projects.containers(engine)), *(one.attrs["Labels"] for one in beside)]
        for name in {labels[projects.PROJECT] for labels in named}:
            if name.startswith(PEOPLE) and not name.endswith(alive):
                projects.take_down(engine, name)
        if not missing(Kind.CLUSTER):
            _sweep_cluster(alive)
    finally:
        engine.client.close()


def _sweep_cluster(alive: tuple[str, ...]) -> None:
    from harness.sites.kubernetes import lent

    kube = Kube(shared.SHARED.kubeconfig)
    for namespace in kube.get("/api/v1/namespaces", labelSelector=f"{NAME}={lent.EXERCISE}")["items"]:
        name = str(namespace["metadata"]["name"])
        if name.startswith(PEOPLE) and not name.endswith(alive):
            lent.take_back(kube, name, Deadline.after(BACK_S))


@contextmanager
def by_hand(opened: Any, scope: Scope) -> Iterator[None]:
    """Three copies that a person brought up at `scope.at`, and takes down again."""
    if not opened.real:
        opened.place.by_hand(scope.at, scope.arm, scope.manifests)
        yield
    elif scope.arm.site.kind is Kind.CLUSTER:
        with _namespace(opened.place.connection, scope):
            yield
    else:
        with _project(opened.place.engine, scope):
            yield


@contextmanager
def _project(engine: Any, scope: Scope) -> Iterator[None]:
    files = [f"--file={scope.manifests / name}" for name in scope.arm.names]
    argv = [*tools.compose(), "--project-name", scope.at, *files, "up", "--detach", "--pull", "never"]
    try:
        subprocess.run(argv, check=True, capture_output=True, env=engine.environment)
        yield
    finally:
        projects.take_down(engine, scope.at)


@contextmanager
def _namespace(at: Any, scope: Scope) -> Iterator[None]:
    from harness.sites.kubernetes import lent

    lent.lend(at.kube, scope.at)
    files = [f"--filename={scope.manifests / name}" for name in scope.arm.names]
    argv = [str(at.kubectl), "--kubeconfig", str(shared.SHARED.kubeconfig), "--namespace", scope.at, "apply", *files]
    try:
        subprocess.run(argv, check=True, capture_output=True, env=os.environ)
        yield
    finally:
        lent.take_back(at.kube, scope.at, Deadline.after(BACK_S))
