"""What is typed on a plain Docker engine, and what becomes of its containers when it ends."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.support.fake import compose
from tests.support.fake.copies import Copy
from tests.support.fake.docker import Docker
from tests.support.fake.estate import Estate
from tests.support.fake.platform import Said
from tests.support.fake.words import bare, values


class Engine:
    """A plain Docker engine."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.docker = estate, Docker(estate)

    def typed(self, words: list[str], folder: Path) -> Said | None:
        match words[1:3]:
            case ["compose", _]:
                return self._compose(words[2:], folder)
            case ["run" | "create", *_]:
                return self.docker.run(compose.run(shlex.join(words)))
            case ["network", "create"]:
                name = bare(words[3:], "--subnet", "--driver", "-d", "--label", "--opt")[-1]
                return self.docker.make_network(name, "".join(values(words, "--subnet")))
            case ["volume", "create" | "rm" as how]:
                name = bare(words[3:])[-1]
                self.estate.volumes.setdefault(name, {}) if how == "create" else self.estate.volumes.pop(name, None)
                return name, 0
            case ["start" | "stop" | "kill" | "rm" | "restart" as how, *_]:
                return self._each(how, bare(words[2:], "--time", "-t", "--signal", "-s", "--timeout"))
        return None

    def _compose(self, words: list[str], folder: Path) -> Said | None:
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
        new = self.docker.create(copy.container, copy.name, copy.owner, slot=copy.slot, aliases=copy.aliases)
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
