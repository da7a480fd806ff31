"""A run as plain lines: what is waited for and what is missing while it goes on, each verdict when it is decided."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from harness.views.board import Board
from harness.views.lane import Lane
from harness.views.words import one_line, waits_for

EVERY_S = 5.0


class Plain:
    """Every few seconds it says what the longest-waiting trials wait for."""

    def __init__(self, console: Console) -> None:
        self._console, self._told_s = console, 0.0
        self._lines: list[Text] = []

    def compose(self, board: Board, news: list[Text], now_s: float) -> None:
        self._lines += news
        if now_s - self._told_s >= EVERY_S and (waiting := list(board.waiting())):
            self._told_s = now_s
            at = (f"{now_s:7.1f} s  ", "dim")
            self._lines.append(Text.assemble(at, "; ".join(_standing(board, waiting, now_s))))

    def put(self) -> None:
        for line in self._lines:
            self._console.print(line, soft_wrap=True)
        self._lines.clear()

    def rest(self) -> None:
        pass

    def end(self) -> None:
        self.put()


def _standing(board: Board, waiting: list[Lane], now_s: float) -> Iterator[str]:
    yield f"{board.over} of {board.total} trials done"
    for lane in waiting[:2]:
        of = f" ({max(0.0, now_s - lane.since_s):.0f} of {lane.allowed_s:.0f} s)" if lane.allowed_s else ""
        yield one_line(f"{lane.name}: {waits_for(lane.missing)}{of}")
    if len(waiting) > 2:
        yield f"{len(waiting) - 2} more waiting"
