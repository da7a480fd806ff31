"""What trials wait for, told to whoever looks on: when it changes, and not with each request that is counted."""

from __future__ import annotations

from harness.journal import Journal
from harness.model.clock import Clock
from harness.model.lines import Waits

SPACED_S = 1.0
"""Shortest interval between two lines of one trial that differ in their text alone."""


class Waiting:
    def __init__(self, journal: Journal, clock: Clock, began: float) -> None:
        self._journal, self._clock, self._began = journal, clock, began
        self._last: dict[str, tuple[float, str, float]] = {}

    def told(self, trial: str, missing: str, waited_s: float = 0.0, allowed_s: float = 0.0) -> None:
        now = self._clock.now()
        at, before, allowed = self._last.get(trial, (-SPACED_S, "", 0.0))
        if (before, allowed) == (missing, allowed_s):
            return
        if before and missing and allowed == allowed_s and now - at < SPACED_S:
            return
        self._last[trial] = now, missing, allowed_s
        at_s, waited, most = (round(s, 3) for s in (now - self._began, waited_s, allowed_s))
        self._journal.put(trial, Waits(at_s=at_s, missing=missing, waited_s=waited, allowed_s=most))
