"""Starts and ends processes in containers, as every platform has it done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from tests.support.fake.copies import FILES, Copy, Process, digest
from tests.support.fake.estate import Estate
from tests.support.fake.files import Container, Mount

BOOTS_S = (0.05, 0.12)
"""From the start of the program until it listens."""

LONG_S = 10.0
"""Whoever ran for so long is started again as if for the first time."""


class Runtime:
    def __init__(self, estate: Estate, begun: Callable[[Copy], None], ended: Callable[[Copy], bool]) -> None:
        """`ended` answers whether its owner sees to what is to come of it."""
        self.estate, self._begun, self._ended = estate, begun, ended

    def create(self, copy: Copy) -> Copy:
        self.estate.copies.append(copy)
        if self.estate.faults.has("data always stays"):
            copy.layer = self.estate.volumes.setdefault(f"layer of {copy.name}", {})
        for mount in copy.container.mounts:
            if not mount.source:  # the volume without a name is the container's own
                self.estate.volumes.setdefault(copy.thing, {})
        self.estate.tell(copy.name, "created")
        self.estate.changed()
        return copy

    def start(self, copy: Copy, in_s: float, *, anew: bool = False) -> None:
        """`anew`: with a container, and so with a layer, of its own."""
        self.estate.after(in_s, lambda: self._start(copy, anew=anew))

    def _start(self, copy: Copy, *, anew: bool) -> None:
        e = self.estate
        if (
            copy not in e.copies
            or copy.process
            or copy.terminating
            or copy.stopped
            or not e.site.nodes.works(copy.node)
        ):
            return
        if anew and not e.faults.has("data always stays"):
            copy.layer = {}
        now = e.clock.now()
        copy.starts += 1
        copy.incarnation = digest(copy.thing, copy.starts)[:12]
        copy.begun_s, copy.code, copy.failing, copy.unhealthy = now, -1, 0, 0
        listens = now + e.between(*BOOTS_S) + float(copy.container.variable("START_DELAY_S", "0"))
        listens = math.inf if copy.container.script else listens
        ready = listens + float(copy.container.variable("READY_DELAY_S", "0"))
        process = copy.process = Process(self._instance(copy), copy.container, listens, ready, self.disk(copy))
        process.says = "2" if e.faults.has("every copy says that it is the new version") else ""
        copy.address = copy.address or e.site.address(copy.node)
        copy.state, copy.ready = "running", copy.container.readiness is None
        e.tell(copy.name, *copy.told("started"))
        e.changed()
        self._begun(copy)
        script = copy.container.script
        for after_s, line in script.lines if script else [(0.0, f"web start instance={process.instance}")]:
            e.after(after_s, lambda line=line: e.say(copy, line) if copy.process is process else None)
        lives_s = copy.container.seconds_to_live
        if lives_s is not None and not e.faults.has("the bad version is good"):
            e.after(lives_s, lambda: self.end(copy, copy.container.code, process))
        if e.acted and e.faults.has("comes back and goes"):
            e.after(1.0, lambda: self.end(copy, 1, process))

    def _instance(self, copy: Copy) -> str:
        others = [c.process.instance for c in self.estate.copies if c.process]
        if self.estate.faults.has("a copy answers for two") and len(others) == 1:
            return others[0]
        return digest(copy.incarnation, "instance")[:12]

    def end(self, copy: Copy, code: int, process: Process | None = None) -> None:
        """Its process ends; where one is named, only if it still runs."""
        if copy.process is None or (process and copy.process is not process):
            return
        e = self.estate
        copy.pauses = 0 if e.clock.now() - copy.begun_s >= LONG_S else copy.pauses
        copy.process, copy.code, copy.ready, copy.state = None, code, False, "exited"
        if e.faults.has("data is lost"):
            for disk in (copy.layer, *e.volumes.values()):
                disk.clear()
        if e.faults.has("data is changed"):
            for disk in (copy.layer, *e.volumes.values()):
                disk.update({name: held[:-1] + "x" for name, held in disk.items()})
        e.tell(copy.name, *copy.told("died", f"exit code {code}"))
        e.changed()
        if not self._ended(copy) and e.acted and e.faults.has("everything comes back"):
            copy.stopped = False
            self.start(copy, 1.0)

    def drop(self, copy: Copy) -> None:
        """Remove it, with the process in it."""
        if copy not in self.estate.copies:
            return
        copy.process = None
        self.estate.copies.remove(copy)
        self.estate.tell(copy.name, *copy.told("destroyed"))
        self.estate.changed()

    def ask_to_end(self, copy: Copy, within_s: float, *, then: Callable[[], None] = lambda: None) -> None:
        """SIGTERM, and SIGKILL when it takes longer; the application ends at once unless it was told otherwise."""
        process = copy.process
        if process is None:
            then()
            return
        how, _, drain = process.container.variable("ON_TERM", "exit").partition(":")
        takes_s = {"exit": self.estate.between(0.1, 0.3), "drain": float(drain or 0), "ignore": within_s + 1}[how]
        process.draining = how == "drain"
        self.estate.say(copy, {"ignore": "web ignores SIGTERM", "drain": "web draining"}.get(how, "web stop SIGTERM"))

        def over() -> None:
            self.end(copy, 137 if takes_s > within_s else 0, process)
            then()

        self.estate.after(min(takes_s, within_s), over)

    def disk(self, copy: Copy) -> FILES:
        """Where what it writes goes: into its own layer, unless something is mounted there."""
        folder = copy.container.variable("DATA_DIR", "/data")
        at = next((m for m in copy.container.mounts if m.target.rstrip("/") == folder), None)
        if at is None:
            return copy.layer
        return self.estate.volumes.setdefault(self._volume(copy, at), {})

    @staticmethod
    def _volume(copy: Copy, mount: Mount) -> str:
        return (
            f"{copy.within or copy.thing} {mount.source}"
            if mount.source.startswith("in the Pod")
            else mount.source or copy.thing
        )


def altered(container: Container) -> Container:
    """As a policy of the platform's leaves it."""
    from tests.support.fake.files import Probe

    return replace(container, readiness=container.readiness or Probe("/readyz", 1.0, 1.0, 3))
