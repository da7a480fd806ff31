"""What a trial made on an engine itself: how it is found, and removed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.lab.arm import IMAGE
from harness.lab.open_site import No, Scope
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import removal
from harness.setup.projects import PROJECT
from harness.sites.docker import leftovers
from harness.sites.docker.copies import answered
from harness.sites.docker.reach import Reach
from harness.sites.labels import BESIDE_LABEL, RUN_LABEL, TRIAL_LABEL

if TYPE_CHECKING:
    from harness.setup.engine import Engine


class Ground(Protocol):
    """Whose the things of a trial are."""

    labels: dict[str, str]
    """What all that is made there bears; nothing where it is somebody else's."""

    containers: dict[str, Any]
    networks: dict[str, Any]
    """The engine's filters for what belongs to it."""

    def wrong(self) -> str:
        """What is wrong with a stream of events of its own."""
        ...

    def hold(self, container: Mapping[str, Any]) -> None:
        """It is about to be removed: what it would leave behind is to go with the trial."""
        ...

    def leave(self) -> None: ...


class Own:
    """Made by the trial, and labelled so: all of it goes."""

    def __init__(self, engine: Engine, scope: Scope, reach: Reach) -> None:
        self._engine, self._scope, self._reach = engine, scope, reach
        self.labels = {NAME: "trial", RUN_LABEL: scope.run, TRIAL_LABEL: scope.trial}
        self.containers: dict[str, Any] = {"label": [f"{RUN_LABEL}={scope.run}", f"{TRIAL_LABEL}={scope.trial}"]}
        self.networks = self.containers

    def wrong(self) -> str:
        return ""

    def hold(self, container: Mapping[str, Any]) -> None:
        with answered():
            held = leftovers.nameless(container.get("Mounts") or ())
            leftovers.hold(self._engine, self._scope.run, self._scope.trial, held)

    def leave(self) -> None:
        """What resists is tried again, and told, when the site is closed."""
        with contextlib.suppress(No, Problem), answered():
            drop(self._engine, self.containers)
            drop(self._engine, beside(self._scope))
        with contextlib.suppress(No), answered():
            for network in self._engine.client.networks.list(filters=self.networks):
                self._reach.part(network)
                with contextlib.suppress(No), answered():
                    network.remove()
        with contextlib.suppress(No), answered():
            leftovers.drop_volumes(self._engine, *self.containers["label"])
            leftovers.drop_volumes(self._engine, f"{PROJECT}={self._scope.name}")
            self._empty(self._scope.folder / self._scope.trial / "scratch")

    def _empty(self, scratch: Path) -> None:
        """What containers wrote there may be root's, and then only a container can remove it."""
        if not scratch.exists():
            return
        try:
            shutil.rmtree(scratch)
        except PermissionError:
            argv = ["find", "/scratch", "-mindepth", "1", "-delete"]
            mount = {str(scratch.resolve()): {"bind": "/scratch", "mode": "rw"}}
            self._engine.client.containers.run(
                IMAGE, argv[1:], entrypoint=argv[:1], volumes=mount, remove=True, labels=self.labels
            )


def beside(scope: Scope) -> dict[str, Any]:
    """The engine's filter for what stands beside a trial's copies."""
    return {"label": [f"{RUN_LABEL}={scope.run}", f"{BESIDE_LABEL}={scope.trial}"]}


def drop(engine: Engine, filters: Mapping[str, Any]) -> None:
    removal.remove(engine.client.containers.list(all=True, ignore_removed=True, filters=dict(filters)))
