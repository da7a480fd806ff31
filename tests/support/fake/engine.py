"""What is typed on a plain Docker engine, and what becomes of its containers when it ends."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.support.fake import compose
from tests.support.fake.copies import Copy
from tests.support.fake.docker import BRIDGE, Docker
from tests.support.fake.estate import Estate
from tests.support.fake.platform import Said
from tests.support.fake.words import SWARM_STATE, bare, values


class Engine:
    """A plain Docker engine."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.docker = estate, Docker(estate)

    @property
    def network(self) -> str:
        """Where a client is: in the project's network, in one that was made, or else where the containers are."""
        made = sorted(self.docker.networks.keys() - {"", BRIDGE})
        if any(not one.network for one in self.docker.project.values()) or not made:
            return BRIDGE if any(c.network == BRIDGE for c in self.estate.copies) else ""
        return made[0]

    def typed(self, words: list[str], folder: Path) -> Said | None:  # noqa: PLR0911  (one for each command)
        match words[1:3]:
            case ["compose", _]:
                return self._compose(words[2:], folder)
            case ["info", *_] if SWARM_STATE in words:
                return "inactive", 0
            case ["stats", *_]:
                return self.docker.stats(bare(words[2:], "--format"))
            case ["run" | "create", *_]:
                return self.docker.run(compose.run(shlex.join(words)))
            case ["network", "create"]:
                name = bare(words[3:], "--subnet", "--driver", "-d", "--label", "--opt")[-1]
                return self.docker.make_network(name, "".join(values(words, "--subnet")))
            case ["network", "ls"]:
                made = [name for name in self.docker.networks if name not in ("", BRIDGE)]
                return "\n".join([*made, *(["default"] if self.docker.project else [])]), 0
            case ["volume", "create" | "rm" as how]:
                name = bare(words[3:])[-1]
                self.estate.volumes.setdefault(name, {}) if how == "create" else self.estate.volumes.pop(name, None)
                return name, 0
            case ["start" | "stop" | "kill" | "rm" | "restart" as how, *_]:
                return self._each(how, bare(words[2:], "--time", "-t", "--signal", "-s", "--timeout"))
        return None

    def _compose(self, words: list[str], folder: Path) -> Said | None:  # noqa: PLR0911  (one for each command)
        files = values(words, "--file", "-f") or self.estate.files
        verb, *rest = bare(words, "--file", "-f", "--project-name", "-p", "--scale", "--timeout", "-t")
        self.estate.files = files
        wanted = compose.services([folder / name for name in files], self.estate.site.environment)
        scale = {n: int(v) for n, _, v in (pair.partition("=") for pair in values(words, "--scale"))}
        every = [c for c in self.estate.copies if not rest or c.owner in rest]
        match verb:
            case "up":
                chosen = [one for one in wanted if not rest or one.name in rest]
                return self.docker.up(chosen, scale, recreate="--no-recreate" not in words)
            case "scale":
                scale = {n: int(v) for n, _, v in (pair.partition("=") for pair in rest)}
                return self.docker.up([w for w in wanted if w.name in scale], scale, recreate=False)
            case "ps":
                return "\n".join(c.thing for c in every if c.process), 0
            case "down":
                return self.docker.down(volumes="--volumes" in words or "-v" in words)
            case "rm":
                for copy in every:
                    self.docker.stop_and_drop(copy)
                return "Removed", 0
            case "start" | "stop" | "kill" | "restart":
                return self._each(verb, [c.name for c in every])
        return None

    def _each(self, how: str, names: list[str]) -> Said:
        found = {c.name: c for c in self.estate.copies}
        for name in names:
            copy = found.get(name) or self.estate.find(name)
            if copy is None:
                return f"Error response from daemon: No such container: {name}", 1
            if how in ("stop", "restart", "kill") and copy.process:
                self.docker.signal(copy, "kill" if how == "kill" else "stop")
            if how == "rm":
                self.docker.remove(copy)
            if how in ("start", "restart") and copy.process is None and (why := self.docker.begin(copy)):
                return f"Error response from daemon: {why}", 1
        return "\n".join(names), 0

    def signal(self, copy: Copy, how: str) -> None:
        self.docker.signal(copy, how)

    def end(self, copy: Copy, code: int) -> None:
        self.docker.runtime.end(copy, code)

    def remove(self, copy: Copy) -> None:
        self.docker.runtime.drop(copy)

    def replace(self, copy: Copy) -> None:
        self.docker.runtime.drop(copy)
        more = {"slot": copy.slot, "aliases": copy.aliases, "network": copy.network}
        self.docker.runtime.start(self.docker.create(copy.container, copy.name, copy.owner, **more), 0.2)

    def more(self, n: int) -> None:
        for first in self.estate.copies[:1] * n:
            slot = 1 + max(c.slot for c in self.estate.copies)
            more = {"slot": slot, "aliases": first.aliases, "network": first.network}
            new = self.docker.create(first.container, f"{first.name}-{self.estate.word()}", first.owner, **more)
            self.docker.runtime.start(new, 0.2)

    def host_lost(self, name: str) -> None:
        """There is no other."""

    def evict(self, name: str) -> None:
        """There is no other."""

    def host_begins(self, name: str) -> None:
        for copy in self.estate.copies:
            if copy.process is not None:
                copy.process, copy.code, copy.ready, copy.routed, copy.state = None, 137, False, False, "exited"
        if self.estate.heals():
            self.docker.engine_begins()
