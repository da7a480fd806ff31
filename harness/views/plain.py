"""A run as plain lines: what is waited for and what is missing while it goes on, each verdict when it is decided."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from rich.text import Text

from harness.views.words import told

if TYPE_CHECKING:
    from rich.console import Console

    from harness.outcome import Finding

EVERY_S = 5.0


class Plain:
    """Says every few seconds what the longest-waiting trials wait for; thread-safe."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._over = 0
        self._waits: dict[str, tuple[str, float, float]] = {}
        self._began = self._told = time.monotonic()
        self._lock = threading.Lock()

    def says(self, text: str) -> None:
        self._line(text)

    def opened(self, site: str, took_s: float) -> None:
        self._line(f"{site} opened in {took_s:.1f} s")

    def waits(self, trial: str, missing: str, waited_s: float, allowed_s: float) -> None:
        with self._lock:
            self._waits[trial] = (missing, waited_s, allowed_s)
            if time.monotonic() - self._told < EVERY_S:
                return
            self._told = time.monotonic()
            longest = sorted(self._waits.items(), key=lambda w: -w[1][1])
            lines = [
                f"{name}: waiting for {m}" + (f", {w:.0f} of {a:.0f} s" if a else "")
                for name, (m, w, a) in longest[:2]
            ]
        more = f"; {len(longest) - 2} more" if len(longest) > 2 else ""
        self._line(f"{self._over} of {self._total} trials over; " + "; ".join(lines) + more)

    def trial_over(self, trial: str, how: str) -> None:
        with self._lock:
            self._over += 1
            self._waits.pop(trial, None)
        if how != "done":
            self._line(f"{trial}: {how}")

    def verdict(self, finding: Finding) -> None:
        self._line(told(finding))

    def _line(self, text: str | Text) -> None:
        at = f"{time.monotonic() - self._began:7.1f} s  "
        self._console.print(Text(at, "dim") + (text if isinstance(text, Text) else Text(text)), soft_wrap=True)
