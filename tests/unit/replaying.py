"""What the tests of replaying share: a show that keeps what it is told, and a projector on a virtual clock."""

from __future__ import annotations

from harness import catalog, journal, outcome, register
from harness.replay import Film, Projector
from harness.views.board import Board
from tests.contract.fake import VirtualClock

KNOWN = register.load(catalog.REGISTER)


class Told:
    """Takes what a show takes, and keeps when it did."""

    def __init__(self, now=lambda: 0.0) -> None:
        self.board, self._now = Board(), now
        self.lines: list[tuple[float, dict]] = []
        self.findings: dict[str, tuple[dict, outcome.Finding]] = {}
        self.shown = 0

    def take(self, line) -> None:
        self.board.take(line)
        self.lines.append((self._now(), line))

    def verdict(self, finding) -> None:
        assert finding.id not in self.findings
        self.findings[finding.id] = (self.lines[-1][1], finding)

    def now(self) -> None:
        self.shown += 1


def labs_of(folder):
    return [catalog.lab(name) for name in journal.read(folder).facts["labs"]]


def lines_of(folder) -> list[dict]:
    heard: list[dict] = []
    assert journal.salvage(folder, heard.append).trouble == ""
    return heard


def replayed(lines, labs=(), *, speed: float = 0.0, known=KNOWN) -> tuple[Told, VirtualClock]:
    clock = VirtualClock()
    told = Told(lambda: clock.now() - 1000.0)
    Projector(clock, speed).play(Film(lines, labs, known), told)
    return told, clock
