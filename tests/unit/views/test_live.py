"""The picture of a run: never more than there is room for, and nothing in it but text."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from harness.views.live import Live, Picture, lines
from harness.views.show import moving
from tests.support.lines import (
    acted,
    asked,
    asking,
    board,
    busy,
    copy,
    ended,
    opening,
    planned,
    request,
    serving,
    trial,
    waits,
)  # fmt: skip
from tests.support.screen import Tty, nothing_said

WIDTHS, HEIGHTS = range(20, 201, 3), range(1, 61)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    nothing_said(monkeypatch)


def rows(made, now_s: float = 10.0, width: int = 100, height: int = 50) -> list[str]:
    return [row.plain for row in lines(made, now_s, width, height)]


def lane(made, *, width: int = 100, now_s: float = 10.0):
    """The only one."""
    return list(lines(made, now_s, width, 50))[-1]


def drawn(made, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    picture = Picture(list(lines(made, 10.0, width, height)))
    return ["".join(s.text for s in row) for row in console.render_lines(picture, pad=False)]


# -- room ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trials", [0, 7, 40])
def test_there_are_never_more_rows_than_there_is_room_for(trials):
    made, widths = busy(trials), random.Random(1)

    for height in HEIGHTS:
        assert len(drawn(made, widths.choice(WIDTHS), height)) <= height


@pytest.mark.parametrize("copies", [3, 300])
def test_no_row_is_wider_than_the_terminal(copies):
    made = busy(5, copies=copies)

    for width in WIDTHS:
        assert max(map(cell_len, drawn(made, width, 30))) <= width


def test_no_room_is_no_picture():
    assert rows(busy(3), height=0) == []


def test_what_has_no_room_is_counted():
    all_ = rows(busy(20))
    some = rows(busy(20), height=10)

    assert some[:-1] == all_[:9]
    assert some[-1].strip() == f"… {len(all_) - 9} more lines"


def test_what_fits_exactly_is_shown_whole():
    all_ = rows(busy(20))

    assert rows(busy(20), height=len(all_)) == all_


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_number_of_a_trial_is_there_though_its_name_is_cut(width):
    row = lane(board(trial(cell=f"crash @ {'very ' * 40}long", number=17)), width=width)

    assert "… #17 " in row.plain[:width]


def test_a_terminal_of_40_columns_shows_copies_too():
    made = board(trial(), serving(), waits("1 of 1 still missing", at_s=5.0, allowed_s=30.0))

    assert "a●" in drawn(made, 40, 20)[-1]
    assert "5 of 30 s" in drawn(made, 40, 20)[-1]


def test_bars_are_as_long_as_what_is_done():
    made = board(trial("t001"), *(planned(f"t00{n}", number=n) for n in (2, 3, 4)), ended("t001"))

    assert rows(made)[0].count("━") == 40
    assert [str(s.style) for s in next(lines(made, 10.0, 100, 50)).spans if s.end - s.start in (10, 30)] == [
        "cyan",
        "bright_black",
    ]


# -- what is in it -------------------------------------------------------------------------------------------------


def test_what_is_finished_is_folded_into_one_line():
    done = [(f"crash @ arm {n}", f"t{n}") for n in range(3)] + [("hang @ web", "t9")]
    made = board(*[x for cell, t in done for x in (trial(t, cell), ended(t))], planned("u1", "next @ web"))

    assert rows(made)[1:] == ["   ✓ 4 arms done: crash, hang"]


def test_what_still_runs_or_is_still_to_come_is_not_folded():
    made = board(trial("t001"), ended("t001"), trial("t002"), planned("t003", "hang @ web"))

    assert "done" not in "".join(rows(made)[1:])


def test_a_scenario_s_trials_stand_together_beneath_its_name():
    made = board(
        planned("u1", "hang @ b", 2),
        planned("u2", "hang @ a", 2),
        *(trial("t001", "crash @ a"), trial("t002", "hang @ b"), trial("t003", "hang @ a"), ended("t001")),
    )

    assert [" ".join(row.split()) for row in rows(made)[1:]] == [
        "✓ 1 arm done: crash",
        "hang small, 0 of 4",
        "a #1",
        "b #1",
    ]


def test_each_copy_has_its_letter_and_how_it_is():
    states = ["created", "serving", "silent", "refused", "died"]
    row = lane(board(trial(), *[copy(what, f"copy {n}") for n, what in enumerate(states)]), width=200)

    assert "a… b● c○ d! e✗" in row.plain


def test_where_there_are_too_many_copies_the_newest_are_shown_and_how_many_serve():
    row = lane(board(trial(), *[serving(f"copy {n}") for n in range(100)]), width=80).plain

    assert "100● " in row
    assert "cv●" in row
    assert "a● b●" not in row


def test_requests_that_failed_are_to_be_seen():
    sent = [(8.1, ""), (8.2, ""), (8.6, ""), (8.7, "timeout"), (9.1, "timeout"), (9.2, "503")]
    row = lane(board(trial(), *[request(at_s, error) for at_s, error in sent]))
    at = row.plain.index("██✗")
    colours = {row.plain[s.start : s.end]: str(s.style) for s in row.spans if at <= s.start < at + 3}
    (half,) = [str(s.style) for s in row.spans if s.start == at + 1 == s.end - 1]

    assert half == "red"
    assert colours["✗"] == "red"
    assert [str(s.style) for s in row.spans if s.start == at == s.end - 1] == ["green"]


def test_a_client_that_gets_nothing_any_more_shows_as_a_gap():
    row = lane(board(trial(), request(6.0), request(9.9)))

    assert f"█{' ' * 6}█" in row.plain


def test_what_was_done_stands_behind_the_copies():
    assert "a✗ ⚡crash" in lane(board(trial(), copy("died"), acted("crash", victims=("one",)))).plain


# -- who answers ---------------------------------------------------------------------------------------------------


def answered(*more, **counts):
    """Three copies serve, a client asks, and so many requests were answered by each."""
    sent = [request(2.0 + n / 100, by=f"i-{who}") for who, many in counts.items() for n in range(many)]
    copies = [serving(name) for name in ("one", "two", "three")]
    return board(trial(), *copies, asking(1.9), acted("ask", 2.0), *sent, *more)


def test_as_long_as_a_client_asks_undisturbed_each_copy_has_a_bar_of_its_answers():
    assert "c●  a█16 b▄8 c▁2 " in lane(answered(one=16, two=8, three=2)).plain
    assert "c●  a█9 b 0 c 0 " in lane(answered(one=9)).plain


@pytest.mark.parametrize(
    "then",
    [acted("crash", 5.0, id_="r5", victims=("one",)), asked(9, 5.0)],
    ids=["something is done", "the client ends"],
)
def test_then_it_is_shown_when_nobody_answers(then):
    row = lane(answered(then, one=3, two=3, three=3), now_s=6.0).plain

    assert "a█3" not in row
    assert f"c●{' ' * 12}█" in row


@pytest.mark.parametrize("many", [1, 10])
def test_one_copy_has_no_share_and_many_have_no_room(many):
    made = board(trial(), *[serving(f"c{n}") for n in range(many)], asking(), request(2.0, by="i-c0"))

    assert "█1" not in lane(made).plain


# -- how many serve ------------------------------------------------------------------------------------------------


def grown(*more):
    """One copy serves; somebody asks for eight, which come one by one from 12 s on."""
    copies = [serving(f"c{n}", 11.0 + n) for n in range(1, 8)]
    return board(trial(), serving("c0"), acted("update to eight", 10.2, sent_s=10.0), *copies, *more)


def test_after_an_act_upon_no_copy_it_is_shown_how_many_serve_since():
    assert "▁▁▂▃▄▅▆▇██ 8" in lane(grown(), now_s=20.0).plain
    assert "▁▁▁▁▂▂▂▃▃▄▄▄▅▅▆▆▇▇▇█████ 8" in lane(grown(), now_s=20.0, width=140).plain


def test_a_load_is_shown_with_its_rate_until_it_ends():
    load = "t001", replace(asking(10.0, per_s=5)[1], client="ask (judged=False)", judged=False)
    ends = "t001", replace(asked(9, 30.0)[1], client="ask (judged=False)")
    more = [serving("one"), load, serving("two", 15.0), serving("three", 20.0)]

    assert "▄▄▄▄▄█████ 2, 5/s" in lane(board(trial(), *more[:3]), now_s=20.0).plain
    row = lane(board(trial(), *more, copy("gone", "three", 35.0), ends), now_s=40.0).plain
    assert "▃▆▆█████▆▆ 2 " in row


def test_of_many_copies_it_is_shown_how_they_come():
    made = board(trial(), *[serving(f"c{n}", 1.0 + n / 10) for n in range(80)])

    assert "·▁▂▃▄▅▆▇██ 80" in lane(made, now_s=9.0, width=100).plain


@pytest.mark.parametrize("width", WIDTHS)
def test_no_chart_is_wider_than_its_lane(width):
    made = [answered(one=99, two=99, three=99), grown(waits("8 copies that serve; 7 do", at_s=19.0, allowed_s=60.0))]

    for one in made:
        assert max(map(cell_len, drawn(one, width, 30))) <= width


def test_what_is_missing_stands_beside_how_long_it_was_waited_for():
    row = lane(
        board(trial(), waits("1 of 3 still missing", at_s=8.0, waited_s=3.0, allowed_s=20.0)), now_s=11.0
    ).plain

    assert "1 of 3 missing" in row
    assert row.rstrip().endswith("6 of 20 s")


def test_where_there_is_room_it_is_said_that_it_is_missing_and_never_twice():
    made = [board(trial(), waits(missing)) for missing in ("a copy that serves", "1 of 3 still missing")]

    assert "  still missing: a copy that serves " in lane(made[0], width=140).plain
    assert "  a copy that serves " in lane(made[0], width=80).plain
    assert "  1 of 3 missing " in lane(made[1], width=80).plain
    assert lane(made[1], width=140).plain.count("still missing") == 1


def test_waiting_longer_than_it_may_take_fills_the_bar_and_no_more():
    made = board(trial(), waits("a copy", at_s=1.0, allowed_s=2.0))

    assert lane(made, now_s=500.0).plain.count("━") == 12


def test_a_clock_that_is_behind_a_line_shows_no_negative_times():
    made = board(trial(), waits("a copy", at_s=50.0, allowed_s=20.0), opening("x", 60.0))

    assert "-" not in "".join(rows(made, now_s=10.0))


# -- on a terminal -------------------------------------------------------------------------------------------------


def shown(file=None, width: int = 80, height: int = 24):
    file = file or Tty()
    return Live(Console(file=file, width=width, height=height)), file


def put(view, made, *news):
    view.compose(made, list(news), 10.0)
    view.put()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
@pytest.mark.parametrize("colours", [None, "truecolor"])
def test_news_scroll_by_above_a_picture_that_stands_still(width, height, colours):
    file = Tty()
    view = Live(Console(file=file, width=width, height=height, color_system=colours, force_terminal=True))
    for number in range(3):
        put(view, busy(4), Text(f"news {number}"))
    seen = file.screen(width, height)

    assert seen[:3] == ["news 0", "news 1", "news 2"]
    assert "0 of 4 trials" in seen[3]
    assert sum("trials" in row for row in seen) == 1
    assert sum("#" in row for row in seen) == 4
    assert ("\x1b[38;5" in file.getvalue() or "\x1b[32m" in file.getvalue()) is (colours is not None)


def test_the_cursor_is_back_when_the_picture_is_taken_away():
    view, file = shown()
    put(view, busy(3))
    assert file.getvalue().rindex("\x1b[?25l") > file.getvalue().rfind("\x1b[?25h")

    view.rest()
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_another_size_begins_on_a_clean_screen_with_what_was_told():
    text = "told before"
    view, file = shown()
    put(view, busy(3), Text(text))
    before = len(file.getvalue())
    view._console.size = (40, 24)
    put(view, busy(3))
    again = file.getvalue()[before:]

    assert "\x1b[2J" in again
    assert again.index(text) > again.index("\x1b[2J")


def test_a_size_that_changed_while_there_was_no_picture_wipes_nothing_away():
    view, file = shown()
    put(view, busy(3))
    view.rest()
    view._console.size = (40, 24)
    put(view, busy(3))

    assert "\x1b[2J" not in file.getvalue()


def test_of_what_was_told_only_a_screenful_is_told_again():
    view, file = shown()
    put(view, busy(3), *[Text(f"line {n};") for n in range(100)])
    view._console.size = (40, 10)
    put(view, busy(3))

    assert [n for n in range(100) if file.getvalue().count(f"line {n};") > 1] == list(range(90, 100))


# -- whether it is wanted ------------------------------------------------------------------------------------------


def test_a_picture_moves_on_a_terminal():
    assert moving(Console(file=Tty()))


@pytest.mark.parametrize(
    ("name", "value"), [("NO_COLOR", "1"), ("CI", "true"), ("TERM", "dumb"), ("TERM", "unknown")]
)
def test_nothing_moves_where_it_is_not_wanted(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    assert not moving(Console(file=Tty()))


@pytest.mark.parametrize("force", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_nothing_moves_in_a_file_or_a_pipe_though_it_may_have_colours(monkeypatch, force):
    for name, value in force.items():
        monkeypatch.setenv(name, value)

    assert not moving(Console(file=io.StringIO()))


def test_a_variable_that_is_empty_says_nothing(monkeypatch):
    monkeypatch.setenv("CI", "")

    assert moving(Console(file=Tty()))
