"""Docker hosts in containers for one run: made together, and removed with all that is in them."""

from __future__ import annotations

import contextlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from harness.model.arm import IMAGE
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import engine as engines
from harness.setup import paths as places
from harness.setup import removal, tools
from harness.setup.images import docker_host as dockerhost
from harness.setup.images import web as images
from harness.setup.steps import Steps
from harness.sites.client import Client, flags
from harness.sites.machines import switch
from harness.sites.place import BESIDE_LABEL, RUN_LABEL
from harness.waiting import TooLate, until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker.models.containers import Container

    from harness.setup.engine import Engine
    from harness.setup.images.docker_host import DockerHost
    from harness.sites.client import Hear
    from harness.sites.place import Ask, Scope


BEGIN = ("resume", "start-engine")


@dataclass(frozen=True, slots=True)
class Host:
    """One host and the engine in it."""

    machine: DockerHost
    engine: Engine

    @property
    def name(self) -> str:
        return str(self.machine.container.name).rpartition("-")[2]

    def power(self, how: str) -> str:
        """Switch it; what is begun again is waited for until its engine answers."""
        said = switch(self.machine.container, how)
        if how in BEGIN:
            passing = dockerhost.not_yet()
            until(f"{self.name} answers", self.machine.answers, Deadline.after(dockerhost.START_S), passing=passing)
        return said

    @property
    def address(self) -> str:
        """Where the other hosts reach it."""
        self.machine.container.reload()
        networks = self.machine.container.attrs["NetworkSettings"]["Networks"].values()
        return str(next(iter(networks))["IPAddress"])


def have_image(engine: Engine, steps: Steps) -> str:
    """The image that hosts are made of, with the demo application in it; made unless it is there."""
    images.web(engine, steps)
    return dockerhost.have(engine, steps, images.WEB_TAG)


class Hosts:
    """The hosts of one site, in a network of their own."""

    def __init__(self, outer: Engine, run: str, site: str, count: int) -> None:
        self.outer, self._run, self._count = outer, run, count
        self.network = f"dkl-{run}-{site.replace(' ', '')}"
        self.all: list[Host] = []
        self._opening, self._over = threading.Event(), threading.Event()

    def open(self) -> None:
        self._opening.set()
        try:
            self._open()
        finally:
            self._opening.clear()

    def _open(self) -> None:
        labels = {RUN_LABEL: self._run}
        image = have_image(self.outer, Steps(Console(quiet=True)))
        self.outer.client.networks.create(self.network, labels={NAME: "run"} | labels)

        def start(number: int) -> Host:
            if self._over.is_set():
                raise Problem(f"Starting the hosts of {self.network}", "the run is being ended", "the same once more")
            name = f"{self.network}-h{number}"
            machine = dockerhost.start(self.outer, image, name, network=self.network, labels=labels)
            return Host(machine, engines.connect(machine.endpoint, silent_s=engines.PROMPT_S))

        with ThreadPoolExecutor(max_workers=self._count) as pool:
            self.all = list(pool.map(start, range(1, self._count + 1)))

    def named(self, name: str) -> Host:
        found = {host.name: host for host in self.all}
        if name not in found:
            raise Problem(f"Looking for host {name!r}", f"there are {', '.join(found)}", "one of these")
        return found[name]

    def client(self, scope: Scope, ask: Ask, hear: Hear, ports: Mapping[str, int]) -> Client:
        """In the network that the hosts are in, which is outside of every host's own: asks the first of the ports."""
        if not ports:
            raise Problem(f"Asking {scope.arm.name} from outside", "it publishes no port", "ports: in its file")
        host = min(ports)
        labels = {NAME: "client", RUN_LABEL: self._run, BESIDE_LABEL: scope.trial}
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none"]
        argv += ["--name", f"{scope.name}-outside", "--network", self.network, "--pull", "never"]
        argv += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        asked = flags(self.named(host).address, ports[host], ask)
        return Client([*argv, IMAGE, "client", *asked], self.outer.environment, hear)

    def close(self, deadline: Deadline) -> list[str]:
        """Remove them, half-made ones as well; answers what is still there.

        Another part of the run may be removing them too: that is waited for.
        """
        from docker.errors import APIError

        self._over.set()
        with contextlib.suppress(TooLate):
            until("the end of the hosts", self._removed, deadline)
        for host in self.all:
            host.engine.client.close()
        forget(self.network)
        left = [f"container {c.name}" for c in self._there()]
        for network in self.outer.client.networks.list(names=[self.network]):
            try:
                network.remove()
            except APIError as error:
                if error.status_code == 404:
                    continue  # somebody was faster
                left.append(f"network {network.name}: {error.explanation}")
        return left

    def _removed(self) -> str:
        """Those that are only being started go as well: to start one that is gone fails at once."""
        opening = self._opening.is_set()
        found = self._there()
        removal.remove(found)
        return ", ".join(str(c.name) for c in found) or ("hosts that are being started" if opening else "")

    def _there(self) -> list[Container]:
        ours: dict[str, Any] = {
            "label": [f"{RUN_LABEL}={self._run}", f"{NAME}={dockerhost.ROLE}"],
            "name": self.network,
        }
        return list(self.outer.client.containers.list(all=True, ignore_removed=True, filters=ours))


def forget(prefix: str) -> None:
    """The folders of the sockets of hosts that are gone."""
    for folder in (places.state() / "dockerhosts").glob(f"{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)
