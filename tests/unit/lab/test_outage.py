"""For how long did nobody get an answer?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.lab.questions import Outage
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, asking, request
from tests.support.trials import seen

ASK = Outage()
HIT = acted("stop node", 1.1, sent_s=1.0)


def asked(answers, begin_s=1.0):
    """A tenth of a second apart: a dot was answered, the others failed."""
    errors = {".": "", "r": "refused", "t": "timeout", "5": "503"}
    sent = [request(round(begin_s + n / 10, 3), errors[a]) for n, a in enumerate(answers)]
    return seen(HIT, asking(0.5), *sent)


SETTLED = "." * 11


@pytest.mark.parametrize(
    ("answers", "longest"),
    [
        (".r.", 0.1),
        (".rt5.", 0.3),
        (".r..tt.", 0.2),
        ("r.", 0.1),
        ("rrrr.r.", 0.4),
    ],
)
def test_an_outage_is_from_the_first_failed_to_the_next_successful_sending(answers, longest):
    story = asked(answers + SETTLED)
    assert ASK.missing(story) == ""
    assert ASK.answer(story).each_s == pytest.approx((longest,))


def test_it_is_not_over_before_requests_were_answered_again_for_a_while():
    assert ASK.missing(asked(".rr....")) == "answers again"
    assert ASK.answer(asked(".rr....")) is None
    assert ASK.missing(asked(".rr")) == "answers again"


def test_one_without_an_end_is_not_shown():
    with pytest.raises(NotShown, match="the last requests failed") as open_:
        ASK.answer(asked("..rr"))
    assert open_.value.reason == "still-away"


def test_where_every_request_was_answered_there_was_none():
    assert ASK.missing(asked(SETTLED)) == "a request that fails"
    assert ASK.answer(asked(SETTLED)) is None
    assert ASK.sentence(None) == "every request was answered"


def test_what_failed_before_the_receipt_is_another_one():
    assert ASK.answer(asked("rrr." + SETTLED, begin_s=0.5)) is None


def test_requests_are_taken_in_the_order_of_sending_and_not_of_coming_back():
    late = seen(HIT, request(1.2), request(1.1, "timeout"), *(request(1.3 + n / 10) for n in range(12)))
    assert ASK.answer(late).each_s == pytest.approx((0.1,))


def test_its_resolution_is_the_clients():
    client = asking(0.5)[0], replace(asking(0.5)[1], resolution_s=0.105)
    story = seen(HIT, client, request(1.1, "refused"), *(request(1.3 + n / 10) for n in range(12)))
    assert ASK.answer(story).resolution_s == 0.105


def test_it_says_what_came_of_it():
    assert ASK.label == "outage"
    assert ASK.sentence(Span((0.4,))) == "nobody was answered for 0.4 s (once)"
