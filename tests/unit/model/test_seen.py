"""What can be seen of a trial since a receipt: who serves, how many, who is fresh, whether an act had its effect."""

from __future__ import annotations

import pytest

from harness.model.seen import Change, Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving, told
from tests.support.trials import seen

# -- durations


def test_what_differs_by_less_than_the_looks_can_tell_is_equal():
    one, near, later = Span((1.0,), 0.1), Span((1.05,), 0.1), Span((1.2,), 0.0)
    assert not one.shorter(near)
    assert one.shorter(later)
    assert not later.shorter(one)
    assert not Span((1.0,)).shorter(Span((1.2,), 0.3))  # the coarser of the two decides


@pytest.mark.parametrize(
    ("each_s", "said"),
    [
        ((1.0,), "1.0 s (once)"),
        ((1.0, 1.01), "1.0 s (2 times)"),
        ((1.0, 2.0, 4.0), "2.0 s (1.0 to 4.0, 3 times)"),
    ],
)
def test_a_duration_says_how_often_it_was_measured_and_how_far_it_varied(each_s, said):
    assert str(Span(each_s)) == said


def test_a_limit_that_all_trials_keep_or_none_is_one():
    assert Span((1.0, 2.0)).within(2.0)
    assert not Span((2.1, 3.0)).within(2.0)


def test_trials_on_both_sides_of_a_limit_leave_it_open():
    with pytest.raises(NotShown, match="lies on both sides of 2 s") as open_:
        Span((1.9, 2.1)).within(2.0)
    assert open_.value.reason == "trials-differ"


def test_what_came_before_it_was_asked_for_contradicts_itself():
    now = seen(acted(at_s=3.1, sent_s=3.0))
    assert now.span(4.5, 0.1) == Span((1.5,), 0.1)
    with pytest.raises(NotShown, match=r"0\.500 s before crash"):
        now.span(2.5)


# -- who serves

