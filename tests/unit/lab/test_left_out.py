"""When does the copy that was acted upon get its last request, while others are asked on?"""

from __future__ import annotations

import pytest

from harness.lab.questions import LeftOut
from harness.lab.questions.left_out import ENOUGH, QUIET_S
from harness.model.verdict import NotShown
from tests.support.lines import acted, looked, request, serving
from tests.support.trials import seen

ASK = LeftOut()
BEGIN = [serving("a", 0.5), serving("b", 0.5)]
HIT = acted("unready", 3.1, sent_s=3.0, victims=("a",), leaves="refuses")


def asked(until_s, *, a_until_s, per_s=20, by="b", begin_s=1.0):
    """In turn until one of them gets no more; from then on it is all the other one's."""
    times = [begin_s + n / per_s for n in range(int((until_s - begin_s) * per_s) + 1)]
    turns = [("a", "b")[n % 2] if t <= a_until_s else by for n, t in enumerate(times)]
    return [request(round(t, 3), by=f"i-{who}") for t, who in zip(times, turns, strict=True)]


def test_it_is_left_out_when_others_were_asked_often_enough_since():
    story = seen(*BEGIN, *asked(9.0, a_until_s=5.0), HIT)
    assert ASK.missing(story) == ""
    assert ASK.answer(story).each_s == pytest.approx((2.0,))
    assert ASK.took_s(story) == pytest.approx(2.0)


def test_so_long_it_has_to_be_quiet():
    assert ASK.quiet_s == QUIET_S
    story = seen(*BEGIN, *asked(7.9, a_until_s=5.0), HIT)
    assert ASK.missing(story) == "an end of its requests"
    assert ASK.answer(story) is None


def test_a_copy_that_is_asked_on_is_not_left_out():
    assert ASK.answer(seen(*BEGIN, *asked(30.0, a_until_s=30.0), HIT)) is None


def test_that_nobody_is_asked_at_all_leaves_it_open():
    story = seen(*BEGIN, *asked(5.0, a_until_s=5.0), HIT, looked(30.0))
    assert ASK.missing(story) == f"{ENOUGH} more answers of the others"
    with pytest.raises(NotShown, match=f"only 0 of {ENOUGH}") as open_:
        ASK.answer(story)
    assert open_.value.reason == "nobody-asked"


def test_what_nobody_answered_reached_nobody():
    nobody = [request(5.1 + n / 20, "timeout") for n in range(100)]
    story = seen(*BEGIN, *asked(5.0, a_until_s=5.0), *nobody, HIT)
    assert ASK.missing(story) == f"{ENOUGH} more answers of the others"


def test_who_got_no_request_before_cannot_be_left_out():
    story = seen(*BEGIN, *asked(9.0, a_until_s=0.0), HIT)
    assert ASK.missing(story) == "the victim got no request before the act"
    with pytest.raises(NotShown, match="no request before") as open_:
        ASK.answer(story)
    assert open_.value.reason == "not-steady"


def test_of_a_victim_that_never_served_nobody_knows_as_whom_it_answers():
    with pytest.raises(NotShown, match="nobody knows as whom"):
        ASK.answer(seen(BEGIN[1], *asked(9.0, a_until_s=5.0), HIT))


def test_who_gets_none_from_the_act_on_was_left_out_at_once():
    assert ASK.answer(seen(*BEGIN, *asked(9.0, a_until_s=2.9), HIT)).each_s == (0.0,)


def test_it_says_what_came_of_it():
    assert ASK.label == "left out"
    assert ASK.sentence(None) == "it kept getting requests"
    assert (
        ASK.sentence(ASK.answer(seen(*BEGIN, *asked(9.0, a_until_s=5.0), HIT)))
        == "its last request came after 2.0 s (once)"
    )
