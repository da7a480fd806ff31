"""A run at one moment, from the lines of its journal alone."""

from __future__ import annotations

import pytest

from harness.views.board import BUCKETS, STATES, letter
from tests.unit.lines import CELL, board, end, entry, event, run, trial, wait, wanted


def copies(*lines):
    return [(c.letter, c.state) for c in board(trial(), *lines).lanes["t001"].copies.values()]


def told(made):
    return [(at_s, str(what)) for at_s, what in made.news]


# -- copies --------------------------------------------------------------------------------------------------------


def test_a_copy_that_was_started_again_is_another_one():
    first, second = "c0ffee/10:00:01", "c0ffee/10:00:07"

    assert copies(event("serving", first), event("died", first), event("running", second)) == [
        ("a", "ended"),
        ("b", "starting"),
    ]


def test_a_copy_keeps_its_letter_whatever_happens_to_it():
    seen = [event(what, "one") for what in ("created", "running", "serving", "silent")]

    assert copies(event("serving", "other"), *seen) == [("a", "serving"), ("b", "silent")]


@pytest.mark.parametrize("late", ["serving", "running", "terminating", "exited"])
def test_a_copy_that_ended_stays_so(late):
    assert copies(event("died", "one"), event(late, "one")) == [("a", "ended")]


@pytest.mark.parametrize(("what", "state"), STATES.items())
def test_each_state_follows_from_its_event(what, state):
    assert copies(event(what, "one")) == [("a", state)]


def test_an_event_that_says_nothing_of_how_it_is_leaves_it_as_it_was():
    assert copies(event("waiting", "one")) == [("a", "starting")]
    assert copies(event("serving", "one"), event("unheard of", "one")) == [("a", "serving")]


def test_before_it_is_an_incarnation_there_is_nothing_to_show():
    assert copies(event("created", "-"), event("pending", ""), entry("event", "waiting")) == []


def test_copies_of_two_trials_have_nothing_to_do_with_one_another():
    made = board(trial("t001"), trial("t002"), event("serving", "one"), event("died", "one", trial="t002"))

    assert [lane.copies["one"].state for lane in made.lanes.values()] == ["serving", "ended"]


def test_after_z_comes_aa():
    made = board(trial(), *[event("serving", f"copy {n}") for n in range(703)]).lanes["t001"]
    letters = [copy.letter for copy in made.copies.values()]

    assert len(set(letters)) == 703
    assert [letters[n] for n in (0, 25, 26, 27, 51, 52, 701, 702)] == ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"]
    assert letter(26) == "aa"


# -- what is waited for --------------------------------------------------------------------------------------------


def test_what_is_missing_is_missing_since_it_was_first_waited_for():
    (lane,) = board(trial(), wait("a copy", at_s=12.0, waited_s=2.5, allowed_s=30.0)).waiting()

    assert (lane.missing, lane.since_s, lane.allowed_s) == ("a copy", 9.5, 30.0)


def test_who_waits_longest_comes_first_and_who_waits_for_nothing_not_at_all():
    made = board(
        *(trial(f"t00{n}") for n in (1, 2, 3)),
        wait("a copy", at_s=5.0, trial="t001"),
        wait("a copy", at_s=6.0, waited_s=4.0, trial="t002"),
        wait("a copy", at_s=7.0, trial="t003"),
        wait("", at_s=8.0, trial="t003"),
    )

    assert list(made.waiting()) == [made.lanes["t002"], made.lanes["t001"]]


def test_of_a_trial_that_is_over_nothing_more_is_heard():
    made = board(trial(), end(), wait("a copy", at_s=10.0), event("serving", "one"), end())

    assert (made.lanes, made.over) == ({}, 1)


# -- the client's view ---------------------------------------------------------------------------------------------


def test_requests_are_counted_by_interval():
    sent = [(0.1, "200"), (0.2, "503"), (0.49, "timeout"), (0.5, "204"), (2.0, "http")]
    lane = board(trial(), *[entry("request", what, at_s) for at_s, what in sent]).lanes["t001"]

    assert list(lane.client) == [(0, 1, 2), (1, 1, 0), (4, 0, 1)]


