"""A run at one moment, from the lines of its journal alone."""

from __future__ import annotations

import pytest

from harness.views.lane import BUCKETS, STATES, letter
from tests.support.lines import (
    CELL,
    acted,
    began,
    board,
    copy,
    ended,
    fewer,
    looked,
    opened,
    opening,
    over,
    planned,
    removed,
    request,
    run,
    serving,
    told,
    trial,
    trouble,
    waits,
)  # fmt: skip


def copies(*lines):
    return [(c.letter, c.state) for c in board(trial(), *lines).lanes["t001"].copies]


def news(made):
    return [(at_s, str(what)) for at_s, what in made.news]


# -- copies --------------------------------------------------------------------------------------------------------


def test_a_copy_that_was_started_again_is_another_one():
    first, second = "c0ffee/10:00:01", "c0ffee/10:00:07"
    seen = [serving(first), copy("died", first), serving(second)]

    assert copies(*[(t, e) for t, e in seen]) == [("a", "ended"), ("b", "serving")]


def test_a_copy_keeps_its_letter_whatever_happens_to_it():
    seen = [copy(what, "one") for what in ("created", "serving", "silent")]

    assert copies(serving("other"), *seen) == [("a", "serving"), ("b", "silent")]


@pytest.mark.parametrize("late", ["serving", "created", "silent", "unready"])
def test_a_copy_that_ended_stays_so(late):
    assert copies(copy("died"), copy(late)) == [("a", "ended")]


@pytest.mark.parametrize(("what", "state"), STATES.items())
def test_each_state_follows_from_what_was_said_of_it(what, state):
    assert copies(copy(what)) == [("a", state)]


def test_a_word_that_says_nothing_of_how_it_is_leaves_it_as_it_was():
    assert copies(serving(), copy("unheard of")) == [("a", "serving")]


def test_what_has_not_started_yet_keeps_its_letter_when_it_does():
    waiting = copy("created", "", thing="pod-1", name="web-1")
    runs = [serving("pod-1/one", thing="pod-1"), copy("died", "pod-1/one", thing="pod-1")]
    again = serving("pod-1/two", thing="pod-1")

    assert copies(waiting) == [("a", "starting")]
    assert copies(waiting, *runs, again) == [("a", "ended"), ("b", "serving")]


def test_what_the_platform_does_not_run_is_seen_as_that_until_it_does():
    refused = copy("refused", "", thing="pod-1", name="web-1", no="ErrImageNeverPull")

    assert copies(refused) == [("a", "refused")]
    assert copies(refused, serving("pod-1/one", thing="pod-1")) == [("a", "serving")]


def test_copies_of_two_trials_have_nothing_to_do_with_one_another():
    made = board(trial("t001"), trial("t002"), serving("one"), copy("died", "one", trial="t002"))

    assert [lane.copies[0].state for lane in made.lanes.values()] == ["serving", "ended"]


def test_after_z_comes_aa():
    made = board(trial(), *[serving(f"copy {n}") for n in range(703)]).lanes["t001"]
    letters = [copy.letter for copy in made.copies]

    assert len(set(letters)) == 703
    assert [letters[n] for n in (0, 25, 26, 27, 51, 52, 701, 702)] == ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"]
    assert letter(26) == "aa"


# -- what is waited for --------------------------------------------------------------------------------------------


def test_what_is_missing_is_missing_since_it_was_first_waited_for():
    (lane,) = board(trial(), waits("a copy", at_s=12.0, waited_s=2.5, allowed_s=30.0)).waiting()

    assert (lane.missing, lane.since_s, lane.allowed_s) == ("a copy", 9.5, 30.0)


def test_waits_are_told_on_the_run_s_clock_whenever_their_trial_began():
    (lane,) = board(trial(began_s=100.0), waits("a copy", at_s=103.0, waited_s=1.0)).waiting()

    assert lane.since_s == 102.0


def test_who_waits_longest_comes_first_and_who_waits_for_nothing_not_at_all():
    made = board(
        *(trial(f"t00{n}") for n in (1, 2, 3)),
        waits("a copy", at_s=5.0, trial="t001"),
        waits("a copy", at_s=6.0, waited_s=4.0, trial="t002"),
        waits("a copy", at_s=7.0, trial="t003"),
        waits("", at_s=8.0, trial="t003"),
    )

    assert list(made.waiting()) == [made.lanes["t002"], made.lanes["t001"]]


def test_of_a_trial_that_is_over_nothing_more_is_heard():
    made = board(trial(), ended(), waits("a copy", at_s=10.0), serving(), began(), ended())

    assert (made.lanes, made.over) == ({}, 1)


# -- the clients' view ---------------------------------------------------------------------------------------------


def test_requests_are_counted_by_the_interval_in_which_they_were_sent():
    sent = [(0.1, ""), (0.2, "503"), (0.49, "timeout"), (0.5, ""), (2.0, "refused")]
    lane = board(trial(), *[request(at_s, error) for at_s, error in sent]).lanes["t001"]

    assert lane.client == {0: (1, 2), 1: (1, 0), 4: (0, 1)}


