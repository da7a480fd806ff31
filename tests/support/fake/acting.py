"""What is done to copies, and what happens to them meanwhile, as far as the faults of a site have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from harness.lab.open_site import No
from tests.support.fake.copies import Copy

if TYPE_CHECKING:
    from tests.support.fake.world import World

LATE_S, UNASKED_S, MORE_S = 20.0, 6.0, 20.0


class Acting:
    def __init__(self, world: World) -> None:
        self._world, self.estate, self.faults = world, world.estate, world.faults
        self._meddled = self._dies = self._asked = False

    def become(self, copy: Copy, path: str) -> None:
        """What the application does when it is told to."""
        process = copy.process
        if process is None:
            return
        what, _, query = path.partition("?")
        if what in ("/crash", "/exit0"):
            code = int(query.partition("=")[2] or what == "/crash")
            self.estate.after(0.01, lambda: self._world.platform.end(copy, code) if copy.process is process else None)
        process.hung = process.hung or what == "/hang"
        if what in ("/unready", "/ready"):
            process.ready_s = float("inf") if what == "/unready" else self._world.clock.now()

    def write(self, copy: Copy, path: str) -> None:
        """`/log` has it write so many lines."""
        at = urlsplit(path)
        asked = dict(parse_qsl(at.query))
        for number in range(1, int(asked.get("lines", "1")) + 1) if at.path == "/log" else ():
            self.estate.say(copy, f"{number} {asked.get('text', 'line')}")

    def upon(self, victim: Copy, do: Callable[[Copy], None]) -> None:
        if self.faults.has("acts do nothing"):
            return
        if self.faults.has("acts hit another copy"):
            victim = next((c for c in self.estate.copies if c is not victim and c.process), victim)
        if self.faults.has("acts come late"):
            self.estate.after(LATE_S, lambda: self._late(victim))
            return
        do(victim)
        if self.faults.has("acts go unanswered"):
            raise No("timeout")

    def _late(self, victim: Copy) -> None:
        self._world.platform.end(victim, 137)

    def meddle(self, victim: Copy) -> None:
        """Where that is the fault, something happens to the copies just before somebody acts upon one."""
        if self._meddled:
            return
        self._meddled = True
        others = [c for c in self.estate.copies if c is not victim and c.process]
        if self.faults.has("a bystander ends") and others:
            self._world.platform.remove(others[0])
        if self.faults.has("replaced before the act"):
            self._world.platform.replace(victim)

    def let_one_die(self) -> None:
        """The last one, that it is not the victim."""
        if not self._dies:
            self._dies = True
            last = max((c for c in self.estate.copies if c.process), key=lambda c: c.name)
            self.estate.after(UNASKED_S, lambda: self._world.platform.end(last, 139))

    def ask_for_more(self) -> None:
        """As somebody else would, who knows nothing of the trial."""
        if not self._asked:
            self._asked = True
            self.estate.after(MORE_S, self._more)

    def _more(self) -> None:
        self._world.platform.more(2)
        self.estate.after(MORE_S, self._more)
