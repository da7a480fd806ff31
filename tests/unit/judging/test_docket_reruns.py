"""Trials whose watching turned out too short are asked for once more, and only those."""

from __future__ import annotations

from harness import engine
from tests.support.hearing import Hearing
from tests.support.trials import away, back, cell, cut_off, returns, small

TESTED, BLANK, STANDARD, OTHER = (cell(name, engine) for name in ("tested", "blank", "standard", "other"))
SLOW = back(3.0)
"""Five times as long as this took is 15 s."""

ENDED = [(STANDARD, SLOW), (BLANK, back())]


def lab(*more):
    made = small()
    for id_, tested in reversed((("c", TESTED), *more)):  # as decorators are applied
        made.claim(id_, tested=tested, blank=BLANK, standard=STANDARD)(returns)
    return made


def test_what_was_watched_for_too_short_a_time_is_asked_for_once_more_and_then_told():
    of = Hearing(lab(), wanted=2)
    filed = [(TESTED, away())] * 2
    assert of.told(*filed, *ENDED, (STANDARD, back()), (BLANK, back())) == [[]] * 6
    assert of.again() == [("tested", 1), ("tested", 2)]
    for number in (1, 2):
        of.rerun(TESTED, number, out_of=2)
    assert of.told((TESTED, away(15.0)), (TESTED, away(15.0))) == [[], ["c REFUTED"]]
    assert of.again() == []
    assert of.docket.wanted["small"][TESTED.cell] == 2


def test_it_is_asked_for_as_long_as_nobody_has_planned_it():
    of = Hearing(lab())
    of.told((TESTED, away()), *ENDED)
    assert of.again() == [("tested", 1)]
    assert of.settled() == []
    assert of.again() == [("tested", 1)]


def test_it_says_why():
    of = Hearing(lab())
    of.told((TESTED, away()), *ENDED)
    assert str(of.docket.again[0].why) == "window-too-short: restored was watched for 10.1 of 15.0 s"


def test_only_those_that_were_too_short_are():
    of = Hearing(lab(), wanted=2)
    of.told((TESTED, away()), (TESTED, away(16.0)), *ENDED, (STANDARD, back()), (BLANK, back()))
    assert of.again() == [("tested", 1)]


def test_where_it_came_once_nothing_is_run_again_that_could_hide_that_it_did_not_elsewhere():
    of = Hearing(lab(), wanted=2)
    filed = [(TESTED, away()), (TESTED, back()), *ENDED, (STANDARD, back()), (BLANK, back())]
    assert of.told(*filed)[-1] == ["c INCONCLUSIVE"]
    assert of.docket.verdicts["c"].reason == "trials-differ"
    assert of.again() == []


def test_nor_is_what_broke_off():
    of = Hearing(lab())
    of.told((TESTED, cut_off()), *ENDED)
    assert of.settled(over=True) == ["c INCONCLUSIVE"]
    assert of.again() == []


def test_after_two_times_it_is_left_open():
    of = Hearing(lab())
    of.told((TESTED, away()), *ENDED)
    for _ in range(2):
        assert of.again() == [("tested", 1)]
        of.rerun(TESTED, 1)
        told = of.told((TESTED, away()))
    assert told == [["c INCONCLUSIVE"]]
    assert of.docket.verdicts["c"].reason == "window-too-short"
    assert of.again() == []


def test_with_no_repetitions_it_is_told_at_once():
    of = Hearing(lab(), reruns=0)
    assert of.told((TESTED, away()), *ENDED) == [[], [], ["c INCONCLUSIVE"]]


def test_two_claims_that_rest_on_one_cell_ask_for_it_once():
    of = Hearing(lab(("d", TESTED)))
    of.told((TESTED, away()), *ENDED)
    assert of.again() == [("tested", 1)]
    of.rerun(TESTED, 1)
    assert of.told((TESTED, away(15.1))) == [["c REFUTED", "d REFUTED"]]


def test_a_claim_waits_for_its_reruns_and_another_one_does_not():
    of = Hearing(lab(("d", OTHER)))
    of.told((TESTED, away()), (OTHER, away(16.0)), *ENDED)
    assert list(of.docket.settled) == ["d"]
    assert of.again() == [("tested", 1)]
    of.rerun(TESTED, 1)
    assert of.settled() == []
