"""The client's view of a copy that was acted upon: until when it got requests, while others were asked on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.model.timeline import Kind
from tests.contract.fake import Policy
from tests.unit.recording import but, reason, record, without

if TYPE_CHECKING:
    from harness.trial import Trial


def one_of_three(how, *, per_s: float = 20.0):
    def do(t: Trial):
        copy, *_ = t.steady(replicas=3)
        t.client(per_s=per_s)
        t.hold(2)
        t.act(how, copy)
        answer = t.left_out(copy, within_s=8.0)
        t.end_clients()
        return answer

    return do


def test_a_copy_that_is_left_out_got_its_last_request_when_it_did():
    made = record(one_of_three(acts.unready), copies=3, policy=Policy(leaves_out_after_s=2.5))

    assert made.answer is True
    assert made.trials.left_out().median_s == pytest.approx(2.5, abs=0.2)
    assert made.trials.watched_for == "left out"
    assert made.pace.slowest_s == pytest.approx(2.5, abs=0.3)


@pytest.mark.parametrize("how", [acts.unready, acts.nothing])
def test_a_copy_that_is_asked_on_was_watched_for_as_long_as_was_declared(how):
    made = record(one_of_three(how), copies=3)

    assert made.answer is False
    assert made.trials.left_out() is None
    assert made.window.number("waited_s") >= 8.0


SOUND = {"copies": 3, "policy": Policy(leaves_out_after_s=2.5)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda e: None if e.who == "client" and e.what == "ends" else e, "client-broke-off"),
        (lambda e: None if e.kind is Kind.REQUEST and 4.0 < e.at_s < 4.3 else e, "client-broke-off"),
        (lambda e: replace(e, at_s=e.at_s + 1.5) if e.kind is Kind.REQUEST and e.at_s > 4.0 else e, "client-silent"),
        (without(Kind.EVENT, "refuses"), "no-receipt"),
        (but(Kind.MARK, "window", {"met": "no"}), "contradiction"),
        (but(Kind.EVENT, "serving", {"instance": "x"}), "not-steady"),
    ],
)
def test_a_falsified_view_of_the_client_opens_the_question(change, expected):
    made = record(one_of_three(acts.unready), **SOUND)

    assert reason(made.falsified(change).left_out) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without(Kind.SAMPLE, "serving"), "too-few-samples"),
        (lambda e: None if e.kind is Kind.SAMPLE and 5.0 < e.at_s < 8.0 else e, "too-few-samples"),
        (but(Kind.MARK, "window", {"waited_s": "7.9"}), "window-too-short"),
        (but(Kind.MARK, "window", {"met": "yes"}), "contradiction"),
    ],
)
def test_that_a_copy_is_asked_on_is_said_only_where_it_was_looked_at_all_the_while(change, expected):
    made = record(one_of_three(acts.unready), copies=3)

    assert made.trials.left_out() is None
    assert reason(made.falsified(change).left_out) == expected


def test_a_client_that_asks_too_seldom_shows_nobody_left_out():
    made = record(one_of_three(acts.unready, per_s=2.0), **SOUND)

    assert made.answer is False
