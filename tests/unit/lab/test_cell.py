"""A scenario on an arm: how it is declared, and what judges may ask of its recordings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from harness import Numbers, Restored, acts, cluster, scenario
from harness.lab.cell import GUESS
from harness.lab.question import Question
from harness.model.entries import Acted, Copy, Window
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import told
from tests.support.trials import arm, away, back, but, cell, counted, crash, cut_off, one, timeline, trials


def reason(ask):
    with pytest.raises(NotShown) as open_:
        ask()
    return open_.value.reason


# -- declared


def test_a_scenario_is_called_as_its_function_and_its_docstring_is_its_plan():
    @scenario
    def hang_for_long(t):
        """It hangs.

        For long.
        """

    assert (hang_for_long.name, hang_for_long.plan, hang_for_long.asks) == (
        "hang for long",
        "It hangs.\n\nFor long.",
        GUESS,
    )
    assert (hang_for_long.round, hang_for_long.trials) == ("", 0)


def test_more_is_said_where_more_is_to_be_said():
    @scenario(round="the worker stops", trials=1, asks="Which one?")
    def stop(t):
        """It stops."""

    assert (stop.round, stop.trials, stop.asks) == ("the worker stops", 1, "Which one?")


def test_a_scenario_without_a_plan_is_refused():
    with pytest.raises(TypeError, match="silent has no docstring"):

        @scenario
        def silent(t):
            pass


def test_a_cell_is_called_by_both_and_comparable_on_one_site():
    one_, other = crash @ arm("a"), crash @ arm("b")
    assert one_.cell == "crash @ a"
    assert one_.kind == other.kind == ("crash", "engine")
    assert (crash @ arm("a", cluster)).kind != one_.kind


# -- asked


def test_all_trials_give_one_duration():
    assert trials(back(1.0), back(2.0)).restored() == Span((1.0, 2.0), 0.0)


def test_where_it_came_in_none_and_was_watched_for_there_is_none():
    assert trials(away(), away()).restored() is None


@pytest.mark.parametrize(
    ("recordings", "wanted", "reason_"),
    [
        ([], 1, "no-trial"),
        ([back()], 2, "no-trial"),
        ([back(), cut_off()], 2, "lines-lost"),
        ([back(), away()], 2, "trials-differ"),
        ([away(9.0), away()], 2, "window-too-short"),
        ([away(), but(away(), Acted, 1, proved=False)], 2, "contradiction"),
    ],
)
def test_what_was_not_shown_is_told_with_the_cell(recordings, wanted, reason_):
    with pytest.raises(NotShown, match="crash @ tested") as open_:
        trials(*recordings, wanted=wanted).restored()
    assert open_.value.reason == reason_


def test_a_success_beside_it_says_how_long_it_had_to_be_watched_for():
    alike = (timeline(back(3.0)),)
    assert reason(replace(trials(away()), alike=alike).restored) == "window-too-short"
    assert replace(trials(away(15.0)), alike=alike).restored() is None


def test_for_each_trial_its_own_answer():
    assert [a.each_s for a in trials(back(1.0), back(2.0)).each(Restored())] == [(1.0,), (2.0,)]
    assert trials(away(), back()).each(Restored()) == (None, Span((1.0,)))
    assert [c.most for c in trials(back(), back()).each(Numbers(), since=acts.crash)] == [1, 1]


def test_the_trials_of_two_runs_count_together():
    """They bear the same numbers."""
    both = tuple(timeline(back(s), 1, run) for s, run in ((1.0, "run-1"), (2.0, "run-2")))
    assert replace(cell("tested"), timelines=both, wanted=2).restored().each_s == (1.0, 2.0)
    assert reason(replace(cell("tested"), timelines=both, wanted=3).restored) == "no-trial"


def test_a_trial_that_was_run_again_does_not_stand_for_another_one():
    twice = tuple(timeline(back(), 1) for _ in range(2))
    assert reason(replace(cell("tested"), timelines=twice, wanted=2).restored) == "no-trial"


def test_a_window_that_was_too_short_counts_where_its_trial_was_run_again_for_long_enough():
    first, again, other = timeline(away(5.0), 1), timeline(away(), 1), timeline(away(), 2)
    assert replace(cell("tested"), timelines=(first, other, again), wanted=2).restored() is None
    assert reason(replace(cell("tested"), timelines=(first, other), wanted=2).restored) == "window-too-short"


def test_what_came_when_it_was_run_again_does_not_stand_alone():
    first, again = timeline(away(5.0), 1), timeline(back(), 1)
    assert reason(replace(cell("tested"), timelines=(first, again), wanted=1).restored) == "trials-differ"


@dataclass(frozen=True)
class Never(Question[int]):
    def missing(self, seen):
        return "it"

    def answer(self, seen):
        return None


def test_what_nobody_waited_for_cannot_be_said_not_to_have_come():
    assert reason(lambda: trials(back()).answer(Never())) == "no-window"


def test_whether_it_came_back_in_place():
    assert trials(back()).in_place() is False
    same = [replace(e, thing="web") if isinstance(e, Copy) else e for e in back()]
    assert trials(same).in_place() is True
    assert reason(trials(back(), same).in_place) == "trials-differ"


def test_what_was_refused_is_in_the_platforms_words():
    assert trials(back(), back()).refusal() == ""
    assert reason(lambda: trials(back()).refusal(acts.hang)) == "no-receipt"
    refused = [replace(c, no="no room") for c in back() if isinstance(c, Copy)]
    assert trials(back()).refused() == ""
    assert trials(counted([*back()[:3], *refused[:1], *back()[3:]])).refused() == "no room"


def test_what_it_cost_has_to_be_the_same_each_time():
    dear = but(back(), Acted, 0, typed=("a", "b"))
    assert trials(back(), back()).cost().commands == 1
    assert reason(trials(back(), dear).cost) == "trials-differ"
    assert reason(trials(away()).cost) == "no-goal"


# -- said


def test_what_was_watched_for_is_said_in_the_words_of_its_question():
    assert trials(back(1.0), back(2.0)).sentences() == ["back after 1.5 s (1.0 to 2.0, 2 times)"]
    assert trials(away()).sentences() == ["it stayed away"]


def test_what_is_not_shown_is_said_too():
    assert trials(away(5.0)).sentences() == [
        "not shown: crash @ tested #1: restored was watched for 5.0 of 10.0 s"
    ]  # fmt: skip
    assert trials(cut_off()).sentences() == []


def test_what_had_to_come_is_no_finding():
    assert len(trials(back()).sentences()) == 1


def test_that_something_was_read_back_is_one():
    read = one(told("read back", "none", 1.5))
    entries = counted([*back()[:-5], read, *back()[-5:]])
    assert "not shown: crash @ tested: nothing was written before the act" in trials(entries).sentences()
    assert reason(trials(entries).kept) == "not-written"


def test_a_window_of_another_question_is_no_answer():
    of = trials(but(back(), Window, 2, name="left out"))
    assert reason(of.restored) == "another-plan"
