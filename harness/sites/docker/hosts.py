"""Docker hosts in containers for one run: made together, broken and mended one by one, removed with all in them."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from harness.lab.open_site import Answer, Ask, No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Copy
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.waiting import Hopeless, TooLate, until
from harness.setup import engine as engines
from harness.setup import paths, removal
from harness.setup.engine import Engine
from harness.setup.images import docker_host, web
from harness.setup.images.docker_host import DockerHost
from harness.setup.steps import Steps
from harness.sites.client import Clients, flags
from harness.sites.docker import host_network, machines
from harness.sites.docker.asker import asker, client_labels, is_address, places
from harness.sites.docker.copies import answered
from harness.sites.labels import RUN_LABEL

if TYPE_CHECKING:
    from docker.models.containers import Container

ENDS = {"stop": "resume", "pause": "resume", "stop-engine": "start-engine"}
"""What breaks a host, and what ends that."""

OUTSIDE, LOOPBACK = "outside", "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Host:
    """One host and the engine in it: h1, h2, ...; people may say host-1 as well."""

    name: str
    address: str
    """Where the other hosts reach it, also after it was down."""

    machine: DockerHost
    engine: Engine

    def wait(self) -> None:
        """Until its engine answers."""
        transient = docker_host.not_yet()
        try:
            until(
                f"{self.name} answers", self.machine.answers, Deadline.after(docker_host.START_S), passing=transient
            )
        except (TooLate, Hopeless) as error:
            raise No(str(error)) from error


class Hosts:
    """The hosts of one site, in a network of their own.

    `again` is called with each host that was broken, as soon as its engine answers again: what we had in it is gone.
    """

    def __init__(self, outer: Engine, run: str, site: str, count: int, again: Callable[[Host], None]) -> None:
        self.outer, self._run, self._count, self._again = outer, run, count, again
        self.network = f"dkl-{run}-{site.replace(' ', '')}"
        self.all: list[Host] = []
        self.down: dict[str, str] = {}
        """Hosts that were broken on purpose, and how: nobody counts them as trouble."""

        self._power = threading.RLock()
        self._opening, self._over = threading.Event(), threading.Event()

    @property
    def up(self) -> list[Host]:
        return [host for host in self.all if host.name not in self.down]

    @property
    def first(self) -> Host:
        return self.all[0]

    def named(self, name: str) -> Host:
        short = name.replace("host-", "h", 1)
        known = {host.name: host for host in self.all}
        if short not in known:
            raise Problem(f"Looking for host {name!r}", f"there are {', '.join(known)}", "one of these")
        return known[short]

    # -- being made and removed

    def open(self) -> None:
        self._opening.set()
        try:
            self._open()
        finally:
            self._opening.clear()

    def _open(self) -> None:
        image = have_image(self.outer, Steps(Console(quiet=True)))
        with answered():
            shared = host_network.create(self.outer, self.network, {NAME: "run", RUN_LABEL: self._run})
        numbers = range(1, self._count + 1)
        with ThreadPoolExecutor(max_workers=self._count) as pool:
            self.all = list(pool.map(lambda n: self._start(image, f"h{n}", shared.host(n)), numbers))

    def _start(self, image: str, name: str, address: str) -> Host:
        if self._over.is_set():
            raise Problem(f"Starting the hosts of {self.network}", "the run is being ended", "the same once more")
        machine = docker_host.start(
            self.outer, image, f"{self.network}-{name}",
            network=self.network, labels={RUN_LABEL: self._run}, hostname=name, address=address,
        )  # fmt: skip
        return Host(name, address, machine, engines.connect(machine.endpoint, silent_s=engines.PROMPT_S))

    def end(self) -> None:
        """No more hosts are started."""
        self._over.set()

    def remove(self, deadline: Deadline) -> list[str]:
        """Remove them, half-made ones as well; answers what is still there.

        Another part of the run may be removing them too: that is waited for.
        """
        from docker.errors import APIError

        with contextlib.suppress(TooLate):
            until("the end of the hosts", self._removed, deadline)
        for host in self.all:
            host.engine.client.close()
        self.all.clear()
        self.down.clear()
        forget(f"{self.network}-")
        left = [f"container {c.name}" for c in self._there()]
        for network in self.outer.client.networks.list(names=[self.network]):
            if network.name != self.network:
                continue  # one whose name only contains it
            try:
                network.remove()
            except APIError as error:
                if error.status_code != 404:  # else somebody was faster
                    left.append(f"network {network.name}: {error.explanation}")
        return left

    def _removed(self) -> str:
        """Those that are only being started go as well: to start one that is gone fails at once."""
        opening = self._opening.is_set()
        found = self._there()
        removal.remove(found)
        return ", ".join(str(c.name) for c in found) or ("hosts that are being started" if opening else "")

    def _there(self) -> list[Container]:
        """The hosts, and clients that ask them from outside."""
        ours: dict[str, Any] = {"label": f"{RUN_LABEL}={self._run}", "name": f"{self.network}-"}
        return list(self.outer.client.containers.list(all=True, ignore_removed=True, filters=ours))

    # -- being broken and mended

    def power(self, name: str, how: str) -> Answer:
        """Break a host, or end that; a host that is begun again is waited for until it is as sound as before."""
        host = self.named(name)
        with self._power:
            said = self._break(host, how) if how in machines.BREAKS else self._end(host, how)
        return Answer(f"{said} {host.name}")

    def _break(self, host: Host, how: str) -> str:
        before = self.down.get(host.name, "")
        if before == how:
            raise No(f"{host.name} is broken already: {how}")
        self.down[host.name] = how  # first, so that nobody takes it for trouble
        try:
            return machines.switch(host.machine.container, how)
        except No:
            if before:
                self.down[host.name] = before
            else:
                self.down.pop(host.name)
            raise

    def _end(self, host: Host, how: str) -> str:
        before = self.down.get(host.name, "")
        if ENDS.get(before) != how:
            seen = f"it was broken by {before}, which {ENDS[before]} ends" if before else "it was not broken"
            raise No(f"{how} of {host.name}: {seen}")
        said = machines.switch(host.machine.container, how)
        self._recovered(host)
        return said

    def _recovered(self, host: Host) -> None:
        host.wait()
        self._again(host)
        self.down.pop(host.name, None)

    def mend(self, *, every: bool = False) -> None:
        """End whatever is broken on purpose; `every` host, where it is not known what broke. No says what stays."""
        with self._power:
            for host in [*self.all] if every else [h for h in self.all if h.name in self.down]:
                try:
                    machines.mend(host.machine.container)
                    self._recovered(host)
                except No as no:
                    raise No(f"{host.name}: {no}") from no
                finally:
                    self.down.pop(host.name, None)  # it is trouble now, unless it is sound

    # -- being asked from where the hosts are

    def begin(self, clients: Clients, scope: Scope, ask: Ask, ports: Mapping[str, Sequence[int]]) -> Answer:
        """A client beside the hosts, in the network that they are in; or on one of them, in that host's own network.

        `ports`: of each host that publishes any, one for each that is asked. An address, and a host, stand for
        themselves.
        """
        if not ports:
            raise Problem(f"Asking {scope.arm.name} from {ask.at}", "it publishes no port", "ports: in its file")
        name = f"{self.network}-{scope.trial}-client-{clients.begun + 1}"
        labels = client_labels(self._run, scope.trial)
        if ask.at == OUTSIDE:
            where = [self._place(to, n, ports) for n, to in enumerate(ask.to)]
            return clients.begin(ask, asker(name, self.network, labels, flags(ask, where)), self.outer.environment)
        host = self.named(ask.at)
        where = places(ask, LOOPBACK, ports.get(host.name) or ports[min(ports)])
        return clients.begin(ask, asker(name, "host", labels, flags(ask, where)), host.engine.environment)

    def _place(self, to: str, n: int, ports: Mapping[str, Sequence[int]]) -> str:
        """HOST:PORT of the host that is asked, or else of the first that publishes."""
        host = next((h for h in self.all if h.name == to), self.named(min(ports)))
        place = to if is_address(to) else host.address
        return f"{place}:{(ports.get(host.name) or ports[min(ports)])[n]}"


def unknown(copies: Sequence[Copy]) -> tuple[Copy, ...]:
    """What was seen last of the copies on a host that is down."""
    return tuple(replace(copy, ready=False, state="unknown") for copy in copies)


def have_image(engine: Engine, steps: Steps) -> str:
    """The image that hosts are made of, with the demo application in it; made unless it is there."""
    web.web(engine, steps)
    return docker_host.have(engine, steps, web.WEB_TAG)


def forget(prefix: str) -> None:
    """The folders of the sockets of hosts that are gone."""
    for folder in (paths.state() / "dockerhosts").glob(f"{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)