STORY = (
    serving("a", 1.0), serving("b", 1.5, version="2"), acted(at_s=2.1, sent_s=2.0, victims=("a",)),
    copy("died", "a", 2.5, unseen_s=0.2), serving("c", 3.0, version="2"), copy("unready", "b", 4.0),
    serving("b", 5.0, version="2"), copy("gone", "c", 6.0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("until_s", "names"),
    [(0.9, ""), (1.0, "a"), (2.0, "ab"), (2.5, "b"), (3.5, "bc"), (4.0, "c"), (5.5, "cb"), (9, "b")],
)
def test_who_serves_is_told_by_identity(until_s, names):
    assert "".join(seen(*STORY).serving(until_s)) == names


def test_only_copies_of_one_version_can_be_asked_for():
    assert list(seen(*STORY).serving(version="2")) == ["b"]
    assert not seen(*STORY).serving(version="1")


def test_whoever_served_once_is_known_for_good_and_is_never_fresh():
    now = seen(*STORY)
    assert now.served() == {"a", "b", "c"}
    assert now.served(2.0) == {"a", "b"}
    assert [c.id for c in seen(*STORY[:6]).fresh()] == ["c"]
    assert now.fresh() == []  # c is gone again, and b was there before


def test_how_many_serve_is_counted_from_the_receipt_on_at_each_change():
    assert seen(*STORY).numbers() == [
        Change(2.0, 2), Change(2.5, 1, 0.2), Change(3.0, 2), Change(4.0, 1), Change(5.0, 2), Change(6.0, 1),
    ]  # fmt: skip
    assert seen(*STORY).numbers("2") == [
        Change(2.0, 1), Change(3.0, 2), Change(4.0, 1), Change(5.0, 2), Change(6.0, 1),
    ]  # fmt: skip


def test_what_is_said_twice_of_a_copy_is_no_change():
    twice = (
        acted(at_s=0.1, sent_s=0.0),
        serving("a", 1.0),
        serving("a", 2.0),
        copy("died", "a", 3.0),
        copy("gone", "a", 4.0),
    )
    assert [c.at_s for c in seen(*twice).numbers()] == [0.0, 1.0, 3.0]


def test_a_copy_answers_as_what_it_was_when_it_served():
    assert seen(*STORY).instance("a") == "i-a"
    assert seen(copy("died", "a"), acted()).instance("a") == ""


def test_of_what_was_asked_several_times_the_newest_answer_counts():
    asked = seen(told("rows", "1", 1.0), told("rows", "2", 2.0), acted())
    assert asked.told("rows").said == "2"
    assert asked.told("columns") is None


# -- why the platform takes on no more

UP = acted("up", 1.0, sent_s=0.5, victims=())
NO_ROOM = copy("refused", "c", 3.0, no="no room")


def test_a_refusal_counts_once_all_that_was_taken_on_has_come():
    coming = (
        UP,
        copy("created", "a", 2.0),
        copy("created", "b", 2.0),
        serving("a", 3.0),
        copy("created", "c", 3.0),
        NO_ROOM,
    )
    assert seen(*coming).refusal() == ""
    assert seen(*coming, serving("b", 4.0)).refusal() == "no room"
    assert seen(*coming, copy("died", "b", 4.0)).refusal() == "no room"


def test_what_was_refused_before_the_receipt_is_another_story():
    assert seen(copy("refused", "c", 0.1, no="no room"), UP).refusal() == ""


def test_a_command_that_was_refused_says_so_itself():
    refused = acted("up", 1.0, sent_s=0.5, no="125: no address left", proved=False, tried=True)
    assert seen(refused).refusal() == "125: no address left"
    assert seen(refused, copy("created", "a", 2.0)).refusal() == ""
    assert seen(UP).refusal() == ""


# -- whether an act had its effect

CRASH = acted(at_s=2.1, sent_s=2.0, victims=("a", "b"))
BEFORE = (serving("a", 1.0), serving("b", 1.0), CRASH)


@pytest.mark.parametrize(
    ("leaves", "after", "missing"),
    [
        ("ended", [], "the effect on a, b"),
        ("ended", [copy("died", "a", 2.5)], "the effect on b"),
        ("ended", [copy("died", "a", 2.5), copy("gone", "b", 2.6)], ""),
        ("ended", [copy("died", "a", 1.9), copy("died", "b", 2.5)], "the effect on a"),  # it had ended before
        ("ended", [copy("silent", "a", 2.5), copy("died", "b", 2.5)], "the effect on a"),
        ("silent", [copy("silent", "a", 2.5), copy("silent", "b", 2.5)], ""),
        ("silent", [copy("refuses", "a", 2.5), copy("silent", "b", 2.5)], "the effect on a"),
        ("refuses", [copy("refuses", "a", 2.5), copy("refuses", "b", 2.5)], ""),
        ("answers", [copy("answers", "a", 2.5), copy("answers", "b", 2.5)], ""),
    ],
)
def test_an_act_is_proved_when_each_victim_is_seen_as_it_leaves_them(leaves, after, missing):
    assert seen(*BEFORE, *after).unproved(leaves, ()) == missing


@pytest.mark.parametrize("end", ["died", "gone"])
@pytest.mark.parametrize("leaves", ["silent", "refuses", "answers"])
def test_what_is_to_leave_a_copy_alive_is_not_proved_by_its_end_nor_after_it(leaves, end):
    ended = [copy(leaves, "b", 2.5), copy(end, "a", 2.5)]
    assert seen(*BEFORE, *ended).unproved(leaves, ()) == "the effect on a"
    assert seen(*BEFORE, *ended, copy(leaves, "a", 2.6)).unproved(leaves, ()) == "the effect on a"


def test_what_had_its_effect_and_ended_later_is_proved():
    assert (
        seen(*BEFORE, copy("silent", "a", 2.5), copy("silent", "b", 2.5), copy("died", "a", 3)).unproved("silent", ())
        == ""
    )


def test_an_answer_of_somebody_else_proves_nothing():
    ended = (copy("died", "a", 2.5), copy("died", "b", 2.5))
    assert seen(*BEFORE, *ended).unproved("ended", ("i-a", "i-b")) == ""
    assert seen(*BEFORE, *ended).unproved("ended", ("i-a", "i-z")) == "an answer of the victim itself, not of i-z"
