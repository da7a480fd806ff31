"""A Docker engine in memory: containers that are run or declared in Compose files, and policies of restarting."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.lab.arm import IMAGE
from harness.lab.open_site import No
from tests.support.fake import figures
from tests.support.fake.compose import Run
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Container, Workload
from tests.support.fake.runtime import Runtime

CREATES_S, STARTS_S = (0.03, 0.06), (0.1, 0.35)
BACK_OFF_S, LONGEST_S = 0.1, 60.0
DOWN_S, STATS_S, COMPLETED_S = 0.3, 1.5, 0.5
KILLED = 137
BRIDGE = "bridge"
"""The network that each engine has by default."""


@dataclass(eq=False)
class Network:
    name: str
    size: int = 1 << 16
    """How many addresses it has for containers."""


class Docker:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.runtime = Runtime(estate, self._begun, self._ended)
        self.networks = {"": Network(""), BRIDGE: Network(BRIDGE)}
        self.project: dict[str, Workload] = {}

    # -- containers

    def create(self, container: Container, name: str, owner: str = "", **more: object) -> Copy:
        node = self.estate.site.nodes.first
        copy = Copy(name, self.estate.thing(), container, owner, node, **more)  # type: ignore[arg-type]
        return self.runtime.create(copy)

    def begin(self, copy: Copy) -> str:
        """Start it, and wait until it is; answers why not."""
        self.estate.clock.sleep(self.estate.between(*STARTS_S))
        copy.no = self._refusal(copy)
        if copy.no:
            self.estate.tell(copy.name, "refused", copy.no)
            self.estate.changed()
            return copy.no
        copy.stopped = False
        self.runtime.start(copy, 0.0)
        self.estate.clock.sleep(0.01)
        return ""

    def _refusal(self, copy: Copy) -> str:
        if self.estate.faults.has("refuses every copy"):
            return "OCI runtime create failed: no space left on device"
        others = [c for c in self.estate.copies if c.process and c is not copy]
        ports = {p for c in others for p in c.container.published if p}
        if taken := ports.intersection(copy.container.published):
            return f"Bind for 127.0.0.1:{min(taken)} failed: port is already allocated"
        network = self.networks[copy.network]
        if sum(c.network == copy.network for c in others) >= network.size:
            return f"no available IPv4 addresses on this network's address pools: {network.name}"
        return ""

    def run(self, asked: Run) -> tuple[str, int]:
        every = {c.name: c for c in self.estate.copies}
        if why := self._unable(asked, every):
            return why, 125
        name = asked.name or next(f"web-{n}" for n in range(1, len(every) + 2) if f"web-{n}" not in every)
        self.estate.clock.sleep(self.estate.between(*CREATES_S))
        network = asked.network if asked.network in self.networks else ""
        where: dict[str, object] = {"aliases": (name, *asked.aliases), "network": network}
        if (other := every.get(asked.within)) is not None:
            where = {"network": other.network, "within": other.thing, "address": other.address}
        theirs = [(every[of].thing, mount) for of in asked.volumes_from for mount in every[of].container.mounts]
        mounts = (replace(mount, source=mount.source or thing) for thing, mount in theirs)
        wanted = replace(asked.container, mounts=(*asked.container.mounts, *mounts))
        copy = self.create(wanted, name, **where)
        if asked.starts and (why := self.begin(copy)):
            return f"docker: Error response from daemon: {why}", 125
        return copy.thing, 0

    def _unable(self, asked: Run, every: Mapping[str, Copy]) -> str:
        """Why it is not even made."""
        image, daemon = asked.container.image, "docker: Error response from daemon:"
        if image != IMAGE and not self.estate.site.has_image(image):
            return f"Unable to find image '{image}' locally"
        if missing := [name for name in (asked.within, *asked.volumes_from) if name and name not in every]:
            return f"{daemon} No such container: {missing[0]}"
        if asked.network not in (*self.networks, "host", "none"):
            return f"{daemon} network {asked.network} not found"
        if asked.network == BRIDGE and asked.aliases:
            return f"{daemon} network-scoped aliases are only supported for user-defined networks"
        return (
            f'docker: Conflict. The container name "/{asked.name}" is already in use' if asked.name in every else ""
        )

    def make_network(self, name: str, subnet: str) -> tuple[str, int]:
        """Of a subnet the network itself, its gateway, the last address and the bench's helper take one each."""
        size = ipaddress.ip_network(subnet).num_addresses - 4 if subnet else 1 << 16
        self.networks[name] = Network(name, size)
        return self.estate.thing(), 0

    # -- Compose

    def up(self, wanted: Sequence[Workload], scale: dict[str, int], *, recreate: bool = True) -> tuple[str, int]:
        """What differs is made anew, what has ended is started again, what is too many goes."""
        said = []
        for one in wanted:
            known, n = self.project.get(one.name), scale.get(one.name, one.n)
            if known and self.estate.faults.has("scaling does nothing"):
                n = sum(c.owner == one.name for c in self.estate.copies)
            self.project[one.name] = one
            late = known is not None and known.container != one.container
            if late and self.estate.faults.has("updates do nothing"):
                late = False
            if why := self._missing(one, wanted) or self._bring(one, n, anew=late and recreate):
                said.append(f"Error response from daemon: {why}")
        return "\n".join(said) or "Started", 1 if said else 0

    def _missing(self, one: Workload, wanted: Sequence[Workload]) -> str:
        """Wait for those that have to have ended well; answers who has not."""
        if unknown := {*one.after} - {w.name for w in wanted[: wanted.index(one)]}:
            raise NotImplementedError(f"Compose in memory starts in the order of the file: {min(unknown)} is later")
        for before in [c for c in self.estate.copies if c.owner in one.after]:
            while before.process is not None:
                self.estate.clock.sleep(COMPLETED_S)
            if before.code:
                return f'service "{before.owner}" didn\'t complete successfully: exit {before.code}'
        return ""

    def _bring(self, one: Workload, n: int, *, anew: bool) -> str:
        have = sorted((c for c in self.estate.copies if c.owner == one.name), key=lambda c: c.slot)
        at_once = anew and self.estate.faults.has("updates come at once")
        for copy in have if at_once else have[n:]:
            self.stop_and_drop(copy)
        why = ""
        for slot in range(1, n + 1):
            there = next((c for c in self.estate.copies if c.owner == one.name and c.slot == slot), None)
            if there is not None and anew:
                self.stop_and_drop(there)
            copy = there if there is not None and not anew else self._make(one, slot)
            if there is not None and anew and there.thing in self.estate.volumes:
                # Compose hands on what has no name to the container that takes another one's place.
                self.estate.volumes[copy.thing] = self.estate.volumes[there.thing]
            if copy.process is None:
                why = self.begin(copy) or why
        return why

    def _make(self, one: Workload, slot: int) -> Copy:
        self.estate.clock.sleep(self.estate.between(*CREATES_S))
        name, network = f"{one.name}-{slot}", one.network if one.network == BRIDGE else ""
        aliases = (one.name, name, *one.aliases)
        return self.create(one.container, name, one.name, slot=slot, aliases=aliases, network=network)

    def stats(self, things: Sequence[str]) -> tuple[str, int]:
        """It looks twice before it says anything; of nobody in particular it tells of all."""
        self.estate.clock.sleep(STATS_S)
        found = [c for c in self.estate.copies if c.process and (c.thing in things or not things)]
        return "\n".join(f"{100 * figures.of_container(self.estate, c):.2f}%" for c in found), 0

    def down(self, *, volumes: bool) -> tuple[str, int]:
        for copy in list(self.estate.copies):
            self.stop_and_drop(copy)
        self.project.clear()
        if volumes:
            self.estate.volumes.clear()
        return "Removed", 0

    # -- what is done to a container

    def signal(self, copy: Copy, how: str) -> None:
        if how == "remove":
            self.remove(copy)
        elif copy.process is None:
            raise No(f"{copy.name} does not run")
        elif how in ("pause", "unpause"):
            copy.process.hung = how == "pause"
        elif how == "host-kill":
            self.runtime.end(copy, KILLED)
        elif how == "stop":
            copy.stopped = True
            self.runtime.ask_to_end(copy, 5.0)
            self.estate.clock.sleep(DOWN_S)
        else:
            copy.stopped = True
            self.runtime.end(copy, KILLED)

    def remove(self, copy: Copy) -> None:
        """Its own volumes stay behind, and nobody finds those without a name again."""
        copy.stopped = True
        self.runtime.end(copy, KILLED)
        if copy in self.estate.copies:
            self.runtime.drop(copy)
        if self.estate.faults.has("everything comes back"):
            more = {"slot": copy.slot, "aliases": copy.aliases, "network": copy.network}
            self.runtime.start(self.create(copy.container, copy.name, copy.owner, **more), 1.0)

    def stop_and_drop(self, copy: Copy) -> None:
        copy.stopped = True
        if copy.process is not None:
            self.runtime.ask_to_end(copy, 10.0)
            self.estate.clock.sleep(DOWN_S)
        self.runtime.end(copy, KILLED)
        self.runtime.drop(copy)

    def engine_begins(self) -> None:
        """The policy `always` forgets that a person has stopped it."""
        for copy in self.estate.copies:
            policy = copy.container.restart.partition(":")[0]
            if copy.process is None and (policy == "always" or (policy != "no" and not copy.stopped)):
                copy.stopped = False
                self.runtime.start(copy, self.estate.between(*STARTS_S))

    # -- by itself

    def _begun(self, copy: Copy) -> None:
        copy.routed = True
        if copy.container.health is not None:
            self.estate.after(copy.container.health.period_s, lambda: self._ask_how_it_is(copy, copy.incarnation))

    def _ask_how_it_is(self, copy: Copy, incarnation: str) -> None:
        """An engine tells that a container is not well, and does nothing about it."""
        health, now = copy.container.health, self.estate.clock.now()
        if copy.process is None or health is None or copy.incarnation != incarnation:
            return
        well = not copy.process.deaf(now) and copy.process.answer("GET", health.path, now)[0] == 200
        before, copy.unhealthy = copy.unhealthy, 0 if well else copy.unhealthy + 1
        if copy.unhealthy == health.failures:
            self.estate.tell(copy.name, "unhealthy")
        elif well and before >= health.failures:
            self.estate.tell(copy.name, "healthy")
        wait_s = health.period_s + (health.timeout_s if copy.process.hung else 0.0)
        self.estate.after(wait_s, lambda: self._ask_how_it_is(copy, incarnation))

    def _ended(self, copy: Copy) -> bool:
        copy.routed = False
        policy, _, most = copy.container.restart.partition(":")
        if copy.stopped or policy == "no" or (policy == "on-failure" and copy.code == 0):
            return False
        if most and copy.pauses >= int(most):
            return False
        if not self.estate.heals() or not self.estate.site.nodes.works(copy.node):
            return True
        pause_s = min(BACK_OFF_S * 2**copy.pauses, LONGEST_S) + self.estate.between(*STARTS_S)
        copy.pauses, copy.state = copy.pauses + 1, "restarting"
        self.estate.changed()
        self.runtime.start(copy, self.estate.pause(pause_s))
        return True
