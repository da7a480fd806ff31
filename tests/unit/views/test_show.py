"""Who shows a run keeps nobody waiting who records it, and leaves the terminal as it was."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from harness.judging.findings import Finding
from harness.model.verdict import Grade, Verdict
from harness.views import show as showing
from harness.views.show import Show
from tests.support.lines import busy, ended, flat, run, serving, trial
from tests.support.screen import Tty, nothing_said

WITHIN_S = 10.0
FINDING = Finding(
    "it-returns", "small", "It returns.", Verdict(Grade.REFUTED, "it stayed away"), {}, (), "REFUTED", (), {}
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    nothing_said(monkeypatch)
    monkeypatch.setattr(showing, "TICK_S", 0.001)


class Blocked(io.StringIO):
    """A terminal that takes nothing for as long as somebody has stopped it."""

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty
        self.goes_on, self.writing = threading.Event(), threading.Event()

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        self.writing.set()
        assert self.goes_on.wait(WITHIN_S)
        return super().write(text)


class Seen:
    """A view that keeps what it was asked for, and says when."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.news: list[str] = []
        self.put_once = threading.Event()

    def compose(self, board, news, now_s) -> None:
        self.news += [line.plain.partition(" s  ")[2] for line in news]

    def put(self) -> None:
        self.asked.append("put")
        self.put_once.set()

    def rest(self) -> None:
        self.asked.append("rest")

    def end(self) -> None:
        self.asked.append("end")


class Tried:
    """A lock of which it can be known that somebody wants it."""

    def __init__(self) -> None:
        self._lock, self.tried = threading.Lock(), threading.Event()

    def __enter__(self) -> None:
        self.tried.set()
        self._lock.acquire()

    def __exit__(self, *_) -> None:
        self._lock.release()


def hear(show: Show, *lines) -> None:
    for name, one in flat(lines):
        show.hear(name, one)


def seen_by(show: Show) -> Seen:
    show._view = Seen()
    return show._view


def still(file=None) -> Show:
    return Show(Console(file=file or io.StringIO(), width=80, height=24), lambda: 1.0, by_itself=False)


@pytest.mark.parametrize("tty", [True, False])
def test_lines_are_taken_while_a_terminal_that_was_stopped_takes_nothing(tty):
    file = Blocked(tty=tty)
    show = still(file)
    show.hear(*run())
    writer = threading.Thread(target=show.now)
    writer.start()
    assert file.writing.wait(WITHIN_S)

    taker = threading.Thread(target=hear, args=(show, trial(), serving(), ended()))
    taker.start()
    taker.join(WITHIN_S)
    verdict = threading.Thread(target=show.verdict, args=(FINDING,))
    verdict.start()
    verdict.join(WITHIN_S)
    waited = taker.is_alive() or verdict.is_alive()
    file.goes_on.set()
    for thread in (writer, taker, verdict):
        thread.join(WITHIN_S)

    assert not waited
    assert show.board.over == 1


def test_it_shows_by_itself_from_time_to_time():
    show = Show(Console(file=io.StringIO()), lambda: 1.0)
    seen = seen_by(show)
    with show:
        for _ in range(3):
            assert seen.put_once.wait(WITHIN_S)
            seen.put_once.clear()

    assert seen.asked[-1] == "end"


def test_when_somebody_else_leads_it_shows_only_when_it_is_told_to():
    show = still()
    seen = seen_by(show)
    with show:
        show.hear(*run())
        assert seen.asked == []
        show.now()
        assert seen.asked == ["put"]


def test_while_it_is_held_nothing_is_shown_and_news_come_afterwards():
    show = Show(Console(file=io.StringIO()), lambda: 1.0)
    seen, show._showing = seen_by(show), Tried()
    with show:
        show.hear(*run())
        with show.held():
            assert seen.asked[-1] == "rest"
            before = list(seen.asked)
            seen.put_once.clear()
            show._showing.tried.clear()
            hear(show, trial(), ended(wrong="not-steady: no copy"))
            assert show._showing.tried.wait(WITHIN_S)
            assert (seen.asked, seen.news) == (before, ["run run-1: small, seed 7"])
        assert seen.put_once.wait(WITHIN_S)

    assert seen.news == ["run run-1: small, seed 7", "crash @ web #1: not-steady: no copy"]


def test_what_there_was_to_tell_is_told_before_somebody_else_has_the_terminal():
    show = still()
    seen = seen_by(show)
    show.hear(*run())
    with show.held():
        assert seen.news == ["run run-1: small, seed 7"]
        assert seen.asked == ["put", "rest"]


def test_a_question_has_the_terminal_without_a_picture_and_with_its_cursor():
    file = Tty()
    show = still(file)
    show.hear(*run())
    hear(show, trial())
    show.now()
    with show.held():
        assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_at_the_end_the_last_news_are_told():
    file = io.StringIO()
    with still(file) as show:
        show.hear(*run())
        show.verdict(FINDING)

    assert file.getvalue().splitlines() == [
        "    0.0 s  run run-1: small, seed 7",
        "    0.0 s  it-returns: the article is wrong; it stayed away (as expected)",
    ]


def test_news_carry_the_time_at_which_they_happened():
    file = io.StringIO()
    with still(file) as show:
        hear(show, trial(began_s=100.0), ended(at_s=20.5, wrong="not-steady: no copy"))

    assert file.getvalue() == "  120.5 s  crash @ web #1: not-steady: no copy\n"


def test_whatever_is_raised_meanwhile_the_show_is_over_and_the_terminal_as_it_was():
    file = Tty()
    show = Show(Console(file=file, width=80, height=24), lambda: 1.0)
    show.board = busy(3)

    def interrupted() -> None:
        with show:
            show.now()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not show._ticking.is_alive()
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_that_it_cannot_be_shown_at_the_end_leaves_no_picture_either():
    show = still()
    seen = seen_by(show)
    seen.compose = lambda *_: 1 / 0

    with pytest.raises(ZeroDivisionError), show:
        show.hear(*run())

    assert seen.asked == ["end"]


def test_somebody_who_holds_it_and_fails_lets_it_go_on():
    show = still()
    seen = seen_by(show)
    with pytest.raises(EOFError), show.held():
        raise EOFError
    show.now()

    assert seen.asked == ["put", "rest", "put"]


def test_the_board_stands_still_while_it_is_looked_at():
    show = still()
    seen, taken = seen_by(show), threading.Event()
    takers = []

    def compose(board, news, now_s) -> None:
        takers.append(threading.Thread(target=lambda: (hear(show, trial()), taken.set())))
        takers[0].start()
        seen.asked.append("lanes" if board.lanes or taken.wait(0.02) else "none")

    seen.compose = compose
    show.now()
    takers[0].join(WITHIN_S)

    assert seen.asked == ["none", "put"]
    assert list(show.board.lanes) == ["t001"]
