"""A run's helper and the networks that it is in: what it can reach, also after another one has taken its place."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from harness.lab.open_site import Answer, No
from harness.sites.docker.copies import answered
from harness.sites.docker.helper import Helper

if TYPE_CHECKING:
    from docker.models.networks import Network

    from harness.setup.engine import Engine


BRIDGE = "bridge"
"""The network that every engine has by default; it knows no names."""


def on_bridge(listed: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of the containers is in it, as the engine lists them."""
    return any(BRIDGE in one["NetworkSettings"]["Networks"] for one in listed)


class Reach:
    """`network` is the run's own, in which the helper begins."""

    def __init__(self, engine: Engine, run: str, network: str) -> None:
        self._engine, self._run, self._network = engine, run, network
        self._lock = threading.RLock()
        self._joined: dict[str, str] = {}
        """The networks that it was connected to, by their ids."""

        self._helper = Helper(engine, run, network)
        self._closed = False

    def ask(self, address: str, port: int, method: str, path: str, within_s: float) -> Answer:
        return self._helper.ask(address, port, method, path, within_s)

    def kill(self, pid: int) -> str:
        return self._helper.kill(pid)

    def wrong(self) -> str:
        """What is wrong with it, or with the names in its network."""
        return self._helper.wrong(self._helper.name)

    def ended(self) -> str:
        """Why only another one could be asked; empty while this one runs."""
        return self._helper.ended()

    def renew(self) -> None:
        """It went with its engine, or somebody removed it: another one takes its place in all its networks."""
        with self._lock:
            if self._closed:
                raise No("the helper has gone with its site")
            self._helper.remove()
            with answered("the helper's network"):
                self._helper = Helper(self._engine, self._run, self._network)
            for id_, name in list(self._joined.items()):
                try:
                    with answered(f"network {name}"):
                        self._helper.join(self._engine.client.networks.get(id_))
                except No:
                    self._joined.pop(id_)

    def join(self, filters: Mapping[str, Any]) -> None:
        """Each of these networks in which it is not yet; it takes an address there."""
        with self._lock, answered():
            for network in self._engine.client.networks.list(filters=dict(filters)):
                if network.id not in self._joined:
                    self._helper.join(network)
                    self._joined[str(network.id)] = str(network.name)

    def join_named(self, name: str) -> None:
        with self._lock, answered(f"network {name}"):
            network = self._engine.client.networks.get(name)
            if network.id not in self._joined:
                self._helper.join(network)
                self._joined[str(network.id)] = name

    def part_from(self, filters: Mapping[str, Any]) -> None:
        """Each of these networks."""
        with self._lock, answered():
            for network in self._engine.client.networks.list(filters=dict(filters)):
                self.part(network)

    def part(self, network: Network) -> None:
        with self._lock:
            if self._joined.pop(str(network.id), None):
                self._helper.part(network)

    def close(self) -> None:
        """Whoever still looks at the site's health meanwhile gets no other one."""
        with self._lock:
            self._closed = True
        with contextlib.suppress(No):
            self._helper.close()
