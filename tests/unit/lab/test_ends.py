"""When did the copies that were acted upon end, and with which code?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Ends
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving
from tests.support.trials import seen

HIT = acted("delete", 6.1, sent_s=1.0, victims=("a", "b"), leaves="ended")
STANDS = [serving("a", 0.5), serving("b", 0.5), serving("c", 0.5)]
KILLED = Ends(137)


def ended(id_, at_s, code=-1, what="died"):
    return copy(what, id_, at_s, code=code, unseen_s=0.2)


BOTH = seen(*STANDS, HIT, ended("a", 6.0, 137), ended("b", 6.5, 137), ended("a", 7.0, 137, "gone"))


def test_it_is_from_the_act_to_the_end_of_the_last_of_them():
    assert KILLED.answer(BOTH) == Ends().answer(BOTH) == Span((5.5,), 0.2)
    assert KILLED.took_s(BOTH) == 5.5


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([], "the end of 2 of 2"),
        ([ended("a", 6.0, 137)], "the end of 1 of 2"),
        ([ended("a", 6.0, 137), ended("c", 6.0, 137)], "the end of 1 of 2"),
        ([ended("a", 0.9, 137), ended("b", 6.0, 137)], "the end of 1 of 2"),
        ([ended("a", 6.0, 137), ended("b", 2.0, 0)], "an end with code 137; it ended with 0"),
        ([ended("a", 6.0, 137), ended("b", 2.0, what="gone")], "an end with code 137; how it ended nobody saw"),
    ],
)  # fmt: skip
def test_each_of_them_has_to_end_with_that_code_and_after_the_act(lines, missing):
    assert KILLED.missing(seen(*STANDS, HIT, *lines)) == missing


def test_an_end_with_another_code_is_an_end_and_ends_no_window_that_waits_for_this_one():
    now = seen(*STANDS, HIT, ended("a", 2.0, 0), ended("b", 2.0, 0))
    assert Ends().answer(now) == Span((1.0,), 0.2)
    assert KILLED.answer(now) is None
    assert KILLED.hopeless(now) == ""


def test_where_nobody_saw_the_code_nothing_is_said_about_it():
    now = seen(*STANDS, HIT, ended("a", 2.0, what="gone"), ended("b", 2.0, 137))
    with pytest.raises(NotShown, match="nobody saw with which code a ended"):
        KILLED.answer(now)
    assert Ends().answer(now) == Span((1.0,), 0.2)


def test_without_a_victim_nobody_knows_whose_end_is_meant():
    assert Ends().missing(seen(*STANDS, acted("delete", 1.0))) == "a copy that was acted upon"


def test_it_is_called_and_told_with_its_code():
    assert (KILLED.label, Ends().label) == ("ends (code=137)", "ends")
    assert KILLED.sentence(Span((5.5,))) == "ended with code 137 after 5.5 s (once)"
    assert Ends().sentence(None) == "it did not end"
