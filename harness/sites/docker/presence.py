"""Who is on hosts of the run's own: what is down there stays down while others still watch it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from harness.lab.open_site import No
from harness.model.errors import Problem
from harness.sites.docker.hosts import Hosts

T = TypeVar("T")


class Presence(Generic[T]):
    """Who leaves last has the hosts mended; until then nothing of those that left is removed."""

    def __init__(
        self, site: str, hosts: Hosts, clear: Callable[[T], None], last: Callable[[], None] = lambda: None
    ) -> None:
        """`clear` removes what a trial made; `last` puts right what trials may have changed beside."""
        self._site, self._hosts, self._clear, self._last = site, hosts, clear, last
        self.trials: dict[str, T] = {}
        self._leaving: list[T] = []
        self.guard = threading.RLock()
        """Held while hosts are made, or mended."""

    def comes(self, name: str, make: Callable[[], T]) -> T:
        with self.guard:
            self.trials[name] = trial = make()
        return trial

    def goes(self, name: str, trial: T) -> None:
        with self.guard:
            self.trials.pop(name, None)
            self._leaving.append(trial)
            if self._hosts.down and self.trials:
                return
            leaving, self._leaving = self._leaving, []
            try:
                self._hosts.mend()
                if not self.trials:
                    self._last()
            except No as no:
                raise Problem(f"Mending the site {self._site}", str(no), "the same once more") from no
            finally:
                for one in leaving:
                    self._clear(one)
