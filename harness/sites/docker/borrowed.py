"""A Compose project that somebody else brought up: looked at, acted upon, and given back as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.lab.open_site import No, Scope
from harness.model.entries import Heard
from harness.model.errors import Problem
from harness.setup.projects import ONE_OFF, PROJECT
from harness.sites.docker.copies import answered
from harness.sites.docker.events import DockerEvents
from harness.sites.docker.own import beside, drop
from harness.sites.docker.reach import BRIDGE, Reach, on_bridge

if TYPE_CHECKING:
    from harness.setup.engine import Engine


class Borrowed:
    """The project at `scope.at`. Nothing bears a label of ours there, so it has a stream of events of its own."""

    def __init__(self, engine: Engine, scope: Scope, reach: Reach, hear: Callable[[str, Heard], None]) -> None:
        self._engine, self._scope, self._reach = engine, scope, reach
        self.labels: dict[str, str] = {}
        self.containers: dict[str, Any] = {"label": [f"{PROJECT}={scope.at}", f"{ONE_OFF}=False"]}
        self.networks: dict[str, Any] = {"label": [f"{PROJECT}={scope.at}"]}
        self._events = DockerEvents(engine, f"{PROJECT}={scope.at}", hear, key=PROJECT)

    def take(self) -> tuple[str, ...]:
        """Begin to listen, and have the helper reach it; answers the images that it is made of."""
        self._events.start()
        self._reach.join(self.networks)
        with answered():
            listed = self._engine.client.api.containers(all=True, filters=self.containers)
        if on_bridge(listed):
            self._reach.join_named(BRIDGE)
        return tuple(sorted({str(one["Image"]) for one in listed}))

    def wrong(self) -> str:
        return self._events.wrong

    def hold(self, container: Mapping[str, Any]) -> None:
        """Its volumes are their owner's."""

    def leave(self) -> None:
        """Without our client, our helper and our event stream."""
        self._events.stop()
        with contextlib.suppress(No, Problem), answered():
            drop(self._engine, beside(self._scope))
        with contextlib.suppress(No):
            self._reach.part_from(self.networks)
