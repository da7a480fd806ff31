"""Charts of block characters."""

from __future__ import annotations

import pytest

from harness.views import blocks
from harness.views.blocks import axis, bar, height, span, steps, top


@pytest.mark.parametrize(("value", "drawn"), [(0, " "), (1, "▁"), (50, "▄"), (51, "▅"), (99, "█"), (100, "█")])
def test_more_is_higher_and_whatever_there_is_is_seen(value, drawn):
    assert height(value, 100) == drawn


@pytest.mark.parametrize(("value", "drawn"), [(0, ""), (10, "█"), (25, "██▌"), (100, "█" * 10)])
def test_a_bar_is_as_long_as_its_number_to_an_eighth(value, drawn):
    assert bar(value, 100, 10) == drawn


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [
        ([(0.0, 3)], "▃" * 10),
        ([(0.0, 8), (5.0, 4)], "█████▄▄▄▄▄"),
        ([(0.0, 0), (9.99, 8)], "·········█"),
        ([(0.0, 0), (10.0, 8)], "·········█"),
        ([(0.0, 8), (5.1, 7), (5.2, 8)], "█████▇████"),
        ([(0.0, 1), (5.1, 8), (5.2, 1)], "▁▁▁▁▁█▁▁▁▁"),
        ([(0.0, 1), (0.1, 2), (0.2, 8)], "█" * 10),
    ],
    ids=["all along", "down", "up at last", "up at the end", "a short dip", "a short peak", "up at once"],
)
def test_a_number_is_as_high_as_it_was_and_no_change_is_lost(changes, drawn):
    assert steps(changes, 10.0, 10, 8) == drawn


@pytest.mark.parametrize(("numbers", "highest"), [([3], 6), ([0], 1), ([3, 30], 30), ([30, 3], 60), ([1, 2, 1], 2)])
def test_what_stays_as_it_was_is_no_full_bar(numbers, highest):
    assert top(numbers) == highest


def test_a_span_lies_where_it_was():
    assert span(5.0, 7.9, 10.0, 10) == "     ▒▒▒"
    assert span(0.0, 0.1, 10.0, 10) == "▒"
    assert span(0.0, 10.0, 10.0, 10) == "▒" * 10


@pytest.mark.parametrize("width", [22, 40, 100])
def test_an_axis_is_as_wide_as_its_chart(width):
    drawn = axis(60.0, width)

    assert len(drawn) == width
    assert (drawn[0], drawn[width // 2 :].split()[0]) == ("0", "30.0")
    assert drawn.endswith(" 60.0 s")


def test_a_narrow_axis_has_no_middle():
    assert axis(60.0, 20) == f"0{'60.0 s':>19}"


def test_every_height_and_length_is_another_one():
    assert len(set(blocks.HEIGHTS)) == len(set(blocks.EIGHTHS)) == 8
