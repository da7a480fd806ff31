"""One trial's part of a site in memory, as the bench asks it: sound, but for the faults that the site has."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.lab.arm import files_in
from harness.lab.open_site import ASK_S, Answer, Ask, No, Scope
from harness.lab.site import Kind
from harness.model.entries import Copy as Line
from harness.model.entries import Entry, label
from harness.model.errors import Problem
from tests.support.fake.acting import Acting
from tests.support.fake.client import Client
from tests.support.fake.cluster import Cluster
from tests.support.fake.copies import ACTS, Copy
from tests.support.fake.engine import Engine
from tests.support.fake.estate import Estate
from tests.support.fake.files import Service, Unreadable
from tests.support.fake.hosts import Hosts
from tests.support.fake.inside import ask_in
from tests.support.fake.platform import Platform
from tests.support.fake.programs import Programs
from tests.support.fake.routes import FORWARDED, OUTSIDE, Routes

if TYPE_CHECKING:
    from tests.support.fake.site import FakeSite

LOOKS_S, ASKS_S, DOES_S = 0.01, 0.004, 0.05
TYPES_S = {"docker": 0.08, "kubectl": 0.15}
NO_PORT = "it publishes no port", "ports: in its file"
LONG_S, SILENT_S = 8.0, 8.0
PLATFORMS: Mapping[Kind, type[Engine | Hosts | Cluster]] = {
    Kind.ENGINE: Engine,
    Kind.DOCKER_HOST: Engine,
    Kind.SWARM: Hosts,
    Kind.CLUSTER: Cluster,
    Kind.OWN_CLUSTER: Cluster,
}


class World:
    def __init__(self, site: FakeSite, scope: Scope, other: World | None = None) -> None:
        """`other` is whose things these are, where a trial takes what somebody else has brought up."""
        self.site, self.scope, self.arm, self.clock, self.faults = site, scope, scope.arm, site.clock, site.faults
        self.estate: Estate = other.estate if other else Estate(site, scope)
        self.platform: Platform = other.platform if other else PLATFORMS[site.declared.kind](self.estate)
        self.routes = Routes(self)
        self.clients: dict[Ask, Client] = {}
        self.attached = other is not None
        self.looks = 0
        self.acting = Acting(self)
        self.programs = Programs(self)
        if other:
            self.estate.scopes.append(scope)

    @property
    def services(self) -> dict[str, Service]:
        return self.platform.namespace.services if isinstance(self.platform, Cluster) else {}

    def heard(self, entry: Entry) -> None:
        self.scope.heard(entry)

    # -- what can be seen

    def look(self) -> Sequence[Line]:
        self._takes(LOOKS_S)
        self.looks += 1
        if self.looks == 12 and self.faults.has("a look takes long") and self.faults.nth("a look takes long") <= 2:
            self.clock.sleep(LONG_S)
        if self.faults.has("looks fail now and then") and self.looks % 3 == 0:
            raise No("timeout")
        since_s = self.clock.now() - self.estate.acted_s
        if self.faults.has("looks fail for 8 s") and 0 <= since_s < SILENT_S:
            raise No("the platform does not answer")
        found = self.estate.look()
        ready = [line for line in found if line.ready]
        self.estate.served = self.estate.served or bool(ready)
        if ready and self.faults.has("a copy dies unasked"):
            self.acting.let_one_die()
        if ready and self.faults.has("somebody scales up"):
            self.acting.ask_for_more()
        if self.looks == 14 and ready and self.faults.has("a look leaves one out"):
            return [line for line in found if line is not ready[-1]]
        return found

    def deaf(self, copy: Copy) -> str:
        """Why nobody answers there, as a client finds it."""
        if not self.site.nodes.works(copy.node):
            return "timeout"
        return "refused" if copy.process is None else copy.process.deaf(self.clock.now())

    def ask(self, copy: Line, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        self._takes(ASKS_S)
        at = self._behind(copy)
        acts = method == "POST" and path.partition("?")[0] in ACTS
        if acts:
            self.estate.acts()
            self.acting.meddle(at)
        if self.faults.has("acts are refused") and acts:
            raise No("refused")
        deaf = self.deaf(at)
        if deaf == "timeout":
            self.clock.sleep(within_s)
        if deaf or (process := at.process) is None:
            raise No(deaf or "refused")
        status, said = process.answer(method, path, self.clock.now())
        self.acting.write(at, path)
        if acts:
            self.acting.upon(at, lambda victim: self.acting.become(victim, path))
        by = process.instance
        if method == "POST" and self.faults.has("answers by another instance"):
            by = "stranger"
        return Answer(said, status, (by,))

    def _behind(self, copy: Line) -> Copy:
        """Whoever has that address by now."""
        if copy.where and not self.site.nodes.works(copy.where):
            self.clock.sleep(ASK_S)
            raise No("timeout")
        found = self.estate.find(copy.thing)
        if found is None or (copy.address and found.address != copy.address):
            raise No(f"not there any more: {copy.name}")
        return found

    # -- what is done to copies

    def signal(self, copy: Line, how: str) -> Answer:
        self._takes(DOES_S)
        self.estate.acts()
        if copy.where and not self.site.nodes.known(copy.where):
            raise No("timeout")
        found = self.estate.find(copy.thing)
        if found is not None:
            self.acting.meddle(found)
            found = self.estate.find(copy.thing)
        if self.faults.has("acts are refused"):
            raise No("permission denied")
        if found is None:
            raise No(f"not there any more: {copy.name}")
        self.acting.upon(found, lambda victim: self.platform.signal(victim, how))
        return Answer(f"{self.arm.site.program} {how} {copy.name}")

    # -- what is typed

    def types(self, command: str) -> Answer:
        words = shlex.split(command)
        self._takes(TYPES_S.get(words[0], 0.05))
        if self.estate.served:
            self.estate.acts()
            if self.faults.has("a command hangs"):
                self.clock.sleep(60.0)
                raise No(f"{command} was still running after 60 s")
            if self.faults.has("a command fails"):
                return Answer("error: the server was unable to return a response", 1, typed=(command,))
        if self.site.nodes.silent():
            self.clock.sleep(5.0)
            said, code = "The connection to the server was refused - did you specify the right host or port?", 1
        else:
            said, code = self._said(command, words)
        files = tuple(words[1:2]) if words[0] == "sh" else files_in(command, self.arm.site)
        return Answer(said, code, typed=(command,), files=files)

    def _said(self, command: str, words: list[str]) -> tuple[str, int]:
        """What the test has brought for it, or what the platform does."""
        brought = self.site.commands
        if (key := max((c for c in brought if command.startswith(c)), key=len, default=None)) is not None:
            said = brought[key]
            said = said(self, command) if callable(said) else said
            return (said, 0) if isinstance(said, str) else said
        if words[0] == "sh":
            return self.programs.start(words[1])
        inside = words[1:2] == ["exec"] or words[1:3] == ["compose", "exec"]
        if inside and (asked := ask_in(self, words)) is not None:
            return asked
        try:
            found = self.platform.typed(words, self.scope.manifests)
        except Unreadable as why:
            return str(why), 1
        if found is None:
            raise NotImplementedError(f"the platform in memory knows no {command!r}: bring it in commands={{...}}")
        return found

    # -- nodes, parts and Services

    def power(self, node: str, how: str) -> Answer:
        self._own()
        self.estate.acts()
        return Answer(self.site.nodes.power(node, how))

    def take_away(self, part: str, node: str) -> Answer:
        self._own()
        self.estate.acts()
        return Answer(self.site.nodes.take_away(part, node))

    def _own(self) -> None:
        if not self.site.declared.own:
            raise TypeError(f"{self.site.name} is shared: who breaks one needs one of their own")

    def reach(self, service: str, node: str) -> Answer:
        self._takes(0.1)
        if service not in self.services:
            raise No(f'services "{service}" not found')
        copy = self.routes.find(Ask(at=node), service) if not self.routes.nameless() else None
        if copy is None or (why := self.deaf(copy)) or copy.process is None:
            raise No("timeout" if copy is None else why or "refused")
        return Answer("HTTP/1.1 200 OK", 200, (copy.process.instance,))

    # -- who asks

    def begin(self, ask: Ask) -> Answer:
        self._takes(0.1)
        if self.faults.has("no client comes up"):
            raise No("the client ended: exec format error")
        if ask in self.clients:
            raise No("it is asking already")
        if ask.at == FORWARDED and self.site.nodes.cluster:
            self.routes.forward(ask)
        elif ask.at not in ("", OUTSIDE) and self.site.declared.kind is Kind.ENGINE:
            seen = f"there is nothing but {OUTSIDE} and the copies' own network"
            raise Problem(f"Asking {self.arm.name} from {ask.at}", seen, f'at="{OUTSIDE}"')
        if ask.at == OUTSIDE and not self.routes.publishes(ask):
            seen, fix = ("its Service has no nodePort", "type: NodePort") if self.site.nodes.cluster else NO_PORT
            raise Problem(f"Asking {self.arm.name} from outside", seen, fix)
        self.clock.sleep(self.estate.between(0.3, 0.8))
        self.clients[ask] = Client(self, ask)
        return Answer(f"{label(ask)} asks")

    def listen(self) -> Answer:
        self._takes(0.05)
        for said in self.estate.said if not self.faults.has("a log breaks off") else ():
            self.heard(said)
        self.estate.listens.append(self.scope)
        return Answer(f"listens to {len(self.estate.copies)} containers")

    def end(self, ask: Ask | None = None) -> Answer:
        chosen = [self.clients.pop(a) for a in list(self.clients) if ask in (None, a)]
        for client in chosen:
            client.end()
        return Answer("; ".join(f"{c.sent} requests, {c.failed} failed" for c in chosen) or "nobody was asking")

    # -- the end

    def altered(self) -> str:
        if not self.faults.has("files are altered"):
            return self.platform.namespace.autoscalers.altered() if isinstance(self.platform, Cluster) else ""
        first = self.estate.copies[0].name if self.estate.copies else "web"
        return f"{first}: a readinessProbe that is in none of its files"

    def evidence(self) -> Mapping[str, str]:
        every = self.estate.copies
        return {f"{c.name}.json": repr(c.line(known=True, lost=False)) for c in every} | {
            f"{c.name}.log": f"web start instance={c.process.instance if c.process else '-'}" for c in every
        }

    def leave(self) -> None:
        for client in self.clients.values():
            client.over = True
        self.clients.clear()
        self.programs.stop()
        if self.scope in self.estate.listens:
            self.estate.listens.remove(self.scope)
        if self.scope in self.estate.scopes[1:]:
            self.estate.scopes.remove(self.scope)
        if self.scope.at:
            return
        self.estate.left = True
        self.estate.copies.clear()
        self.estate.changed()
        self.site.left()

    def _takes(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        silent = self.faults.has("the platform falls silent") and self.estate.acted
        if silent or (self.site.nodes.silent() and seconds in (LOOKS_S, ASKS_S, DOES_S)):
            self.clock.sleep(1.0)
            raise No("timeout")