def test_of_the_client_s_view_the_newest_intervals_are_kept():
    lane = board(trial(), *[entry("request", "200", n / 2) for n in range(3 * BUCKETS)]).lanes["t001"]

    assert len(lane.client) == BUCKETS
    assert lane.client[-1] == (3 * BUCKETS - 1, 1, 0)


# -- trials --------------------------------------------------------------------------------------------------------


def test_a_trial_that_ended_is_counted_and_gone():
    made = board(wanted(2), trial("t001"), trial("t002", n=2), end("t001"))

    assert (made.over, made.total, list(made.lanes)) == (1, 2, ["t002"])
    assert made.ended == {("small", CELL): 1}


def test_a_trial_that_broke_is_told_once_with_its_reason():
    made = board(trial(n=3), end(how="broke", why="no copy ever served"), end(how="broke", why="again"))

    assert told(made) == [(9.0, "crash @ web #3: no copy ever served")]


def test_a_trial_that_was_stopped_without_a_word_is_told_too():
    assert told(board(trial(), end(how="stopped"))) == [(9.0, "crash @ web #1: stopped")]


def test_a_trial_that_is_done_is_not_worth_a_line():
    assert told(board(trial(), end())) == []


@pytest.mark.parametrize(("ok", "seen"), [("yes", "crash"), ("no", "crash failed")])
def test_what_was_done_last_is_kept_and_that_it_failed(ok, seen):
    made = board(trial(), entry("act", "hang", 1.0, ok="yes"), entry("act", "crash", 2.0, ok=ok))

    assert made.lanes["t001"].acted == seen


def test_fewer_trials_than_planned_change_the_total():
    made = board(wanted(5), wanted(5, "hang @ web"), wanted(3, at_s=20.0))

    assert made.total == 8
    assert made.wanted == {("small", CELL): 3, ("small", "hang @ web"): 5}


def test_a_lab_is_named_once_however_many_cells_it_has():
    assert board(wanted(1), wanted(1, "b @ c"), wanted(1, lab="other")).labs() == ["small", "other"]


# -- the run -------------------------------------------------------------------------------------------------------


def test_the_run_s_clock_goes_on_with_the_trials_own():
    made = board(trial(began_s=100.0), entry("note", "note", 2.5), wait("a copy", at_s=101.0))

    assert made.now_s == 102.5


def test_a_run_says_what_it_is():
    assert told(board(run(labs=["one", "two"], seed=42))) == [(0.0, "run run-1: one, two, seed 42")]


def test_a_site_is_opening_until_it_is_open():
    opening = {"type": "opening", "at_s": 1.0, "site": "cluster"}
    opened = {"type": "site", "at_s": 4.0, "site": "cluster", "began_s": 1.0, "took_s": 3.0}

    assert board(opening).opening == {"cluster": 1.0}
    assert board(opening, opened).opening == {}
    assert told(board(opening, opened)) == [(4.0, "cluster opened in 3.0 s")]


def test_a_site_that_did_not_open_is_not_told_as_open():
    made = board({"type": "site", "at_s": 4.0, "site": "cluster", "began_s": 1.0, "took_s": 3.0, "why": "no room"})

    assert (told(made), made.opening) == ([], {})


@pytest.mark.parametrize(
    ("left", "said"),
    [([], "everything removed in 1.2 s"), (["x"], "not everything could be removed, tried for 1.2 s")],
)
def test_what_became_of_the_clean_up_is_told(left, said):
    assert told(board({"type": "removed", "at_s": 50.0, "took_s": 1.2, "left": left})) == [(50.0, said)]


def test_lines_of_a_kind_that_is_not_known_are_passed_over():
    made = board(trial(), {"type": "of tomorrow", "at_s": 99.0}, {"type": "trouble", "trial": "t001", "text": "x"})

    assert (made.now_s, told(made), list(made.lanes)) == (0.0, [], ["t001"])
