"""What one trial has on the platform in memory: copies and volumes, how they looked since when, and what is told."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.lab.open_site import Scope
from harness.model.entries import Copy as Line
from harness.model.entries import Heard, Said
from tests.support.fake.copies import FILES, Copy, digest

if TYPE_CHECKING:
    from tests.support.fake.site import FakeSite

LAGS_S = 2.0
STARTS_ONE_S, AT_ONCE = 1.0, 3
"""So many of a trial's a node starts side by side; each one more waits for as long as one takes."""


class Estate:
    def __init__(self, site: FakeSite, scope: Scope) -> None:
        self.site, self.clock, self.faults = site, site.clock, site.faults
        self.scopes = [scope]
        self.name = scope.name
        self.copies: list[Copy] = []
        self.volumes: dict[str, FILES] = {}
        self.random = random.Random(f"{site.name} {scope.name}")
        self.served = self.acted = self.left = False
        self.acted_s = math.inf
        self.files: list[str] = []
        """That Compose was given last."""

        self.said: list[Said] = []
        self.listens: list[Scope] = []
        """Who is told of each line that containers write."""

        self._past: list[tuple[float, tuple[Line, ...]]] = [(self.clock.now(), ())]
        self._numbers = itertools.count(1)
        self._busy_until_s: dict[str, float] = {}
        """With all that a node was told to start, if that were done one after the other."""

    # -- time

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Unless the trial is over by then."""
        self.clock.after(seconds, lambda: None if self.left else do())

    def between(self, low_s: float, high_s: float) -> float:
        return self.random.uniform(low_s, high_s)

    def queue_s(self, node: str) -> float:
        """How long one more that is to be started there waits for those before it."""
        now_s = self.clock.now()
        self._busy_until_s[node] = until_s = max(now_s, self._busy_until_s.get(node, now_s)) + STARTS_ONE_S
        return max(0.0, until_s - now_s - AT_ONCE * STARTS_ONE_S)

    def pause(self, seconds: float) -> float:
        """Until something is back, as faults have it."""
        if not self.acted:
            return seconds
        slow = 5 if seconds and self.faults.nth("one restart is slow") == 2 else 1
        return seconds * slow + (12.0 if self.faults.has("comes back late") else 0.0)

    def heals(self, kind: str = "") -> bool:
        """Whether what is lost is made good, as that kind of owner is there to do."""
        broken = f"{kind}s do not heal"
        lame = broken in ("Deployments do not heal", "StatefulSets do not heal") and self.faults.has(broken)
        return not (self.acted and (lame or self.faults.has("nothing comes back")))

    def acts(self) -> None:
        """Something is done to what serves."""
        if not self.acted:
            self.acted, self.acted_s = True, self.clock.now()
            self.site.acted_s = min(self.site.acted_s, self.acted_s)

    # -- names

    def thing(self) -> str:
        return digest(self.site.name, self.name, next(self._numbers))

    def word(self, length: int = 5) -> str:
        return digest("word", self.name, next(self._numbers))[:length]

    # -- what it shows

    def find(self, thing: str) -> Copy | None:
        return next((c for c in self.copies if c.thing == thing), None)

    def changed(self) -> None:
        """As it looks from now on."""
        nodes = self.site.nodes
        seen = (
            c.line(known=nodes.known(c.node), lost=nodes.lost(c.node)) for c in self.copies if not c.container.beside
        )
        self._past.append((self.clock.now(), tuple(sorted(seen, key=lambda line: line.name))))

    def look(self) -> Sequence[Line]:
        lag_s = self.site.lag_s + (LAGS_S if self.faults.has("status lags") else 0.0)
        then = self.clock.now() - lag_s
        return next((seen for at, seen in reversed(self._past) if at <= then), ())

    def tell(self, who: str, what: str, text: str = "") -> None:
        """The platform's own word, at once."""
        for scope in self.scopes:
            scope.heard(Heard(at_s=self.clock.now(), who=who, what=what, text=text))
            scope.stirred()

    def say(self, copy: Copy, line: str, container: str = "") -> None:
        """A container writes a line; where none is named it is the application's."""
        own = "web" if copy.kind == "Pod" else copy.owner or copy.name
        said = Said(at_s=self.clock.now(), name=copy.name, container=container or own, line=line)
        self.said.append(said)
        for scope in self.listens if not self.faults.has("a log breaks off") else ():
            scope.heard(said)
            scope.stirred()
