"""A run as a picture that changes: a lane for each trial that goes on, never more than the terminal has room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live as Area
from rich.text import Text

from harness.views.blocks import height, steps, top
from harness.views.board import Board
from harness.views.lane import BUCKET_S, Copy, Lane
from harness.views.words import one_line, waits_for

MARKS = {
    "starting": ("…", "yellow"),
    "serving": ("●", "green"),
    "silent": ("○", "magenta"),
    "refused": ("!", "red"),
    "ended": ("✗", "red"),
}
BAR = 12
WIDEST = 140
"""No lane is longer: an eye loses its line on the way."""

ROOMY = 72
"""A terminal of fewer columns has no room for bars beside the copies."""

WORDY = 110
"""One of fewer has none for more than what is missing."""

CLIENT_S = 10.0
STEPS, FEW_STEPS = 24, 10
"""Columns in which it is shown how many copies served, by whether the terminal is a wide one."""

MANY = 9
"""More copies than that are looked at by their number."""

TURNS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Live:
    """Lines that are to stay are printed above the picture; the picture itself leaves nothing behind."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._news: list[Text] = []
        self._told: list[Text] = []
        self._size = console.size
        self._picture = Picture([])
        self._area: Area | None = None

    def compose(self, board: Board, news: list[Text], now_s: float) -> None:
        self._news += news
        size = self._console.size
        self._picture = Picture(list(lines(board, now_s, size.width, size.height - 1)))

    def put(self) -> None:
        if self._area is None:
            self._size = self._console.size
            self._area = Area(console=self._console, auto_refresh=False, transient=True)
            self._area.start()
        self._after_resizing()
        for line in self._news:
            self._console.print(line, soft_wrap=True)
        self._told += self._news
        self._news.clear()
        self._area.update(self._picture, refresh=True)

    def _after_resizing(self) -> None:
        """A terminal that got narrower has wrapped the picture: nobody knows any more where it began.

        Of what was told, as much is told again as there is room for.
        """
        if self._console.size == self._size:
            return
        self._size = self._console.size
        self._console.clear()
        for line in self._told[-self._size.height :]:
            self._console.print(line, soft_wrap=True)

    def rest(self) -> None:
        """The next picture begins where the cursor is then."""
        if self._area is not None:
            self._area.stop()
            self._area = None

    def end(self) -> None:
        for line in self._news:
            self._console.print(line, soft_wrap=True)
        self.rest()


