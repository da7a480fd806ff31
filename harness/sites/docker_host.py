"""A Docker host in a container as a site: an engine as the user's own, which a lab may break."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.sites.engine import EnginePlace
from harness.sites.hosts import BEGIN, Hosts
from harness.sites.machines import sh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.clock import Deadline
    from harness.model.site import Replica
    from harness.setup.engine import Engine
    from harness.sites.client import Client, Hear
    from harness.sites.place import Ask, Scope


class DockerHostPlace(EnginePlace):
    """Everything an engine can do is done by the engine in the host, whose short name is h1."""

    def __init__(self, outer: Engine, run: str, name: str) -> None:
        super().__init__(outer, run)
        self.name = name
        self._hosts = Hosts(outer, run, name, 1)
        self._down = False
        self._last: dict[str, tuple[Replica, ...]] = {}

    def open(self, deadline: Deadline) -> None:
        self._hosts.open()
        self.engine = self._hosts.all[0].engine
        super().open(deadline)

    def health(self) -> str:
        return "" if self._down else super().health()

    def streams(self) -> dict[str, str]:
        return {"docker-events": "open"} if self._down else super().streams()

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        """Of a host that was broken on purpose nothing is known but what was there before."""
        if self._down:
            return tuple(replace(r, ready=False, state="unknown") for r in self._last.get(scope.trial, ()))
        self._last[scope.trial] = super().look(scope)
        return self._last[scope.trial]

    def client(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        if not ask.outside:
            return super().client(scope, ask, hear)
        return self._hosts.client(scope, ask, hear, {self._hosts.all[0].name: self._published(scope)})

    def holds(self, node: str, replica: Replica) -> bool:
        del replica
        return self._hosts.named(node) is self._hosts.all[0]

    def shell(self, scope: Scope, node: str, command: str) -> str:
        del scope
        return sh(self._hosts.named(node).machine.container, command)

    def power(self, scope: Scope, node: str, how: str) -> str:
        del scope
        host = self._hosts.named(node)
        self._down = self._down or how not in BEGIN
        said = host.power(how)
        if how in BEGIN:
            self.renew_helper()
            self._down = False
        return said

    def leave(self, scope: Scope) -> None:
        if self._down:
            self.power(scope, self._hosts.all[0].name, "resume")
        super().leave(scope)

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.quiet()
        return self._hosts.close(deadline)
