"""An open site in memory, in virtual time: sound, or with faults that are named when it is made."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness.lab.arm import Arm
from harness.lab.open_site import Scope
from harness.lab.site import Kind, Site
from harness.model.clock import Deadline
from harness.model.errors import Problem
from tests.support.fake import compose, manifests
from tests.support.fake.clock import VirtualClock
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.faults import Faults
from tests.support.fake.files import Service, Unreadable
from tests.support.fake.nodes import Nodes
from tests.support.fake.world import World

Command = tuple[str, int] | str | Callable[[World, str], tuple[str, int] | str]
OPENS_S = {Kind.ENGINE: 0.8, Kind.CLUSTER: 0.3, Kind.DOCKER_HOST: 4.0, Kind.SWARM: 9.0, Kind.OWN_CLUSTER: 45.0}
MENDS_S = 0.5
PODS = ("Pods", "Pods that could not be made", "signs of life")
SYSTEM = "two Pods of kube-system are away"


class FakeSite:
    def __init__(
        self, declared: Site, clock: VirtualClock, faults: Iterable[str] = (), lag_s: float = 0.0,
        commands: Mapping[str, Command] | None = None,
    ) -> None:  # fmt: skip
        self.declared, self.clock, self.faults, self.lag_s = declared, clock, Faults(faults), lag_s
        self.name, self.commands = declared.name, dict(commands or {})
        self.random = random.Random(declared.name)
        self.nodes = Nodes(self)
        self.worlds: list[World] = []
        self.environment: dict[str, str] = {}
        """What Compose files take from their surroundings."""

        self.images: set[str] = set()
        """Beside the application's own."""

        self.acted_s = math.inf
        self.opened = self.strikes = 0
        self._addresses = itertools.count()
        self._given: list[str] = []
        self._by_hand: dict[str, World] = {}

    # -- as the bench asks it

    def open(self, deadline: Deadline) -> None:
        """Made once; from then on only mended."""
        self.clock.sleep(MENDS_S if self.opened else OPENS_S[self.declared.kind])
        if self.faults.has("cannot be opened"):
            raise Problem(f"Opening {self.name}", "no space left on device", "docker system prune")
        self.opened += 1
        self.nodes.mend()

    def check(self, arm: Arm, manifests_: Path) -> None:
        files = [manifests_ / name for name in arm.names if not name.endswith(".sh")]
        try:
            if self.nodes.cluster:
                for file in files:
                    manifests.objects(file)
            elif files:
                compose.services(files, self.environment, swarm=self.declared.kind is Kind.SWARM)
        except Unreadable as why:
            names = ", ".join(f"{f.parent.name}/{f.name}" for f in files)
            raise Problem(f"Reading {names}", str(why), "mend that file") from why

    def health(self) -> str:
        afterwards = self.faults.has("sick afterwards") and self.acted_s <= self.clock.now()
        return SYSTEM if afterwards or self.faults.has("sick before") else ""

    def streams(self) -> Mapping[str, str]:
        hosts = [f"docker-events-{host}" for host in self.nodes.names if self.nodes.works(host)]
        engine = hosts if self.declared.kind is Kind.SWARM else ["docker-events"]
        wrong = "it has ended" if self.faults.has("the stream ends") else ""
        found = dict.fromkeys(PODS if self.nodes.cluster else engine, wrong)
        if any(e.listens for e in self.estates):
            found["logs"] = "web: it broke off" if self.faults.has("a log breaks off") else ""
        return found

    def trial(self, scope: Scope) -> World:
        self.worlds.append(World(self, scope))
        return self.worlds[-1]

    def attach(self, scope: Scope) -> tuple[World, tuple[str, ...]]:
        other = self._by_hand.get(scope.at) or World(self, scope)
        self.clock.sleep(1.0)
        world = World(self, scope, other)
        return world, tuple(sorted({c.container.image for c in world.estate.copies}))

    def left(self) -> None:
        """Who leaves last mends hosts that are down; a cluster is mended when it is opened again."""
        others = any(not w.estate.left for w in self.worlds)
        if self.declared.kind in (Kind.DOCKER_HOST, Kind.SWARM) and not others:
            self.nodes.mend()

    def close(self, deadline: Deadline) -> Sequence[str]:
        for world in self.worlds:
            if not world.estate.left:
                world.leave()
        self.clock.sleep(MENDS_S)
        return ["network dkl-1"] if self.faults.has("left behind") else []

    # -- as a test asks it

    def by_hand(self, at: str, arm: Arm, folder: Path) -> World:
        """What a person brings up in a project or namespace of that name, and may go on typing in."""
        person = self._by_hand.get(at)
        if person is None:
            person = self._by_hand[at] = World(self, Scope("", "", arm, folder, folder, at=at))
            self.worlds.append(person)
        for command in arm.commands():
            person.types(command)
        return person

    # -- as its parts ask it

    @property
    def estates(self) -> list[Estate]:
        return [w.estate for w in self.worlds if not w.estate.left]

    def address(self, node: str) -> str:
        """One that nobody has had before."""
        if self.faults.has("an address is given away again"):
            taken = {c.address for e in self.estates for c in e.copies if not c.terminating}
            if free := [a for a in self._given if a not in taken]:
                return free[-1]
        number = next(self._addresses)
        self._given.append(f"10.{10 + number // 62500}.{number // 250 % 250}.{number % 250 + 2}")
        return self._given[-1]

    def has_image(self, name: str) -> bool:
        return name in self.images

    def services(self) -> dict[str, tuple[World, Service]]:
        return {f"{w.estate.name}/{name}": (w, s) for w in self.worlds for name, s in w.services.items()}

    def behind(self, key: str) -> list[Copy]:
        world, service = self.services()[key]
        return world.routes.endpoints(service)


def site(
    declared: Site, clock: VirtualClock, faults: Iterable[str] = (), lag_s: float = 0.0,
    commands: Mapping[str, Command] | None = None,
) -> FakeSite:  # fmt: skip
    """An open site of that kind, whose platform is in memory."""
    return FakeSite(declared, clock, faults, lag_s, commands)
