"""One host of a Swarm: the tasks that run on it, and how they are asked and ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from harness.lab.arm import PORT
from harness.lab.open_site import Answer, No
from harness.model.entries import Copy, Heard
from harness.sites.docker.copies import act_upon, answered
from harness.sites.docker.events import DockerEvents
from harness.sites.docker.helper import Helper
from harness.sites.docker.hosts import Host
from harness.sites.docker.stack_names import STACK

BRIDGE = "docker_gwbridge"
"""The network through which a host reaches the tasks on it, whatever other networks they have."""

TAIL = 500
"""Lines of a log that are kept as evidence."""


class Member:
    """It has a helper of its own, in the host's network."""

    def __init__(self, host: Host, run: str, hear: Callable[[str, Heard], None]) -> None:
        self.host, self._run = host, run
        self.name = host.name
        with answered(self.name):
            self._helper = Helper(host.engine, run, "host")
        self._addresses: dict[str, str] = {}
        self._events = DockerEvents(host.engine, STACK, hear, key=STACK)
        self._events.start()

    @property
    def engine(self) -> Any:
        """The SDK's client."""
        return self.host.engine.client

    @property
    def unheard(self) -> str:
        """What is wrong with its stream of events."""
        return self._events.wrong

    def wrong(self) -> str:
        """A helper goes with its host's engine, and nothing that runs there is seen to serve any more."""
        try:
            with answered():
                self.engine.ping()
            return self._helper.wrong()
        except No as no:
            return str(no)

    def replaced(self) -> str:
        """Why another helper has taken the place of one that ended by itself; empty where none had to, or could."""
        try:
            with answered():
                self.engine.ping()
            if why := self._helper.ended():
                self.renew()
        except No:
            return ""
        return why

    def renew(self) -> None:
        """Another helper takes the place of the one that went, with its engine or otherwise."""
        with contextlib.suppress(No):
            self._helper.remove()
        with answered("the helper container"):
            self._helper = Helper(self.host.engine, self._run, "host")
        self._addresses.clear()  # the bridge gives out others

    def containers(self, stack: str) -> list[Mapping[str, Any]]:
        """All that it has of a stack, as they were inspected."""
        from docker.errors import NotFound

        found = []
        with answered():
            for listed in self.listed(stack, all=True):
                with contextlib.suppress(NotFound):
                    found.append(self.engine.api.inspect_container(listed["Id"]))
        return found

    def listed(self, stack: str, **which: Any) -> list[Mapping[str, Any]]:
        with answered(self.name):
            return list(self.engine.api.containers(filters={"label": f"{STACK}={stack}"}, **which))

    def ask(self, copy: Copy, method: str, path: str, within_s: float) -> Answer:
        address = self._addresses.get(copy.id) or self._address(copy)
        return self._helper.ask(address, PORT, method, path, within_s)

    def _address(self, copy: Copy) -> str:
        """The host's own way to it: hosts don't reach the networks that they span."""
        with answered(copy.name):
            there = self.engine.api.inspect_network(BRIDGE)["Containers"]
        address = str(there.get(copy.thing, {}).get("IPv4Address", "")).partition("/")[0] or copy.address
        if not address:
            raise No("no address")
        self._addresses[copy.id] = address
        return address

    def signal(self, copy: Copy, how: str) -> Answer:
        with answered(copy.name):
            return Answer(act_upon(self.engine.containers.get(copy.thing), how, self._helper.kill))

    def logs(self, stack: str) -> dict[str, str]:
        found = {}
        with answered():
            filters = {"label": f"{STACK}={stack}"}
            for one in self.engine.containers.list(all=True, ignore_removed=True, filters=filters):
                log = one.logs(tail=TAIL, timestamps=True).decode(errors="replace")
                found[f"{self.name}-{one.name.removeprefix(f'{stack}_')}.log"] = log
        return found

    def close(self) -> None:
        self._events.stop()
        self._helper.close()
