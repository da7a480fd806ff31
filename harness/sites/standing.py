"""Whether a stream of events is there: one that broke off is given time to come back before it counts as lost."""

from __future__ import annotations

import threading
import time

AGAIN_S = 0.2
PATIENCE_S = 10.0


class Standing:
    """What a stream's follower says of it, and others ask."""

    def __init__(self, *, there: bool) -> None:
        self._lost_at = None if there else time.monotonic()
        self._over = threading.Event()

    @property
    def state(self) -> str:
        lost = self._lost_at
        return "lost" if lost is not None and time.monotonic() - lost > PATIENCE_S else "open"

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
            self._lost_at = self._lost_at or time.monotonic()
            self._over.wait(AGAIN_S)
