"""Shows a run: the journal's lines go in from any thread and wait for nobody; a thread of its own shows them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.text import Text

from harness.judging.findings import Finding
from harness.model.entries import Entry
from harness.views.board import Board
from harness.views.live import Live
from harness.views.plain import Plain
from harness.views.words import one_line, told

TICK_S = 0.4
STILL = ("CI", "NO_COLOR")
"""Where one of these is set, nothing is to move."""


class View(Protocol):
    def compose(self, board: Board, news: list[Text], now_s: float) -> None:
        """Make up what is to be shown; the board stands still meanwhile, so this must not wait for a terminal."""
        ...

    def put(self) -> None: ...

    def rest(self) -> None:
        """Take the picture away until the next time."""
        ...

    def end(self) -> None:
        """Leave nothing on the terminal but what is to stay."""
        ...


def moving(console: Console) -> bool:
    """Whether a picture that changes is wanted there."""
    # Rich takes anything for a terminal where FORCE_COLOR is set, also a file.
    able = console.is_interactive and not console.is_dumb_terminal and console.file.isatty()
    return able and not any(os.environ.get(name) for name in STILL)


def _line(at_s: float, what: str | Text) -> Text:
    return Text.assemble((f"{at_s:7.1f} s  ", "dim"), what if isinstance(what, Text) else one_line(what))


class Show:
    """Shown for as long as it is entered. `now_s` is the time since the run began, as news and waits are told."""

    def __init__(self, console: Console, now_s: Callable[[], float], *, by_itself: bool = True) -> None:
        self.board = Board()
        self._view: View = Live(console) if moving(console) else Plain(console)
        self._now_s, self._over = now_s, threading.Event()
        self._lock, self._showing = threading.Lock(), threading.Lock()
        self._ticking = threading.Thread(target=self._tick, daemon=True, name="show") if by_itself else None

    def hear(self, trial: str, one: Entry) -> None:
        with self._lock:
            self.board.hear(trial, one)

    def verdict(self, finding: Finding) -> None:
        with self._lock:
            self.board.tell(told(finding))

    def now(self) -> None:
        """Show how it stands at this moment."""
        with self._showing:
            with self._lock:
                news = [_line(at_s, what) for at_s, what in self.board.news]
                self.board.news.clear()
                self._view.compose(self.board, news, self._now_s())
            self._view.put()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is shown meanwhile: somebody else has the terminal."""
        self.now()
        with self._showing:
            self._view.rest()
            yield

    def __enter__(self) -> Self:
        if self._ticking is not None:
            self._ticking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        if self._ticking is not None:
            self._ticking.join()
        try:
            self.now()
        finally:
            self._view.end()

    def _tick(self) -> None:
        while not self._over.wait(TICK_S):
            self.now()
