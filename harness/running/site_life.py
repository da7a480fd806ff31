"""One open site in a run: how it stands, how it feels, and what is to be removed from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.lab.arm import Arm
from harness.lab.open_site import OpenSite
from harness.lab.site import Site
from harness.model.clock import Clock, Deadline
from harness.model.waiting import TooLate, until

OPEN_S, MAKE_S = 60.0, 240.0
"""For a site to open, and for one that takes the whole machine to be made."""
CLOSE_S = 60.0
SPACED_S = 1.0
"""A look at a site's health serves all trials that ask for one within this time."""

SOUND_S = 5.0
"""For so long at most a site that is not sound is waited for before a trial begins on it."""

WATCH_S = 3.0
"""Between two looks at the health of a site on which trials are; what two looks in a row find is told to them."""

PAUSE_S = 0.5


class SiteLife:
    def __init__(self, declared: Site, site: OpenSite, clock: Clock) -> None:
        self.declared, self.site, self.clock = declared, site, clock
        self.problem: Exception | None = None
        self.left: list[str] = []
        self._lock, self._looked_s, self._wrong = threading.Lock(), -1e9, ""
        self._sick_since: float | None = None
        self._trials: dict[str, Callable[[str], None]] = {}
        self._watched = False

    def open(self, arms: Iterable[tuple[Arm, Path]]) -> None:
        """Make it, and have it read the files of its arms."""
        try:
            self.site.open(Deadline.after(MAKE_S if self.declared.heavy else OPEN_S, self.clock))
            for arm, folder in arms:
                for one in (arm, *(arm.version(name) for name in arm.versions)):
                    self.site.check(one, folder)
        except Exception as error:  # told where it is waited for
            self.problem = error

    def close(self, deadline: Deadline) -> None:
        """The other sites are still to be cleaned, whatever this one does."""
        self._trials.clear()
        try:
            self.left += self.site.close(deadline)
        except Exception as error:
            self.left.append(f"{self.site.name}: {type(error).__name__}: {error}")

    # -- health

    def health(self) -> str:
        if self.problem is not None:
            return str(self.problem)
        with self._lock:
            if self.clock.now() - self._looked_s > SPACED_S:
                began, self._wrong = self.clock.now(), self.site.health()
                self._looked_s = self.clock.now()
                self._sick_since = (self._sick_since or began) if self._wrong else None
            return self._wrong

    def streams(self) -> dict[str, str]:
        return dict(self.site.streams())

    def sound(self, tell: Callable[[str, float, float], None]) -> str:
        """What is wrong with it before a trial begins: what passes soon costs nothing then."""
        if not self.health() or self.problem is not None or (since := self._sick_since) is None:
            return self.health()
        end = Deadline(since + SOUND_S, self.clock)
        if not end.left():
            return self._wrong

        def told(wrong: str) -> None:
            tell(f"{self.site.name}: {wrong}", self.clock.now() - since, SOUND_S)

        try:
            until(self.site.name, self.health, end, tell=told, pause_s=PAUSE_S)
        except TooLate:
            return self._wrong
        return ""

    def watch(self, trial: str, told: Callable[[str], None]) -> None:
        """Tell the trial what is wrong with its site while it is on it."""
        self._trials[trial] = told
        with self._lock:
            if self._watched:
                return
            self._watched = True
        self.clock.spawn(self._watch, f"health of {self.site.name}")

    def unwatch(self, trial: str) -> None:
        self._trials.pop(trial, None)

    def _watch(self) -> None:
        before = ""
        while True:
            self.clock.sleep(WATCH_S)
            with self._lock:
                if not self._trials:
                    self._watched = False
                    return
            wrong = self.health()
            if wrong and before:
                for told in list(self._trials.values()):
                    told(wrong)
            before = wrong
