"""Charts of trials for a terminal, and where `labs explain` shows them."""

from __future__ import annotations

import pytest

from harness.views import plots
from harness.views.scaled import Load, Scaled, Step
from harness.views.shares import Shares
from tests.unit.views.test_explain import shown

WIDTHS = [40, 80, 200]
BURST = Scaled(
    "ask (per_s=5, judged=False)", (Step(0.0, 1), Step(20.0, 3), Step(50.0, 1)), 60.0, (Load(0.1, 40.0, 5),)
)
UP = Scaled("update to thirty", tuple(Step(n / 4, 3 + n) for n in range(28)), 7.0, ())
SHARES = Shares((("web-1", 96), ("web-2", 104), ("web-3", 102)), 0)


def plain(lines):
    return [line.plain for line in lines]


def test_each_trial_is_a_line_above_one_axis_with_its_load_beneath():
    first, load, second, axis = plain(plots.copies({2: UP, 1: BURST}, 80))

    assert first.startswith("  copies #1  ▁▁▁")
    assert first.endswith("  1 at first, 3 at 20.0 s, 1 at 50.0 s")
    assert load.startswith("  load       ▒▒▒")
    assert load.endswith("  5 a second, 0.1 to 40.0 s")
    assert second.startswith("         #2  ")
    assert "█" in second
    assert axis.split(maxsplit=4) == ["0", "30.0", "60.0", "s", "(0: update to thirty)"]


@pytest.mark.parametrize("width", WIDTHS)
def test_charts_take_the_room_that_there_is(width):
    lines = plain(plots.copies({1: UP}, width))
    bars = plain(plots.shares(SHARES, width))[1:5]

    assert max(map(len, [*lines[:1], *bars])) <= max(width, 64)
    assert max(map(len, bars)) >= min(width, 100)


def test_a_bar_for_each_copy_and_where_an_even_share_falls():
    heading, one, two, three, even, *told = plain(plots.shares(SHARES, 80))

    assert heading == "    302 answers, by copy:"
    assert one.startswith("    web-1      ███")
    assert (one.split()[-1], two.split()[-1], three.split()[-1]) == ("96", "104", "102")
    assert one.count("█") < two.count("█")
    assert "├" in even
    assert even.rstrip().endswith("80 to 122")
    assert one.index("█") < even.index("├") < one.rindex("█") < even.index("┤")
    assert told[0].startswith("    p = 0.84 for even shares (chi-square). What 302 answers do not show: ")
    assert "".join(told).endswith("more often than not.")


def test_names_of_others_are_cut_and_stay_on_their_line():
    lines = plain(plots.shares(Shares((("web\x1b[2J\n" + "x" * 99, 3), ("web-2", 3)), 7), 80))

    assert not {"\x1b", "\n"} & set("".join(lines))
    assert "…" in lines[1]
    assert len(lines[1]) <= 80
    assert "7 requests failed" in "".join(lines)


def test_one_copy_is_all_there_is():
    lines = plain(plots.shares(Shares((("web-1", 300),), 0), 80))

    assert "no p" in lines[3]


def test_explain_shows_who_answered_and_how_many_served():
    text = shown("networking", "docker-network-needs-config")
    assert text.count(" by chance ") == 4
    assert "answers do not show: " in text

    text = shown("setup-and-scale", "docker-few-containers")
    assert "  copies #1  " in text
    assert text.count("(0: up)") == 3
    assert "0 at first, 100 at " in text


def test_other_claims_have_neither():
    text = shown("selfhealing", "docker-no-auto-restart")

    assert "by chance" not in text
    assert "copies #" not in text
