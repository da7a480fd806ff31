"""Programs that an arm has beside its files: they run while the trial does."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.lab.open_site import No
from tests.support.fake.clock import Stuck, VirtualMailbox
from tests.support.fake.shell import Shell

if TYPE_CHECKING:
    from tests.support.fake.world import World

TYPES_S = 0.1


class Over(Exception):
    """The trial is, and its programs are ended, whatever they are doing."""


class Programs:
    def __init__(self, world: World) -> None:
        self._world, self._over = world, False
        self._bells: list[VirtualMailbox] = []

    def start(self, name: str) -> tuple[str, int]:
        file = self._world.scope.manifests / name
        if not file.is_file():
            raise No(f"there is no {name} in {file.parent.name}")
        if not self._world.faults.has("programs do not run"):
            bell = self._world.clock.mailbox()
            shell = Shell(file.read_text(), self._types, lambda seconds: self._sleep(bell, seconds))
            self._bells.append(bell)
            self._world.clock.spawn(lambda: self._runs(shell), name)
        return "it runs while the trial does", 0

    def stop(self) -> None:
        self._over = True
        for bell in self._bells:
            bell.put("the trial is over")
        self._bells.clear()

    def _runs(self, shell: Shell) -> None:
        with contextlib.suppress(Over, Stuck):
            shell.run()

    def _sleep(self, bell: VirtualMailbox, seconds: float) -> bool:
        """Whether nobody has ended it meanwhile."""
        with contextlib.suppress(TimeoutError):
            bell.get(seconds)
        return not self._over

    def _types(self, words: list[str]) -> tuple[str, int]:
        world = self._world
        world.clock.sleep(TYPES_S)
        if self._over:
            raise Over
        if world.site.nodes.silent():
            return "The connection to the server was refused", 1
        found = world.platform.typed(words, world.scope.manifests)
        if found is None:
            raise NotImplementedError(f"the platform in memory knows no {' '.join(words)!r}")
        return found
