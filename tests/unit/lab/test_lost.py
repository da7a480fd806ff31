"""What became of the requests that were under way?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Losses, Lost
from harness.model.verdict import NotShown
from tests.support.lines import acted, request
from tests.support.trials import seen

HIT = acted("update to 2", 10.1, sent_s=10.0)


def under_way(errors, begin_s=10.0, took_s=0.0):
    """A tenth of a second apart: a dot was answered."""
    kinds = {".": "", "r": "refused", "x": "reset", "t": "timeout"}
    return [request(round(begin_s + n / 10, 3), kinds[e], took_s=took_s) for n, e in enumerate(errors)]


def test_those_that_failed_are_counted_by_how_they_did():
    found = Lost(6).answer(seen(HIT, *under_way("..r.xr.")))
    assert (found.sent, found.kinds, found.lost) == (7, (("refused", 2), ("reset", 1)), 3)
    assert str(found) == "3 of 7 requests were lost, 42.9%: 2 refused, 1 reset"


def test_one_that_was_sent_before_and_answered_after_was_under_way():
    story = seen(HIT, *under_way("x.", begin_s=8.5, took_s=2.0), *under_way("x", begin_s=7.0, took_s=2.0))
    assert Lost(2).answer(story) == Losses(2, (("reset", 1),))


@pytest.mark.parametrize(("sent", "missing"), [(4, "6 more requests"), (9, "1 more request"), (10, ""), (11, "")])
def test_too_few_say_nothing(sent, missing):
    story = seen(HIT, *under_way("." * sent))
    assert Lost(10).missing(story) == missing
    assert (Lost(10).answer(story) is None) == bool(missing)


def test_none_is_told_with_what_the_number_leaves_open():
    assert str(Losses(2000, ())) == "none of 2,000 requests was lost (fewer than 0.15%, 95 of 100 times)"


def test_trials_are_added_up_where_they_agree_on_whether_any_was_lost():
    assert Losses.of_all([Losses(10, (("reset", 1),)), Losses(20, (("refused", 2), ("reset", 2)))]) == Losses(
        30, (("reset", 3), ("refused", 2))
    )
    assert Losses.of_all([Losses(10, ()), None, Losses(5, ())]) == Losses(15, ())
    with pytest.raises(NotShown, match=r"none of 10 requests was lost.*1 of 10 requests were lost"):
        Losses.of_all([Losses(10, ()), Losses(10, (("reset", 1),))])
    with pytest.raises(NotShown, match="nobody asked"):
        Losses.of_all([None])
