"""What a process computes, as far as its limit lets it, and what its account says of that at any moment."""

from __future__ import annotations

import math
from bisect import bisect_right


class Work:
    """Pieces of work one behind the other, so that whoever asks for too much waits longer each time."""

    def __init__(self, limit: float) -> None:
        """`limit`: processors, of which one program of ours uses one at most; 0: nobody limits it."""
        self._limit = min(limit or 1.0, 1.0)
        self._at_s, self._given_s, self._until_s = [-math.inf], [0.0], [-math.inf]

    def take(self, now_s: float, cpu_s: float) -> float:
        """After how long it is done with that as well."""
        until_s = max(now_s, self._until_s[-1]) + cpu_s / self._limit
        self._at_s.append(now_s)
        self._given_s.append(self._given_s[-1] + cpu_s)
        self._until_s.append(until_s)
        return until_s - now_s

    def used_s(self, at_s: float) -> float:
        """Seconds of a processor that it had used by that moment."""
        n = bisect_right(self._at_s, at_s) - 1
        return self._given_s[n] - max(0.0, self._until_s[n] - at_s) * self._limit

    def use(self, since_s: float, until_s: float) -> float:
        """Processors, on the average between two moments."""
        return (self.used_s(until_s) - self.used_s(since_s)) / (until_s - since_s)
