"""Do containers write their lines in the order that was declared?"""

from __future__ import annotations

import pytest

from harness.lab.questions import InOrder, Order
from harness.model.verdict import NotShown
from tests.support.lines import acted, wrote
from tests.support.trials import seen

STAGES = ("one begins",), ("one ends",), ("two", "hook")
ASK = InOrder(STAGES)
HIT = acted("listen", 10.0)


def written(**at_s):
    lines = {"a": "one begins", "b": "one ends", "c": "two instance=1", "d": "hook"}
    return seen(HIT, *(wrote(lines[name], at) for name, at in at_s.items()))


@pytest.mark.parametrize(
    "now", [written(a=1, b=2, c=3, d=4), written(a=1, b=2, d=3, c=4), written(d=9, c=8, b=7, a=6)]
)
def test_each_stage_comes_after_the_one_before_and_within_it_there_is_none(now):
    """Whenever they were read."""
    assert ASK.answer(now) is True
    assert (ASK.missing(now), ASK.hopeless(now)) == ("", "")


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (written(b=2, a=3, c=4, d=5), "'one ends' after 'one begins'"),
        (written(a=1, c=2, b=3, d=4), "'two' after 'one ends'"),
        (written(a=1, d=2, b=3, c=4), "'hook' after 'one ends'"),
    ],
)
def test_another_order_is_none_and_no_longer_waited_for(now, missing):
    assert (ASK.missing(now), ASK.answer(now)) == (missing, None)
    assert ASK.hopeless(now) == "all of it is written, in another order"


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (written(), "the line 'one begins'"),
        (written(c=1, d=1), "the line 'one begins'"),
        (written(a=1, b=2, c=3), "the line 'hook'"),
    ],
)
def test_a_line_that_is_not_there_may_still_come(now, missing):
    assert (ASK.missing(now), ASK.answer(now), ASK.hopeless(now)) == (missing, None, "")


def test_lines_of_the_same_moment_have_no_order_that_could_be_shown():
    with pytest.raises(NotShown, match="nobody can tell 'one ends' after 'one begins'"):
        ASK.answer(written(a=1, b=1, c=2, d=3))
    assert ASK.answer(written(a=1, b=1, c=3, d=0.5)) is None


def test_of_a_line_that_comes_again_the_first_one_counts():
    now = seen(HIT, wrote("one begins", 1.0), wrote("one begins", 9.0), wrote("one ends", 2.0), wrote("two", 3.0),
               wrote("hook", 3.0))  # fmt: skip
    assert ASK.answer(now) is True


def test_how_long_it_took_is_nothing_where_all_was_written_before():
    assert ASK.took_s(written(a=1, b=2, c=3, d=4)) == 0.0
    assert ASK.took_s(written(a=1, b=2, c=3, d=12.5)) == 2.5


def test_judges_are_told_what_was_written_in_which_order():
    assert Order(STAGES).answer(written(a=3, b=2, d=1)) == "hook, one ends, one begins"
    assert Order(STAGES).answer(written()) == "nothing"
    assert ASK.label == "in order: one begins, then one ends, then two and hook"
