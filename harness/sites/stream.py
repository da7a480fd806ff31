"""Whether a stream of events is there: one that broke off is given time to come back before it counts as lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

AGAIN_S = 0.2
PATIENCE_S = 10.0


class StreamState:
    """What a stream's follower reports, and others ask."""

    def __init__(self, *, there: bool, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lost_at = None if there else now()
        self._over = threading.Event()

    @property
    def wrong(self) -> str:
        """Empty while it is there, and for a while after it broke off."""
        lost = self._lost_at
        away_s = self._now() - lost if lost is not None else 0.0
        return f"lost for {away_s:.0f} s" if away_s > PATIENCE_S else ""

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def end(self) -> None:
        self._over.set()

    def came(self) -> None:
        self._lost_at = None

    def broke(self) -> None:
        """It is gone; pause a moment before it is taken up again, unless everything is over."""
        if not self.over:
            self._lost_at = self._lost_at if self._lost_at is not None else self._now()
            self._over.wait(AGAIN_S)
