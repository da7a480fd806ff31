"""To whom a name or an address leads, from where it is asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.lab.open_site import Ask, No
from tests.support.fake.copies import Copy
from tests.support.fake.files import Service

if TYPE_CHECKING:
    from tests.support.fake.world import World


class Routes:
    def __init__(self, world: World) -> None:
        self._world, self._turns = world, Counter[str]()

    def find(self, ask: Ask, to: str) -> Copy:
        """The copy that gets the next connection; No says why there is none."""
        able = self._able(ask, to)
        if self._world.site.faults.has("requests are not shared"):
            return able[0]
        self._turns[to] += 1
        return able[self._turns[to] % len(able)]

    def _able(self, ask: Ask, to: str) -> list[Copy]:
        w = self._world
        at_address = [c for c in w.estate.copies if to in (c.address, f"{c.address}:{ask.port}") and c.address]
        if at_address:
            return at_address
        if ask.at == "outside":
            return self._published(ask, to)
        if w.site.nodes.cluster:
            return self._service(w.site.nodes.short(ask.at), to)
        return self._named(to)

    def _named(self, to: str) -> list[Copy]:
        """An engine's name server knows the containers that run."""
        found = [c for c in self._world.estate.copies if c.process and c.routed and to in (c.name, *c.aliases)]
        if not found or self.frozen():
            raise No("resolve")
        return [c for f in found for c in self._passed_on(f)]

    def _passed_on(self, copy: Copy) -> list[Copy]:
        """A proxy passes each connection on to the copies of a name."""
        words = copy.container.arguments
        if "--to" not in words:
            return [copy]
        name = words[words.index("--to") + 1].partition(":")[0]
        return [c for c in self._world.estate.copies if c.process and name in c.aliases]

    def _service(self, node: str, to: str) -> list[Copy]:
        name = to.partition(".")[0]
        service = self._world.services.get(name)
        if service is None or self.frozen() or "coredns" in self._world.site.nodes.away:
            raise No("resolve")
        return self.behind(service, node)

    def behind(self, service: Service, node: str = "") -> list[Copy]:
        """Whom a node sends to that is asked for a Service."""
        rules = self._world.site.nodes.proxy(node)
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
        everybody = self._world.site.faults.has("nobody is left out")
        return [
            c for c in self._world.estate.copies
            if (c.routed or (everybody and c.process)) and service.selector
            and set(service.selector) <= set(c.labels)
        ]  # fmt: skip

    def _published(self, ask: Ask, to: str) -> list[Copy]:
        w = self._world
        if w.site.nodes.cluster:
            service = next(s for s in w.services.values() if s.node_port)
            node = w.site.nodes.short(to)
            return self.behind(service, node if node in w.site.nodes.all else w.site.nodes.first)
        there = sorted((c for c in w.estate.copies if c.container.published), key=lambda c: c.name)
        first = next((c for c in there if ask.port in (0, *c.container.published)), None)
        if first is None or first.process is None:
            raise No("refused")
        return self._passed_on(first)

    def publishes(self) -> bool:
        w = self._world
        if w.site.nodes.cluster:
            return any(s.node_port for s in w.services.values())
        return any(c.container.published for c in w.estate.copies)

    def frozen(self) -> bool:
        return self._world.estate.acted and self._world.site.faults.has("the name server freezes")