def test_a_request_that_was_answered_late_is_counted_where_it_was_sent():
    lane = board(trial(), request(1.0), request(1.6), request(1.1, "timeout")).lanes["t001"]

    assert lane.client == {2: (1, 1), 3: (1, 0)}


def test_of_the_clients_view_the_newest_intervals_are_kept():
    lane = board(trial(), *[request(n / 2) for n in range(3 * BUCKETS)]).lanes["t001"]

    assert sorted(lane.client) == list(range(2 * BUCKETS, 3 * BUCKETS))


# -- trials --------------------------------------------------------------------------------------------------------


def test_a_trial_that_ended_is_counted_and_gone():
    made = board(trial("t001"), trial("t002", number=2), ended("t001"))

    assert (made.over, made.total, list(made.lanes)) == (1, 2, ["t002"])
    assert made.ended == {("small", CELL): 1}


def test_a_trial_is_shown_once_it_began():
    made = board(planned("t001"), planned("t002", number=2), began("t002", 3.0))

    assert (made.total, list(made.lanes)) == (2, ["t002"])
    assert made.lanes["t002"].name == "crash @ web #2"


def test_a_trial_that_broke_is_told_once_with_its_reason():
    made = board(trial(number=3), ended(wrong="not-steady: no copy ever served"), ended(wrong="again"))

    assert news(made) == [(9.0, "crash @ web #3: not-steady: no copy ever served")]


def test_a_trial_that_is_done_is_not_worth_a_line():
    assert news(board(trial(), ended())) == []


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({}, "crash"),
        ({"proved": False}, "crash had no effect"),
        ({"proved": False, "no": "no such container", "tried": True}, "crash was refused"),
    ],
)
def test_what_was_done_last_is_kept_and_what_came_of_it(more, seen):
    made = board(trial(), acted("hang", 1.0), acted("crash", 2.0, **more))

    assert made.lanes["t001"].acted == seen


@pytest.mark.parametrize("name", ["up", "ask", "ask per_s=20.0"])
def test_that_an_arm_is_brought_up_or_a_client_asks_is_no_act_to_be_shown(name):
    assert board(trial(), acted(name)).lanes["t001"].acted == ""


def test_fewer_trials_than_planned_change_the_total():
    plan = [planned(f"t{n}", number=n) for n in range(1, 6)] + [
        planned(f"u{n}", "hang @ web", n) for n in range(1, 6)
    ]
    made = board(*plan, began("t4"), fewer(3, at_s=20.0))

    assert made.wanted == {("small", CELL): 4, ("small", "hang @ web"): 5}
    assert made.total == 9


def test_a_trial_that_is_run_once_more_is_one_more_and_told_with_its_reason():
    why = "crash @ web #1 is run once more: 10.0 of 20.0 s were watched"
    made = board(trial(), ended(), trouble(why, at_s=10.0), planned("t002", rerun=True))

    assert (made.over, made.total) == (1, 2)
    assert news(made) == [(10.0, why)]


def test_what_went_wrong_in_a_trial_s_own_thread_is_for_the_journal_alone():
    assert news(board(trial(), trouble("Traceback ...", trial="t001"))) == []


# -- the run -------------------------------------------------------------------------------------------------------


def test_the_run_s_clock_goes_on_with_the_trials_own():
    made = board(trial(began_s=100.0), looked(2.5), waits("a copy", at_s=101.0))

    assert made.now_s == 102.5


def test_a_line_without_a_time_does_not_turn_the_clock_back():
    assert board(trial(began_s=100.0), looked(2.5), planned("t002"), trouble("x", trial="t001")).now_s == 102.5


def test_a_run_says_what_it_is():
    assert news(board(run(labs=["one", "two"], seed=42))) == [(0.0, "run run-1: one, two, seed 42")]


@pytest.mark.parametrize("labs", ["one", None, 5, [1, None]])
def test_facts_that_are_not_as_they_should_be_are_shown_as_they_are(labs):
    ((_, said),) = news(board(run(labs=labs)))

    assert said.startswith("run run-1: ")


def test_a_site_is_opening_until_it_is_open():
    assert board(opening()).opening == {"cluster": 1.0}
    assert board(opening(), opened()).opening == {}
    assert news(board(opening(), opened())) == [(4.0, "cluster opened in 3.0 s")]


def test_a_site_that_did_not_open_is_not_told_as_open():
    made = board(opening(), opened(wrong="no room"))

    assert (news(made), made.opening) == ([], {})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([removed(), over()], "everything removed in 1.2 s"),
        ([removed("x"), over()], "not everything could be removed, tried for 1.2 s"),
        ([removed(took_s=0.0), over(kept=True)], "everything was left as it is: labs clean removes it"),
    ],
)
def test_what_became_of_the_clean_up_is_told(lines, said):
    assert news(board(*lines)) == [(50.0, said)]


def test_lines_that_are_not_shown_are_passed_over():
    made = board(trial(), told("revision", "3"), looked(1.0), began("t099"), serving(trial="t099"))

    assert (news(made), list(made.lanes)) == ([], ["t001"])