class Picture:
    """Lines that are cut where the terminal ends, instead of being wrapped."""

    def __init__(self, rows: list[Text]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        for row in self.rows:
            row.truncate(options.max_width, overflow="ellipsis")
            yield row


def lines(board: Board, now_s: float, width: int, height: int) -> Iterator[Text]:
    """The head, then scenarios with their lanes, as many as there is room for."""
    wide = min(width, WIDEST)
    rows = [*_head(board, now_s, wide), *(row for group in _scenarios(board, now_s, wide) for row in group)]
    if len(rows) <= height:
        yield from rows
    elif height > 0:
        yield from rows[: height - 1]
        yield Text(f"   … {len(rows) - height + 1} more lines", "dim")


def _head(board: Board, now_s: float, width: int) -> Iterator[Text]:
    share = board.over / board.total if board.total else 0.0
    clock = f"{int(now_s) // 60}:{int(now_s) % 60:02d}"
    count = f"{board.over} of {board.total} trials"
    bar = _bar(share, max(8, min(40, width - cell_len(count) - len(clock) - 8)), "cyan")
    yield Text.assemble((f" {clock}", "bold"), "  ", bar, f"  {count}")
    for site, since_s in board.opening.items():
        yield Text(f"   {_turn(now_s)} {one_line(site)} opens, {max(0.0, now_s - since_s):.0f} s", "cyan")
    yield from _over(board)


def _over(board: Board) -> Iterator[Text]:
    """What is finished, in one line."""
    running, ended = {(lane.lab, lane.cell) for lane in board.lanes.values()}, board.ended
    cells = [key for key, n in board.wanted.items() if ended[key] >= n and key not in running]
    names = list(dict.fromkeys(cell.partition(" @ ")[0] for _, cell in cells))
    if cells:
        arms = "arm" if len(cells) == 1 else "arms"
        yield Text(f"   ✓ {len(cells)} {arms} done: {one_line(', '.join(names))}", "dim")


def _scenarios(board: Board, now_s: float, width: int) -> Iterator[Iterator[Text]]:
    def of(lane: Lane) -> tuple[str, str]:
        return lane.lab, lane.scenario

    first = {of(lane): lane.began_s for lane in sorted(board.lanes.values(), key=lambda x: -x.began_s)}
    lanes = sorted(board.lanes.values(), key=lambda x: (first[of(x)], of(x), x.arm, x.number))
    for (lab, scenario), group in groupby(lanes, of):
        yield _group(board, lab, scenario, list(group), now_s, width)


def _group(board: Board, lab: str, scenario: str, lanes: list[Lane], now_s: float, width: int) -> Iterator[Text]:
    of = [t for t, p in board.planned.items() if p.lab == lab and p.cell.startswith(f"{scenario} @ ")]
    over = sum(t in board.done for t in of)
    yield Text.assemble((f" {one_line(scenario)}", "bold"), (f"  {one_line(lab)}, {over} of {len(of)}", "dim"))
    yield from (_lane(lane, now_s, width) for lane in lanes)


def _lane(lane: Lane, now_s: float, width: int) -> Text:
    """Who it is, its copies, the client's view, what is missing, how long already."""
    wide, number = max(16, min(44, width // 3)), f" #{lane.number} "
    name = Text(f"   {one_line(lane.arm)}")
    name.truncate(wide - len(number), overflow="ellipsis")
    name.append(number).pad_right(wide - cell_len(name.plain))
    time = _elapsed(lane, now_s, BAR if width >= ROOMY else 0)
    room = max(0, width - wide - cell_len(time.plain) - 3)
    copies = _copies(lane, room // (6 if _by_number(lane) else 2))
    middle = Text.assemble(copies, _chart(lane, now_s, width), *_acted(lane))
    if lane.missing:
        missing = waits_for(lane.missing) if width >= WORDY else lane.missing.replace("still missing", "missing")
        middle.append(f"  {one_line(missing)}", "dim")
    middle.truncate(room, overflow="ellipsis", pad=True)
    return Text.assemble(name, " ", middle, " ", time)


def _acted(lane: Lane) -> Iterator[tuple[str, str]]:
    if lane.acted:
        yield f" ⚡{one_line(lane.acted)}", "bold yellow"


def _copies(lane: Lane, room: int) -> Text:
    """Each incarnation by its own letter; where there are too many, the newest, and how many serve."""
    serving = sum(copy.state == "serving" for copy in lane.copies)
    most = max(1, room // 4)
    shown = lane.copies[-most:]
    marks = [_mark(copy) for copy in shown]
    if len(shown) < len(lane.copies):
        marks.insert(0, Text(f"{serving}●", "green"))
    return Text(" ").join(marks)


def _mark(copy: Copy) -> Text:
    mark, colour = MARKS[copy.state]
    return Text(f"{copy.letter}{mark}", colour)


def _chart(lane: Lane, now_s: float, width: int) -> Text:
    """Who answers, as long as nothing was done to anybody; then when nobody does; or how many there are."""
    if lane.answers and 1 < len(asked := [c for c in lane.copies if c.instance and c.state != "ended"]) <= MANY:
        return _shares(asked, lane.answers)
    if lane.client:
        return _spark(lane, now_s)
    if _by_number(lane):
        return _number(lane, now_s - lane.began_s, STEPS if width >= WORDY else FEW_STEPS)
    return Text("")


def _shares(copies: list[Copy], answers: Counter[str]) -> Text:
    """Of all answers so far, how many each copy gave."""
    most = max(answers.values())
    bars = (f"{copy.letter}{height(n := answers[copy.instance], most)}{n}" for copy in copies)
    return Text(f"  {' '.join(bars)}", "cyan")


def _by_number(lane: Lane) -> bool:
    """Whether it is how many serve that matters, not which of them."""
    return not lane.client and (lane.scaling_s is not None or len(lane.copies) > MANY)


def _number(lane: Lane, now_s: float, width: int) -> Text:
    """How many served since something may have changed it, and under what load."""
    since_s = lane.scaling_s or 0.0
    before = [n for at_s, n in lane.serving if at_s <= since_s][-1:] or [0]
    changes = [(0.0, before[0]), *((at_s - since_s, n) for at_s, n in lane.serving if at_s > since_s)]
    lasts_s, most = max(changes[-1][0], now_s - since_s, 0.1), top([n for _, n in changes])
    text = Text.assemble(" ", (steps(changes, lasts_s, width, most), "green"), f" {changes[-1][1]}")
    return text.append(f", {sum(lane.loads.values()):g}/s", "magenta") if lane.loads else text


def _spark(lane: Lane, now_s: float) -> Text:
    """What clients got in the last seconds: how many answers in each interval, in red where some failed."""
    text = Text(" ")
    newest, most = int((now_s - lane.began_s) / BUCKET_S), max(yes + no for yes, no in lane.client.values())
    for number in range(newest - int(CLIENT_S / BUCKET_S) + 1, newest + 1):
        yes, no = lane.client.get(number, (0, 0))
        high = height(yes + no, most)
        text.append(high if not no else "✗" if not yes else high, "red" if no else "green")
    return text


def _elapsed(lane: Lane, now_s: float, bar: int) -> Text:
    if not lane.allowed_s or not lane.missing:
        return Text(" " * (bar + 11))
    waited_s = max(0.0, now_s - lane.since_s)
    text = _bar(min(1.0, waited_s / lane.allowed_s), bar, "blue")
    return text.append(f" {waited_s:3.0f} of {lane.allowed_s:.0f} s".ljust(11))


def _bar(share: float, width: int, colour: str) -> Text:
    full = round(share * width)
    return Text.assemble(("━" * full, colour), ("━" * (width - full), "bright_black"))


def _turn(now_s: float) -> str:
    return TURNS[int(now_s * 5) % len(TURNS)]
