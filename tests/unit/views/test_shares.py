"""How many requests each copy answered, beside what chance makes of even shares."""

from __future__ import annotations

import pytest

from harness.journal import recorded
from harness.judging import catalog, findings, register
from harness.lab.questions import Number, Shared
from harness.lab.timeline import Step, Timeline
from harness.views.shares import LACKING, NAMELESS, Shares, shares
from tests.support.lines import acted, copy, request, serving, window

ASK = Shared(300, 3)


def timeline(counts, errors=0, *, copies=("a", "b", "c"), late=()):
    """So many answers of each, until the window closed; then some more."""
    up, asks = acted("up", 0.5, id_="r1"), acted("ask", 2.0, id_="r2")
    answers = [by for by, n in counts.items() for _ in range(n)]
    sent = [request(3.0 + n / 100, by=by) for n, by in enumerate(answers)]
    sent += [request(9.0 + n / 100, "timeout") for n in range(errors)]
    there = [serving(name, 1.0, name=f"web-{name}") for name in copies]
    lines = [up, *there, asks, *sent, window(ASK.label, 12.0, id_="r3", since="r2"), *late]
    entries = tuple(one for _, one in lines)
    places = {"r1": 0, "r2": 1 + len(there), "r3": 2 + len(there) + len(sent)}
    steps = {id_: Step(entries[n], n, ASK if id_ == "r3" else None) for id_, n in places.items()}
    return Timeline(entries, 1, steps, None)


EVEN = {"i-a": 96, "i-b": 104, "i-c": 102}


def test_each_copy_s_answers_are_counted_until_the_window_closed():
    found = shares(timeline(EVEN, errors=4, late=[request(13.0, by="i-a")]))

    assert found == Shares((("web-a", 96), ("web-b", 104), ("web-c", 102)), failed=4)
    assert (found.answered, round(found.even, 1)) == (302, 100.7)
    assert [round(n) for n in found.band] == [80, 122]
    assert found.p == "p = 0.84"
    assert found.words == (
        "of 302 answers: web-a 96, web-b 104, web-c 102; an even share is 101, by chance 80 to 122; p = 0.84; "
        "4 requests failed"
    )


def test_what_so_few_answers_cannot_tell_is_said():
    assert shares(timeline(EVEN)).unseen == (
        "What 302 answers do not show: a copy that really gets anything from 26 to 40 % of them, instead of 33 %, "
        "lies within that range more often than not."
    )
    assert "from 11 to 56 %" in Shares((("a", 10), ("b", 10), ("c", 10)), 0).unseen


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        ({"i-a": 100, "i-b": 100, "i-c": 100}, "p = 1.00"),
        ({"i-a": 121, "i-b": 100, "i-c": 79}, "p = 0.012"),
        ({"i-a": 300}, "p < 0.001"),
        ({}, "no p"),
    ],
)
def test_p_is_told_as_closely_as_it_says_anything(counts, p):
    assert shares(timeline(counts)).p == p


def test_a_copy_that_never_answered_is_there_too():
    assert shares(timeline({"i-b": 300})).each == (("web-a", 0), ("web-b", 300), ("web-c", 0))


def test_where_fewer_serve_than_were_to_share_the_others_got_nothing():
    found = shares(timeline({"i-a": 300}, copies=("a",)))

    assert found.each == (("web-a", 300), (LACKING, 0), (LACKING, 0))
    assert [round(n) for n in found.band] == [79, 121]


def test_answers_of_nobody_who_serves_are_counted_too():
    found = shares(timeline({"i-a": 1, "i-gone": 2, "": 3}, copies=("a",)))

    assert found.each == (("web-a", 1), (NAMELESS, 3), ("i-gone", 2))


def test_one_copy_alone_has_no_share_to_compare():
    alone = Shares((("web-a", 300),), 0)

    assert (alone.p, alone.band) == ("no p", (300.0, 300.0))


def test_where_nobody_answered_nothing_is_divided_by_it():
    none = shares(timeline({}, errors=300))

    assert (none.answered, none.most, none.p) == (0, 1.0, "no p")
    assert none.words.startswith("of 0 answers: ")
    assert "0 answers" in none.unseen


def test_a_trial_that_asked_something_else_has_none():
    steps = {"r1": Step(window()[1], 1, Number(1))}

    assert shares(Timeline((copy("died")[1],), 1, steps, None)) is None
    assert shares(Timeline((), 1, {}, None)) is None


def test_of_a_recorded_run_compose_leads_to_all_three_and_its_port_to_one():
    run, lab = recorded(catalog.FOLDER / "recorded" / "networking"), catalog.lab("networking")
    _, docket = findings.judge([lab], run.lines, register.load(catalog.REGISTER))
    every = docket.recorded(lab.name).timelines

    for trial in every["from inside @ Compose of three"]:
        low, high = shares(trial).band
        assert all(low <= n <= high for _, n in shares(trial).each)
    for trial in every["from outside @ Compose of three"]:
        assert sorted(n > 0 for _, n in shares(trial).each) == [False, False, True]
        assert shares(trial).p == "p < 0.001"
