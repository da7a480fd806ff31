"""What is typed on Docker hosts that make a Swarm, and what becomes of tasks when one is lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.fake import compose
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.platform import Said
from tests.support.fake.swarm import Swarm
from tests.support.fake.words import SWARM_STATE, bare, values


class Hosts:
    """Docker hosts that make a Swarm."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.swarm = estate, Swarm(estate)

    def typed(self, words: list[str], folder: Path) -> Said | None:  # noqa: PLR0911  (one for each command)
        match words[1:3]:
            case ["stack", "deploy"]:
                files = values(words, "--compose-file", "-c")
                read = compose.services([folder / name for name in files], self.estate.site.environment, swarm=True)
                return self.swarm.deploy(read)
            case ["info", *_] if SWARM_STATE in words:
                return "active", 0
            case ["stack", "rm"]:
                for name in list(self.swarm.services):
                    self._remove(name)
                return "Removing", 0
            case ["service", "scale"]:
                pairs = [w.partition("=") for w in bare(words[3:])]
                return [self.swarm.scale(self._short(name), int(n)) for name, _, n in pairs][-1]
            case ["service", "rollback"]:
                return self.swarm.roll_back(self._short(bare(words[3:])[-1]))
            case ["service", "rm"]:
                self._remove(self._short(bare(words[3:])[-1]))
                return "removed", 0
            case ["service", "update"] if "--rollback" in words:
                return self.swarm.roll_back(self._short(bare(words[3:])[-1]))
        return None

    def _short(self, name: str) -> str:
        return name.rpartition("_")[2]

    def _remove(self, name: str) -> None:
        self.swarm.services.pop(name, None)
        for copy in [c for c in self.estate.copies if c.owner == name]:
            copy.terminating = True
            self.swarm.runtime.ask_to_end(copy, 10.0, then=lambda copy=copy: self.swarm.runtime.drop(copy))  # type: ignore[misc]

    def signal(self, copy: Copy, how: str) -> None:
        self.swarm.signal(copy, how)

    def end(self, copy: Copy, code: int) -> None:
        self.swarm.runtime.end(copy, code)

    def remove(self, copy: Copy) -> None:
        self.swarm.runtime.end(copy, 137)
        self.swarm.runtime.drop(copy)

    replace = remove

    def more(self, n: int) -> None:
        for name, known in self.swarm.services.items():
            self.swarm.scale(name, known.workload.n + n)

    def host_lost(self, name: str) -> None:
        self.swarm.host_lost(name)

    def evict(self, name: str) -> None:
        self.swarm.host_lost(name)

    def host_begins(self, name: str) -> None:
        for copy in [c for c in self.estate.copies if c.node == name]:
            self.swarm.runtime.end(copy, 137)
