"""A Swarm of Docker hosts in containers as a site: stacks deployed as they are, their tasks looked at host by host.

What a host's kernel has no IPVS for (virtual addresses, the ingress network) is not there: stacks say
`endpoint_mode: dnsrr`, and publish ports in host mode.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.model.arm import IMAGE, PORT, Files
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.setup import commands, removal, tools
from harness.sites.client import Client, flags
from harness.sites.docker_events import DockerEvents
from harness.sites.engine import TAIL, act_upon, replica_of
from harness.sites.helper import Helper
from harness.sites.hosts import BEGIN, Hosts
from harness.sites.machines import sh
from harness.sites.place import (
    ASK_S,
    FRONT,
    Answer,
    Gone,
    Scope,
    Unanswered,
    client_name,
)
from harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model.arm import Arm
    from harness.model.site import Replica
    from harness.setup.engine import Engine
    from harness.sites.client import Hear
    from harness.sites.hosts import Host
    from harness.sites.place import Ask

STACK = "com.docker.stack.namespace"
DEPLOY_S = 30.0
AGAIN_S = 60.0
"""For a host that was away to be a ready node again."""

ATTACHABLE = 'version: "3.8"\nnetworks: {default: {attachable: true}}\n'
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
        self._down: set[str] = set()
        self._last: dict[tuple[str, str], tuple[Replica, ...]] = {}

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
        if self._hosts.all[0].name in self._down:
            return ""  # there is nobody to be asked, and that is on purpose
        found = {n.attrs["Description"]["Hostname"]: n.attrs["Status"]["State"] for n in self._manager.nodes.list()}
        states = [state for name, state in found.items() if name.rpartition("-")[2] not in self._down]
        wanted = len(self._up)
        return "" if states == ["ready"] * wanted else f"{wanted} ready nodes, they are {', '.join(states)}"

    @property
    def _up(self) -> list[Host]:
        """All but those that were broken on purpose."""
        return [host for host in self._hosts.all if host.name not in self._down]

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
            for host in self._up:
                host.engine.client.ping()
            # A helper goes with its host's engine, and nothing that runs there is seen to serve any more.
            troubles = (self._helpers[host.name].trouble for host in self._up)
            return self._nodes_missing() or next((t for t in troubles if t), "")
        except (DockerException, RequestException) as error:
            return f"a host does not answer: {type(error).__name__}"

    def streams(self) -> dict[str, str]:
        hosts = zip(self._hosts.all, self._events, strict=True)
        return {f"docker-events-{host.name}": events.state for host, events in hosts if host in self._up}

    def apply(self, scope: Scope) -> Sequence[str]:
        self._scopes[scope.name] = scope
        return [self.add(scope, ())]

    def add(self, scope: Scope, names: Sequence[str]) -> str:
        recipe = scope.arm.recipe
        return self.change(scope, (*(recipe.names if isinstance(recipe, Files) else ()), *names))

    def change(self, scope: Scope, names: Sequence[str]) -> str:
        """The student's files as they are; beside them one of ours, so that a client may join their network."""
        ours = scope.folder / f"{scope.trial}-attachable.yaml"
        ours.write_text(ATTACHABLE)
        asked = ["stack", "deploy", "--resolve-image", "never", *_files(scope.manifests, names)]
        argv = [str(tools.docker_cli()), *asked, "--compose-file", str(ours), scope.name]
        commands.run(argv, within_s=DEPLOY_S, env=self._hosts.all[0].engine.environment)
        return f"docker stack deploy {' '.join(f'--compose-file {name}' for name in names)} web"

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        """Of a host that was broken on purpose nothing is known but what was there before."""
        found: list[Replica] = []
        for host in self._hosts.all:
            here = (scope.trial, host.name)
            if host.name in self._down:
                found += (replace(r, ready=False, state="unknown") for r in self._last.get(here, ()))
                continue
            self._last[here] = tuple(self._look(scope, host))
            found += self._last[here]
        return tuple(sorted(found, key=lambda r: r.name))

    def _look(self, scope: Scope, host: Host) -> list[Replica]:
        from docker.errors import NotFound

        found = []
        for listed in host.engine.client.api.containers(all=True, filters={"label": f"{STACK}={scope.name}"}):
            try:
                inspected = host.engine.client.api.inspect_container(listed["Id"])
            except NotFound:
                continue
            found.append(replica_of(inspected, f"{scope.name}_", where=host.name))
        return found

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

    def client(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        """On the manager; from outside, in the network that the hosts are in."""
        if ask.outside:
            return self._hosts.client(scope, ask, hear, self._published(scope))
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none"]
        argv += ["--pull", "never", "--name", f"{scope.name}-{client_name(ask)}"]
        argv += ["--network", f"{scope.name}_default", IMAGE, "client", *flags(FRONT, PORT, ask)]
        return Client(argv, self._hosts.all[0].engine.environment, hear)

    def _published(self, scope: Scope) -> dict[str, int]:
        """A port for each host on which a task publishes one in host mode."""
        of_stack: Any = {"label": f"{STACK}={scope.name}"}
        listed = [(h, c) for h in self._up for c in h.engine.client.api.containers(filters=of_stack)]
        return {h.name: p["PublicPort"] for h, c in listed for p in c["Ports"] if "PublicPort" in p}

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

    def holds(self, node: str, replica: Replica) -> bool:
        return replica.where == self._hosts.named(node).name

    def shell(self, scope: Scope, node: str, command: str) -> str:
        del scope
        return sh(self._hosts.named(node).machine.container, command)

    def power(self, scope: Scope, node: str, how: str) -> str:
        del scope
        host = self._hosts.named(node)
        if how not in BEGIN:
            self._down.add(node)
            return host.power(how)
        said = host.power(how)
        self._helpers[node].close()
        removal.remove([self._helpers[node].container])
        self._helpers[node] = Helper(host.engine, self.run, "host")
        self._addresses.clear()  # its bridge gives out others
        self._down.discard(node)
        until(f"{node} sound again", self.health, Deadline.after(AGAIN_S))
        return said

    def leave(self, scope: Scope) -> None:
        """The networks go with the hosts: an overlay can be removed only when its last task is gone."""
        for node in sorted(self._down):
            self.power(scope, node, "resume")
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
