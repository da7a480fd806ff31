"""Terminals of the tests: a file that is one, and what can be read off its screen."""

from __future__ import annotations

import io
from typing import Any

import pyte

DECIDE = ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES")


def nothing_said(monkeypatch: Any) -> None:
    """The environment says nothing of what is to be shown, and the terminal is a usual one."""
    for name in DECIDE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


class Tty(io.StringIO):
    """Text that was written to a terminal."""

    def isatty(self) -> bool:
        return True

    def screen(self, columns: int, rows: int) -> list[str]:
        """What stands on it now."""
        screen = pyte.Screen(columns, rows)
        pyte.Stream(screen).feed(self.getvalue().replace("\n", "\r\n"))
        return [row.rstrip() for row in screen.display]
