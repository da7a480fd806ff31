"""One trial's stack in a Swarm: its tasks, looked at host by host, and what is typed to the manager."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import yaml

from harness.lab.open_site import ASK_S, Answer, Ask, No, Scope
from harness.model.entries import Copy, Heard
from harness.model.project import NAME
from harness.setup import tools
from harness.sites import typed
from harness.sites.client import Clients, flags
from harness.sites.docker.asker import asker, client_labels, published
from harness.sites.docker.compose import SERVICE
from harness.sites.docker.copies import answered, copy_of
from harness.sites.docker.hosts import Hosts, unknown
from harness.sites.docker.member import Member
from harness.sites.docker.stack_names import STACK, Names, beside, files_in
from harness.sites.docker.tasks import final, refused, rolled_back
from harness.sites.labels import RUN_LABEL, TRIAL_LABEL
from harness.sites.programs import Programs

WITHIN_S = 120.0
"""A `docker service update` goes on until all its tasks are replaced and were watched for a while."""

TASK, SERVICE_NAME = "com.docker.swarm.task.id", "com.docker.swarm.service.name"
SOUND = ("", "none", "healthy")
"""A task whose health is still being checked gets no requests."""


class Members(Protocol):
    """The Swarm as its trials see it."""

    hosts: Hosts
    members: dict[str, Member]

    @property
    def manager(self) -> Member: ...
    @property
    def up(self) -> list[Member]: ...
    def left(self, trial: Any) -> None: ...


class SwarmTrial:
    """Of a host that is down nothing is known but what was there before."""

    def __init__(self, site: Members, scope: Scope) -> None:
        self.arm, self.scope = scope.arm, scope
        self._site, self._names = site, Names(scope.name)
        self._labels = {NAME: "trial", RUN_LABEL: scope.run, TRIAL_LABEL: scope.trial}
        self._clients, self._programs = Clients(scope.heard), Programs(scope.folder / scope.trial)
        self._beside = scope.folder / f"{scope.trial}-labels.yaml"
        self._last: dict[str, tuple[Copy, ...]] = {}

    def hear(self, heard: Heard) -> None:
        self.scope.heard(replace(heard, who=heard.who.removeprefix(f"{self.scope.name}_")))
        self.scope.stirred()

    # -- looking

    def look(self) -> Sequence[Copy]:
        tasks = self._tasks()
        services = self._services() if refused(tasks) else []
        noes = refused(tasks, [str(s.id) for s in services if rolled_back(s.attrs)])
        found: list[Copy] = []
        for name, member in self._site.members.items():
            if name in self._site.hosts.down:
                found += unknown(self._last.get(name, ()))
                continue
            inspected = member.containers(self.scope.name)
            self._last[name] = tuple(self._copy(one, name, noes) for one in inspected)
            found += self._last[name]
        return sorted([*found, *self._without_container(tasks, noes, services)], key=lambda c: c.name)

    def _copy(self, inspected: Mapping[str, Any], where: str, noes: dict[str, str]) -> Copy:
        copy = copy_of(inspected, f"{self.scope.name}_", where=where)
        health = (inspected["State"].get("Health") or {}).get("Status", "")
        no = noes.pop(str(inspected["Config"]["Labels"].get(TASK)), "") or final(copy.no)
        return replace(copy, ready=copy.ready and health in SOUND, no="" if copy.id else no)

    def _without_container(
        self, tasks: Iterable[Mapping[str, Any]], noes: Mapping[str, str], services: Iterable[Any]
    ) -> list[Copy]:
        """Tasks to which the Swarm said no before there was a container."""
        names = {str(s.id): str(s.name).removeprefix(f"{self.scope.name}_") for s in services}
        return [
            Copy(
                name=f"{names.get(str(t['ServiceID']), '?')}.{t.get('Slot', t.get('NodeID'))}.{t['ID']}",
                thing=str(t["ID"]), id="", state=str(t["Status"]["State"]), no=noes[str(t["ID"])],
            )
            for t in tasks if t["ID"] in noes
        ]  # fmt: skip

    def _tasks(self) -> list[Mapping[str, Any]]:
        """Where the manager is down it cannot be asked."""
        if self._site.hosts.first.name in self._site.hosts.down:
            return []
        with answered():
            return list(self._site.manager.engine.api.tasks(filters={"label": f"{STACK}={self.scope.name}"}))

    def _services(self) -> list[Any]:
        with answered():
            return list(self._site.manager.engine.services.list(filters={"label": f"{STACK}={self.scope.name}"}))

    # -- acting

    def _member(self, copy: Copy) -> Member:
        return self._site.members[self._site.hosts.named(copy.where).name]

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        if not copy.id:
            raise No("it does not run")
        return self._member(copy).ask(copy, method, path, within_s)

    def signal(self, copy: Copy, how: str) -> Answer:
        if not copy.id:
            raise No(f"not there: {copy.name}")
        return self._member(copy).signal(copy, how)

    def power(self, node: str, how: str) -> Answer:
        return self._site.hosts.power(node, how)

    def take_away(self, part: str, node: str) -> Answer:
        raise TypeError(f"take {part} from {node}: an engine has no such parts")

    def reach(self, service: str, node: str) -> Answer:
        raise TypeError(f"reach {service} from {node}: ask it by a client, `Ask(at={node!r})`")

    def types(self, command: str) -> Answer:
        words = shlex.split(command)
        env = self._site.hosts.first.engine.environment | {"DOCKER_CLI_HINTS": "false"}
        if words[:1] == ["sh"] and len(words) == 2:
            return self._programs.start(command, words[1], env=env, cwd=self.scope.manifests)
        if words[:1] != ["docker"]:
            raise No(f"{words[0] if words else 'nothing'} is no program of a Swarm's")
        files = files_in(words[1:])
        real = self._names.inward(words[1:], self._service_names(words))
        argv = self._names.within(real, self._labels, self._added(files))
        answer = typed.run(
            command, [str(tools.docker_cli()), *argv], env=env, cwd=self.scope.manifests, within_s=WITHIN_S,
            over=self.scope.over, files=files,
        )  # fmt: skip
        said = self._names.own_lines(words[1:], answer.said, f"dkl-{self.scope.run}-")
        return replace(answer, said=self._names.outward(said))

    def _service_names(self, words: Sequence[str]) -> list[str]:
        if words[1:2] != ["service"] or self._site.hosts.first.name in self._site.hosts.down:
            return []
        return [str(service.name).removeprefix(f"{self.scope.name}_") for service in self._services()]

    def _added(self, files: Sequence[str]) -> str:
        """A file of ours for those that are applied. None where they cannot be read, which Docker says itself."""
        try:
            read = [yaml.safe_load((self.scope.manifests / name).read_text()) for name in files]
            added = beside(read, self._labels)
        except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError):
            return ""
        if not files:
            return ""
        self._beside.parent.mkdir(parents=True, exist_ok=True)
        self._beside.write_text(json.dumps(added))
        return str(self._beside.resolve())

    # -- asking from within and from outside

    def begin(self, ask: Ask) -> Answer:
        if ask.at:
            return self._site.hosts.begin(self._clients, self.scope, ask, self._ports(ask))
        host = self._site.hosts.up[0]
        name = f"{self.scope.name}-client-{self._clients.begun + 1}"
        labels = client_labels(self.scope.run, self.scope.trial)
        return self._clients.begin(ask, asker(name, self._network(), labels, flags(ask)), host.engine.environment)

    def _network(self) -> str:
        """Where the tasks are known by their services' names."""
        with contextlib.suppress(No), answered():
            found = self._site.manager.engine.networks.list(filters={"label": f"{STACK}={self.scope.name}"})
            names = sorted((str(n.name) for n in found), key=lambda n: (not n.endswith("_default"), n))
            return next(iter(names), f"{self.scope.name}_default")
        return f"{self.scope.name}_default"

    def _ports(self, ask: Ask) -> dict[str, list[int]]:
        """Of each host on which a task publishes one in host mode; a port that is typed is asked of any host."""
        if ask.port:
            return {host.name: [ask.port] * len(ask.to) for host in self._site.hosts.up}
        listed = {m.name: [self._by_service(one) for one in m.listed(self.scope.name)] for m in self._site.up}
        return {name: ports for name, every in listed.items() if (ports := published(every, ask))}

    def _by_service(self, listed: Mapping[str, Any]) -> dict[str, Any]:
        """As Compose labels it."""
        service = str(listed["Labels"].get(SERVICE_NAME, "")).removeprefix(f"{self.scope.name}_")
        return {**listed, "Labels": {**listed["Labels"], SERVICE: service}}

    def end(self, ask: Ask | None = None) -> Answer:
        return self._clients.end(ask)

    # -- afterwards

    def altered(self) -> str:
        """Nobody else is on hosts of our own."""
        return ""

    def evidence(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        try:
            for service in self._services():
                name = str(service.name).removeprefix(f"{self.scope.name}_")
                found[f"{name}.json"] = json.dumps(service.attrs, indent=2)
                with answered():
                    found[f"{name}-tasks.json"] = json.dumps(service.tasks(), indent=2)
            for member in self._site.up:
                found |= member.logs(self.scope.name)
        except No as no:
            found["swarm.txt"] = str(no)
        return found

    def quiet(self) -> None:
        """Its clients and programs end."""
        self._clients.end()
        self._programs.stop()

    def leave(self) -> None:
        self.quiet()
        self._site.left(self)

    def clear(self) -> None:
        """Have its stack go; but networks, which cannot be removed before their last tasks, go with the hosts."""
        filters = {"label": f"{STACK}={self.scope.name}"}
        engine = self._site.manager.engine
        for kind in (engine.services, engine.secrets, engine.configs):
            with contextlib.suppress(No), answered():
                for one in kind.list(filters=filters):
                    one.remove()
