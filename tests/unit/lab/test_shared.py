"""Does each copy get a fair part of the requests?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Shared, Sharing
from harness.lab.questions.shared import fair
from harness.model.verdict import NotShown
from tests.support.lines import acted, request
from tests.support.trials import seen

ASK = Shared(300, 3)


def asked(counts, errors=None):
    """So many answers of each, and so many that failed in each way."""
    by = [who for who, count in counts.items() for _ in range(count)]
    failed = [error for error, count in (errors or {}).items() for _ in range(count)]
    sent = [request(n / 100, by=who) for n, who in enumerate(by)]
    return seen(acted(at_s=0.0), *sent, *(request(n / 100, error) for n, error in enumerate(failed, len(by))))


@pytest.mark.parametrize(
    ("counts", "errors", "copies", "found"),
    [
        ({"a": 150, "b": 100, "c": 50}, {}, 3, 3),
        ({"a": 151, "b": 100, "c": 49}, {}, 3, 2),
        ({"a": 300}, {}, 3, 1),
        ({"a": 300}, {}, 1, 1),
        ({"a": 100, "b": 100, "c": 99}, {"timeout": 301}, 3, 2),  # the others of the 600 were not answered
        ({"a": 49, "b": 49, "c": 49}, {"refused": 153}, 3, 0),
        ({"a": 100, "": 200}, {}, 3, 1),  # who did not say its name is nobody
        ({}, {"resolve": 300}, 3, 0),
    ],
)
def test_a_fair_part_is_half_of_an_even_share_of_all_that_were_sent(counts, errors, copies, found):
    assert fair(asked(counts, errors), copies) == found


def test_an_answer_with_an_error_is_none():
    erring = seen(
        acted(at_s=0.0), *(request(n / 100, "503" if n % 3 == 0 else "", by="abc"[n % 3]) for n in range(300))
    )
    assert fair(erring, 3) == 2


def test_it_waits_for_as_many_requests_as_were_asked_for():
    few = asked({"a": 100, "b": 100, "c": 50})
    assert ASK.missing(few) == "50 of 300 requests"
    assert ASK.answer(few) is None
    assert ASK.hopeless(few) == ""


def test_where_all_got_their_part_it_is_shared():
    all_ = asked({"a": 100, "b": 100, "c": 100})
    assert ASK.missing(all_) == ""
    assert ASK.answer(all_) == 3
    assert ASK.took_s(all_) == 0.0


def test_where_one_got_all_of_enough_there_is_nothing_more_to_wait_for():
    stuck = asked({"a": 300})
    assert ASK.missing(stuck) == "a fair part for 2 of 3 copies"
    assert ASK.answer(stuck) is None
    assert ASK.hopeless(stuck) == "all requests were sent"


def test_it_says_what_came_of_it():
    assert ASK.label == "300 requests shared by 3 copies"
    assert ASK.sentence(3) == "all 3 answered"
    assert ASK.sentence(None) == "not all 3 answered"


# -- for judges


def test_judges_are_told_how_many_got_a_fair_part():
    assert Sharing(3).answer(asked({"a": 100, "b": 100, "c": 100})) == 3
    assert Sharing(3).answer(asked({"a": 300})) == 1
    assert Sharing(3).missing(asked({})) == ""


def test_a_name_that_leads_to_nobody_is_shared_by_none():
    assert Sharing(3).answer(asked({}, {"resolve": 300})) == 0


@pytest.mark.parametrize("errors", [{"refused": 300}, {"timeout": 300}, {"resolve": 150, "refused": 150}])
def test_that_nobody_answers_for_another_reason_is_not_that_the_name_leads_to_nobody(errors):
    with pytest.raises(NotShown) as open_:
        Sharing(3).answer(asked({}, errors))
    assert open_.value.reason == "nobody-answered"


def test_fewer_requests_tell_nothing():
    with pytest.raises(NotShown, match="299 of 300") as open_:
        Sharing(3).answer(asked({"a": 299}))
    assert open_.value.reason == "too-few-requests"
    assert Sharing(3, requests=299).answer(asked({"a": 299})) == 1
