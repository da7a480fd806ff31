"""A terminal without a window: a program runs on a real pseudo-terminal, and what it shows is read off a screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyte

from tests.support.screen import DECIDE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SCROLLED = 5000
WITHIN_S = 60.0


def environment(**env: str) -> dict[str, str]:
    """Without what would have a say in what is shown, beside the terminal itself."""
    mine = {name: value for name, value in os.environ.items() if name not in (*DECIDE, "GITHUB_STEP_SUMMARY")}
    return mine | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)} | env


class Terminal:
    """So many columns and rows, and a `labs` that runs in it."""

    def __init__(self, columns: int, rows: int, *arguments: str, cwd: Path = ROOT, **env: str) -> None:
        self.raw = b""
        self._begin(columns, rows)
        self._master, slave = pty.openpty()
        self._tell_size(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=environment(**env),
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _begin(self, columns: int, rows: int) -> None:
        self.screen = pyte.HistoryScreen(columns, rows, history=SCROLLED)
        self._stream = pyte.ByteStream(self.screen)

    def _tell_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # -- what is there to be seen

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    @property
    def scrolled(self) -> list[str]:
        """What left the screen at its top."""
        width = range(self.screen.columns)
        return ["".join(row[x].data for x in width).rstrip() for row in self.screen.history.top]

    @property
    def text(self) -> str:
        return "\n".join([*self.scrolled, *self.rows])

    # -- what happens

    def until(self, seen: Callable[[Terminal], bool]) -> None:
        """Read on until that is to be seen."""
        end = time.monotonic() + WITHIN_S
        while not seen(self):
            assert self._read(end), f"it ended before that was to be seen:\n{self.text}"

    def ended(self) -> int:
        """Read on until nobody writes any more; the exit code."""
        end = time.monotonic() + WITHIN_S
        while self._read(end):
            pass
        return self.process.wait(10)

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"nothing new within {WITHIN_S:.0f} s:\n{self.text}"
        try:
            said = os.read(self._master, 65536)
        except OSError:  # nobody has the other end open any more
            return False
        self.raw += said
        self._stream.feed(said)
        return bool(said)

    def types(self, text: str) -> None:
        os.write(self._master, f"{text}\n".encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def resize(self, columns: int, rows: int) -> None:
        """As terminals do it: what is longer than the new width goes on in the next row, what has no room scrolls."""
        before, at = self.scrolled, self.screen.cursor.y
        shown, hidden = self.rows[: at + 1], self.screen.cursor.hidden
        self._begin(columns, rows)
        for number, row in enumerate([*before, *shown]):
            if number:
                self.screen.carriage_return()
                self.screen.linefeed()
            self.screen.draw(row)
        self.screen.cursor.hidden = hidden
        self._tell_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)
