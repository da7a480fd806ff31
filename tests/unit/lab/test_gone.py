"""When is nothing left of all that was there?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Gone
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving
from tests.support.trials import seen

TWO = [serving("a", 1.0), copy("created", "b", 1.5), acted("down", 2.1, sent_s=2.0)]


def test_all_that_was_ever_seen_has_to_go_whether_or_not_it_served():
    left = [*TWO, copy("gone", "a", 3.0)]
    assert (Gone().missing(seen(*TWO)), Gone().missing(seen(*left))) == ("the end of 2 copies", "the end of 1 copy")
    assert Gone().answer(seen(*left)) is None
    assert Gone().answer(seen(*left, copy("gone", "b", 4.0, unseen_s=0.5))) == Span((2.0,), 0.5)


@pytest.mark.parametrize("what", ["died", "unready"])
def test_what_has_ended_and_is_still_listed_is_not_gone(what):
    assert Gone().missing(seen(*TWO, copy("gone", "b", 3.0), copy(what, "a", 3.0))) == "the end of 1 copy"


def test_one_that_came_in_the_place_of_another_has_to_go_as_well():
    gone = [copy("gone", "a", 3.0), copy("gone", "b", 3.0)]
    assert Gone().missing(seen(*TWO, *gone, copy("created", "c", 3.5))) == "the end of 1 copy"


def test_where_nothing_ever_was_nothing_can_go():
    assert Gone().missing(seen(TWO[-1])) == "anything that could go"
    assert Gone().answer(seen(TWO[-1])) is None


def test_what_went_before_anybody_asked_for_it_contradicts():
    with pytest.raises(NotShown, match="before down"):
        Gone().answer(seen(serving("a", 1.0), copy("gone", "a", 1.5), TWO[-1]))


def test_it_says_what_came_of_it():
    assert Gone().sentence(Span((1.5,))) == "all were gone after 1.5 s (once)"
    assert Gone().sentence(None) == "not all went"
    assert next(Gone().by_hand("docker ps", 4)) == "# are all gone within 4 s?"
