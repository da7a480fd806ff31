"""What an exercise stands on: the engine with the demo application's image, or the cluster and a namespace in it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.lab import manifests
from harness.lab.open_site import Shared
from harness.lab.site import Kind
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.waiting import TooLate
from harness.running import ownership
from harness.setup import dockerd, endpoint, projects, tools
from harness.setup import engine as engines
from harness.setup.cluster import shared as clusters
from harness.setup.cluster.kube import Kube, Refused
from harness.setup.images import proxy
from harness.setup.images import web as images
from harness.sites.docker.engine import EngineSite
from harness.sites.kubernetes import lent
from harness.sites.kubernetes.cluster import ClusterSite

if TYPE_CHECKING:
    from harness.exercises.folder import Folder
    from harness.setup.engine import Engine
    from harness.setup.steps import Steps

REMOVED_S = 60.0
NODE = f"{clusters.SHARED.name}-control-plane"


@dataclass(frozen=True, slots=True)
class Ground:
    """The platform of one exercise, ready, and what a learner types there."""

    folder: Folder
    engine: Engine

    @property
    def once(self) -> str:
        """What has to be typed once in each shell; empty where nothing has."""
        if self._on_engine:
            url = self.engine.endpoint
            return f"export DOCKER_HOST={shlex.quote(url.url)}" if url.source == "--docker-host" else ""
        kubectl = tools.kubectl(NODE, endpoint_env=self.engine.environment).parent
        path = "" if str(kubectl) in os.environ.get("PATH", "").split(":") else f" PATH={kubectl}:$PATH"
        return f"export KUBECONFIG={shlex.quote(str(clusters.SHARED.kubeconfig))}{path}"

    @property
    def apply(self) -> str:
        if self._on_engine:
            return f"{self._compose} up --detach"
        return f"kubectl apply --namespace {self.folder.project} {self._files}"

    @property
    def look(self) -> str:
        """What shows what runs."""
        return (
            f"{self._compose} ps --all" if self._on_engine else f"kubectl get pods --namespace {self.folder.project}"
        )

    @property
    def take_away(self) -> str:
        """What removes all that was applied; on an engine the file that is applied takes the place of the old one."""
        return "" if self._on_engine else f"kubectl delete all --all --namespace {self.folder.project}"

    @property
    def _on_engine(self) -> bool:
        return self.folder.exercise.kind is Kind.ENGINE

    @property
    def _compose(self) -> str:
        program, *rest = tools.compose()
        typed = "docker" if rest else program
        return " ".join([typed, *rest, "--project-name", self.folder.project, self._files])

    @property
    def _files(self) -> str:
        flag = "--file" if self._on_engine else "--filename"
        return " ".join(f"{flag} {shlex.quote(str(file))}" for file in self.folder.files)

    def site(self, run: str) -> Shared:
        prompt = engines.connect(self.engine.endpoint, silent_s=engines.PROMPT_S)
        return EngineSite(prompt, run) if self._on_engine else ClusterSite(prompt, run)

    def clear(self) -> None:
        """Take down all that the learner ran here; a check that was killed may still hold on to it."""
        ownership.forget_dead(self.engine)
        if self._on_engine:
            projects.take_down(self.engine, self.folder.project)
            return
        kube = _kube()
        try:
            lent.take_back(kube, self.folder.project, Deadline.after(REMOVED_S))
        except TooLate as late:
            raise Problem(f"Removing namespace {self.folder.project}", str(late), "labs status") from late
        lent.lend(kube, self.folder.project)


def make(folder: Folder, steps: Steps, *, flag: str = "") -> Ground:
    """Have all ready that the exercise needs, and nothing else: Compose needs no cluster."""
    if folder.exercise.kind is Kind.ENGINE:
        engine = dockerd.ready(steps, flag=flag)
        images.web(engine, steps)
        if manifests.have_proxy([(folder.exercise.solved, manifests.FOLDER / folder.exercise.lab.name)]):
            proxy.have(engine, steps)
        tools.compose()
        return Ground(folder, engine)
    engine = clusters.up(steps, flag=flag).engine
    images.load(engine, steps, clusters.SHARED, images.web(engine, steps))
    lent.lend(_kube(), folder.project)
    return Ground(folder, engine)


def find(folder: Folder, *, flag: str = "") -> Ground:
    """What `make` made, as it is now; nothing is waited for."""
    folder.check_begun()
    engine = engines.connect(endpoint.resolve(flag))
    if folder.exercise.kind is Kind.CLUSTER:
        tried, start = f"Looking for namespace {folder.project}", f"labs exercise start {folder.exercise.name}"
        try:
            if not lent.is_lent(_kube(), folder.project):
                raise Problem(tried, "there is none", start)
        except Refused as refused:
            raise Problem(tried, str(refused), start) from refused
    return Ground(folder, engine)


def _kube() -> Kube:
    file = clusters.SHARED.kubeconfig
    if not file.exists():
        raise Problem("Looking for the cluster", f"there is no {file}", "labs up")
    return Kube(file)
