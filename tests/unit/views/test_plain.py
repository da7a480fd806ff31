"""A run as plain lines, for files, logs and whoever wants nothing to move."""

from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from harness.views.plain import EVERY_S, Plain
from tests.support.lines import board, busy, ended, trial, waits


def plain(width: int = 80):
    file = io.StringIO()
    return Plain(Console(file=file, width=width)), file


def put(view, made, now_s: float, *news: str) -> None:
    view.compose(made, [Text(line) for line in news], now_s)
    view.put()


def test_news_are_told_once_and_at_once():
    view, file = plain()
    put(view, board(), 0.1, "first", "second")
    put(view, board(), 0.2)

    assert file.getvalue() == "first\nsecond\n"


def test_composing_writes_nothing_yet():
    view, file = plain()
    view.compose(busy(3), [Text("news")], 100.0)

    assert file.getvalue() == ""


def test_what_is_waited_for_is_told_every_few_seconds_and_not_more_often():
    view, file = plain()
    for tick in range(int(4 * EVERY_S / 0.4) + 1):
        put(view, busy(1), tick * 0.4)

    assert [line.split()[0] for line in file.getvalue().splitlines()] == ["5.2", "10.4", "15.6"]


def test_two_that_wait_longest_are_named_and_the_others_counted():
    trials = [trial(f"t{n}", f"crash @ arm {n}") for n in range(4)]
    waiting = [waits(f"copy {n}", at_s=9.0, waited_s=n, allowed_s=30.0, trial=f"t{n}") for n in range(4)]
    view, file = plain()
    put(view, board(*trials, *waiting), 10.0)

    assert file.getvalue() == (
        "   10.0 s  0 of 4 trials done; crash @ arm 3 #1: still missing: copy 3 (4 of 30 s); "
        "crash @ arm 2 #1: still missing: copy 2 (3 of 30 s); 2 more waiting\n"
    )


def test_what_says_itself_that_it_is_missing_is_not_said_to_be_so_again():
    view, file = plain()
    put(view, board(trial(), waits("1 of 3 still missing", at_s=3.0, allowed_s=30.0)), 10.0)

    assert file.getvalue() == "   10.0 s  0 of 1 trials done; crash @ web #1: 1 of 3 still missing (7 of 30 s)\n"


def test_where_nothing_bounds_the_wait_no_time_is_told():
    view, file = plain()
    put(view, board(trial(), waits("room beside the others", at_s=3.0)), 10.0)

    assert file.getvalue() == (
        "   10.0 s  0 of 1 trials done; crash @ web #1: still missing: room beside the others\n"
    )


def test_where_nobody_waits_nothing_is_told():
    view, file = plain()
    put(view, board(trial(), waits("a copy", at_s=3.0), ended()), 100.0)

    assert file.getvalue() == ""


def test_a_long_line_is_not_broken():
    view, file = plain(width=20)
    put(view, board(), 1.0, "word " * 40)

    assert file.getvalue().count("\n") == 1


def test_at_the_end_nothing_is_kept_back():
    view, file = plain()
    view.compose(board(), [Text("the last word")], 1.0)
    view.rest()
    view.end()

    assert file.getvalue() == "the last word\n"
