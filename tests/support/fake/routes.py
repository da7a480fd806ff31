"""To whom a name or an address leads, from where it is asked."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from harness.lab.open_site import Ask, No
from tests.support.fake.copies import Copy
from tests.support.fake.docker import BRIDGE
from tests.support.fake.engine import Engine
from tests.support.fake.files import Service
from tests.support.fake.hosts import Hosts

if TYPE_CHECKING:
    from tests.support.fake.world import World

OUTSIDE, FORWARDED = "outside", "forwarded"


class Way(NamedTuple):
    copies: list[Copy]
    in_turn: bool = False
    """Else each connection goes to whichever."""


class Routes:
    def __init__(self, world: World) -> None:
        self._world, self._faults, self._turns = world, world.site.faults, Counter[str]()
        self._random = random.Random(f"routes of {world.site.name} {world.scope.name}")
        self._forwards: dict[tuple[Ask, str], Copy] = {}
        self._endpoints: dict[str, list[Copy]] = {}

    def find(self, ask: Ask, to: str, network: str | None = None) -> Copy:
        """The copy that gets the next connection; No says why there is none. `network`: the asker's, on an engine."""
        copies, in_turn = self._way(ask, to, network)
        if self._faults.has("requests are not shared"):
            return max(copies, key=lambda c: c.name)
        if self._faults.has("one copy gets nothing"):
            copies = sorted(copies, key=lambda c: c.name)[1:] or copies
        self._turns[to] += 1
        return copies[self._turns[to] % len(copies)] if in_turn else self._random.choice(copies)

    def _way(self, ask: Ask, to: str, network: str | None) -> Way:
        if ask.at == FORWARDED:
            return Way([self._forwarded(ask, to)])
        there = self._near(ask, network)
        if at_address := [c for c in there if c.address and to in (c.address, f"{c.address}:{ask.port}")]:
            return Way(at_address[-1:])
        if to[:1].isdigit():
            raise No("timeout")
        if ask.at == OUTSIDE:
            return self._published(ask, to)
        if self._world.site.nodes.cluster:
            return Way(self._service(self._world.site.nodes.short(ask.at), to))
        return self._named(there, to)

    def _near(self, ask: Ask, network: str | None) -> list[Copy]:
        """A container reaches those that are in its own network; the host reaches all."""
        platform, every = self._world.platform, [c for c in self._world.estate.copies if not c.within]
        if not isinstance(platform, Engine) or ask.at == OUTSIDE:
            return every
        here = platform.network if network is None else network
        return [c for c in every if c.network == here]

    # -- names

    def nameless(self) -> bool:
        """Whether no name is found."""
        freezes = self._world.estate.acted and self._faults.has("the name server freezes")
        return freezes or self._faults.has("the name server is stopped")

    def _named(self, there: list[Copy], to: str) -> Way:
        """An engine's name server knows the containers that run in a network, but for the default one."""
        found = [c for c in there if c.process and c.routed and c.network != BRIDGE and to in (c.name, *c.aliases)]
        if not found or self.nameless():
            raise No("resolve")
        in_turn = any(c.container.passes_on for c in found) or self._virtual(found[0], to)
        return Way([c for f in found for c in self._passed_on(f)], in_turn)

    def _virtual(self, copy: Copy, to: str) -> bool:
        """Whether that is a service's own address, behind which IPVS takes turns."""
        platform = self._world.platform
        known = platform.swarm.services.get(copy.owner) if isinstance(platform, Hosts) else None
        return known is not None and known.workload.virtual and to != copy.name

    def _passed_on(self, copy: Copy) -> list[Copy]:
        """A proxy passes each connection on to the copies of a name."""
        name = copy.container.passes_on
        return [c for c in self._world.estate.copies if c.process and name in c.aliases] if name else [copy]

    # -- Services

    def _service(self, node: str, to: str) -> list[Copy]:
        service = self._world.services.get(to.partition(".")[0])
        if service is None or self.nameless() or "coredns" in self._world.site.nodes.away:
            raise No("resolve")
        if not service.headless:
            return self.behind(service, node)
        if not (found := self.endpoints(service)):
            raise No("resolve")
        return found

    def behind(self, service: Service, node: str = "") -> list[Copy]:
        """Whom a node sends to that is asked for a Service."""
        rules = {} if self._faults.has("kube-proxy is stopped") else self._world.site.nodes.proxy(node)
        if rules is not None:
            key = f"{self._world.estate.name}/{service.name}"
            if key not in rules:
                raise No("timeout")
            found = rules[key]
        else:
            found = self.endpoints(service)
        if not found:
            raise No("refused")
        return found

    def endpoints(self, service: Service) -> list[Copy]:
        if self._world.estate.acted and self._faults.has("endpoints stay as they were"):
            return self._endpoints.get(service.name, [])
        everybody = self._faults.has("nobody is left out")
        found = [c for c in self._selected(service) if c.routed or (everybody and c.process)]
        self._endpoints[service.name] = found
        return found

    def _selected(self, service: Service) -> list[Copy]:
        wanted = set(service.selector)
        wrong = not wanted or self._faults.has("a Service's selector is wrong")
        return [] if wrong else [c for c in self._world.estate.copies if wanted <= set(c.labels)]

    # -- from outside

    def _published(self, ask: Ask, to: str) -> Way:
        w = self._world
        if w.site.nodes.cluster:
            service = w.services.get(to)
            if service is None or not service.node_port:
                raise No("refused")
            return Way(self.behind(service, w.site.nodes.first))
        there = sorted((c for c in w.estate.copies if c.container.published), key=lambda c: (c.owner != to, c.name))
        first = next((c for c in there if ask.port in (0, *c.container.published)), None)
        if first is None or first.process is None or not (found := self._passed_on(first)):
            raise No("refused")
        return Way(found, in_turn=True)

    def publishes(self, ask: Ask) -> bool:
        w = self._world
        if w.site.nodes.cluster:
            return all(w.services[to].node_port for to in ask.to if to in w.services)
        return any(c.container.published for c in w.estate.copies)

    def forward(self, ask: Ask) -> None:
        """kubectl picks one Pod of each Service when it begins, and stays with it."""
        for to in ask.to:
            service = self._world.services.get(to)
            if service is None:
                raise No(f'kubectl port-forward: Error from server (NotFound): services "{to}" not found')
            ready = [c for c in self._selected(service) if c.process and c.ready]
            if not ready:
                raise No("kubectl port-forward: error: timed out waiting for the condition")
            self._forwards[ask, to] = ready[0]

    def _forwarded(self, ask: Ask, to: str) -> Copy:
        copy = self._forwards[ask, to]
        if copy not in self._world.estate.copies:
            raise No("refused")  # kubectl has ended with it
        return copy
