"""A Swarm of Docker hosts in containers as a site: stacks deployed as they are, their tasks looked at host by host.

What a host's kernel has no IPVS for (virtual addresses, the ingress network) is not there: stacks say
`endpoint_mode: dnsrr`, and publish ports in host mode.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harness.model.arm import IMAGE, PORT, Files
from harness.model.errors import Problem
from harness.setup import commands, tools
from harness.sites.client import Client, flags
from harness.sites.docker_events import DockerEvents
from harness.sites.engine import TAIL, act_upon, replica_of
from harness.sites.helper import Helper
from harness.sites.hosts import Hosts
from harness.sites.place import ASK_S, FRONT, TIMEOUT_MS, Answer, Gone, Scope, Unanswered
from harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model.arm import Arm
    from harness.model.clock import Deadline
    from harness.model.site import Replica
    from harness.setup.engine import Engine
    from harness.sites.client import Hear
    from harness.sites.hosts import Host

STACK = "com.docker.stack.namespace"
DEPLOY_S = 30.0
BRIDGE = "docker_gwbridge"
"""The network through which a host reaches the tasks on it, whatever other networks they have."""


class SwarmPlace:
    """Each trial is a stack of its own."""

    def __init__(self, outer: Engine, run: str, name: str, hosts: int) -> None:
        self.name, self.run = name, run
        self._hosts = Hosts(outer, run, name, hosts)
        self._scopes: dict[str, Scope] = {}
        self._events: list[DockerEvents] = []
        self._helpers: dict[str, Helper] = {}
        self._addresses: dict[str, str] = {}

    @property
    def _manager(self) -> Any:
        return self._hosts.all[0].engine.client

    def open(self, deadline: Deadline) -> None:
        self._hosts.open()
        first, *others = self._hosts.all
        address = first.address
        self._manager.swarm.init(advertise_addr=address)
        token = self._manager.swarm.attrs["JoinTokens"]["Worker"]

        def settle(host: Host) -> tuple[str, Helper, DockerEvents]:
            if host is not first:
                host.engine.client.swarm.join([f"{address}:2377"], token, advertise_addr=host.address)
            events = DockerEvents(host.engine, STACK, self._hear, key=STACK)
            events.start()
            return host.name, Helper(host.engine, self.run, "host"), events

        with ThreadPoolExecutor(max_workers=len(self._hosts.all)) as pool:
            for name, helper, events in pool.map(settle, (first, *others)):
                self._helpers[name] = helper
                self._events.append(events)
        until(f"{self.name} ready", self._nodes_missing, deadline)

    def _nodes_missing(self) -> str:
        states = [node.attrs["Status"]["State"] for node in self._manager.nodes.list()]
        wanted = len(self._hosts.all)
        return "" if states == ["ready"] * wanted else f"{wanted} ready nodes, they are {', '.join(states)}"

    def check(self, arm: Arm, folder: Path) -> None:
        if not isinstance(arm.recipe, Files):
            raise Problem(f"Applying {arm.name}", "a Swarm takes files", "a recipe such as 'stack.yaml'")
        argv = [str(tools.docker_cli()), "stack", "config", *_files(folder, arm.recipe.names)]
        try:
            commands.run(argv, within_s=DEPLOY_S, env=self._hosts.all[0].engine.environment)
        except commands.CommandFailed as failed:
            names = ", ".join(f"{folder.name}/{name}" for name in arm.recipe.names)
            raise Problem(f"Reading {names}", failed.tail.strip(), "mend that file") from failed

    def health(self) -> str:
        from docker.errors import DockerException
        from requests import RequestException

        try:
            for host in self._hosts.all:
                host.engine.client.ping()
            # A helper goes with its host's engine, and nothing that runs there is seen to serve any more.
            return self._nodes_missing() or next((h.trouble for h in self._helpers.values() if h.trouble), "")
        except (DockerException, RequestException) as error:
            return f"a host does not answer: {type(error).__name__}"

    def streams(self) -> dict[str, str]:
        hosts = zip(self._hosts.all, self._events, strict=True)
        return {f"docker-events-{host.name}": events.state for host, events in hosts}

    def apply(self, scope: Scope) -> None:
        self._scopes[scope.name] = scope
        if isinstance(scope.arm.recipe, Files):
            self.add(scope, scope.arm.recipe.names)

    def add(self, scope: Scope, names: Sequence[str]) -> str:
        asked = [
            "stack",
            "deploy",
            "--resolve-image",
            "never",
            *_files(scope.manifests, names),
            scope.name,
        ]
        argv = [str(tools.docker_cli()), *asked]
        commands.run(argv, within_s=DEPLOY_S, env=self._hosts.all[0].engine.environment)
        return f"docker stack deploy {' '.join(f'--compose-file {name}' for name in names)} web"

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        from docker.errors import NotFound

        found = []
        for host in self._hosts.all:
            for listed in host.engine.client.api.containers(all=True, filters={"label": f"{STACK}={scope.name}"}):
                try:
                    inspected = host.engine.client.api.inspect_container(listed["Id"])
                except NotFound:
                    continue
                found.append(replica_of(inspected, f"{scope.name}_", where=host.name))
        return tuple(sorted(found, key=lambda r: r.name))

    def _host(self, replica: Replica) -> Host:
        return next(host for host in self._hosts.all if host.name == replica.where)

    def ask(self, scope: Scope, replica: Replica, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        del scope
        host = self._host(replica)
        if not replica.ready:
            raise Unanswered("it does not run")
        address = self._addresses.get(replica.id) or self._address(host, replica)
        return self._helpers[host.name].ask(address, PORT, method, path, within_s)

    def _address(self, host: Host, replica: Replica) -> str:
        attached = host.engine.client.api.inspect_network(BRIDGE)["Containers"].get(replica.thing, {})
        address = str(attached.get("IPv4Address", "")).partition("/")[0]
        if not address:
            raise Unanswered("no address")
        self._addresses[replica.id] = address
        return address

    def signal(self, scope: Scope, replica: Replica, how: str) -> str:
        from docker.errors import NotFound

        del scope
        host = self._host(replica)
        try:
            return act_upon(host.engine.client.containers.get(replica.thing), how, self._helpers[host.name])
        except NotFound as missing:
            raise Gone(replica.name) from missing

    def client(self, scope: Scope, per_s: float, hear: Hear) -> Client:
        """On the manager; the stack's network has to be one that others may join."""
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none"]
        argv += ["--network", f"{scope.name}_default", "--pull", "never", IMAGE, "client"]
        asked = flags({FRONT: f"http://{FRONT}:{PORT}/"}, per_s, TIMEOUT_MS)
        return Client([*argv, *asked], self._hosts.all[0].engine.environment, hear)

    def scale(self, scope: Scope, copies: int) -> str:
        self._manager.services.get(f"{scope.name}_web").scale(copies)
        return f"docker service scale web={copies}"

    def evidence(self, scope: Scope) -> dict[str, str]:
        found = {}
        for service in self._services(scope):
            found[f"{service.name}.json"] = json.dumps(service.attrs, indent=2)
            found[f"{service.name}-tasks.json"] = json.dumps(service.tasks(), indent=2)
        for host in self._hosts.all:
            for one in host.engine.client.containers.list(all=True, filters={"label": f"{STACK}={scope.name}"}):
                log = one.logs(tail=TAIL, timestamps=True).decode(errors="replace")
                found[f"{host.name}-{str(one.name).removeprefix(f'{scope.name}_')}.log"] = log
        return found

    def _services(self, scope: Scope) -> list[Any]:
        return list(self._manager.services.list(filters={"label": f"{STACK}={scope.name}"}))

    def leave(self, scope: Scope) -> None:
        """The networks go with the hosts: an overlay can be removed only when its last task is gone."""
        self._scopes.pop(scope.name, None)
        for service in self._services(scope):
            service.remove()

    def close(self, deadline: Deadline) -> Sequence[str]:
        for events in self._events:
            events.stop()
        for helper in self._helpers.values():
            helper.close()
        return self._hosts.close(deadline)

    def _hear(self, stack: str, who: str, what: str, facts: dict[str, str]) -> None:
        if (scope := self._scopes.get(stack)) is not None:
            scope.heard(who.removeprefix(f"{scope.name}_"), what, facts)
            scope.stirred.set()


def _files(folder: Path, names: Sequence[str]) -> list[str]:
    return [word for name in names for word in ("--compose-file", str(folder / name))]
