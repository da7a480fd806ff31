"""What a check says while it goes on: what is done, and every few seconds what is waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

EVERY_S = 3.0


class Teller:
    """Plain lines, each with the time since the check began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._told = time.monotonic()

    def says(self, text: str) -> None:
        self._told = time.monotonic()
        at = f"{self._told - self._began:7.1f} s  "
        self._console.print(Text.assemble((at, "dim"), text), soft_wrap=True)

    def waits(self, scenario: str, missing: str, waited_s: float, allowed_s: float) -> None:
        """Nothing is missing when the next thing is about to happen."""
        if missing and time.monotonic() - self._told >= EVERY_S:
            self.says(f"{scenario}: waiting for {missing}, {waited_s:.0f} of {allowed_s:.0f} s")
