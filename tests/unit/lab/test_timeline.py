"""One recording: which part of it answers, what it cost, and whether it watched well enough for a "no"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.lab import acts
from harness.lab.cell import scenario
from harness.lab.questions import Restored
from harness.lab.timeline import Cost, short
from harness.model.entries import Acted, Looked, Window
from harness.model.verdict import NotShown
from tests.support.trials import ONE, WITHIN_S, away, back, but, counted, frame, steady, timeline, without


def reason(of, name="restored", alike=()):
    why = of.short(name, alike)
    return why.reason if why else ""


# -- how long


@pytest.mark.parametrize(
    ("watched_s", "came_s", "reason_"),
    [
        (10.0, [], ""),
        (9.9, [], "window-too-short"),
        (10.0, [1.0], ""),
        (10.0, [2.0, 1.5], ""),
        (10.0, [2.1], "window-too-short"),  # five times as long is 10.5 s
        (10.5, [2.1], ""),
        (15.0, [2.0, 3.0], ""),
    ],
)
def test_it_was_watched_for_as_declared_and_five_times_as_long_as_it_took_elsewhere(watched_s, came_s, reason_):
    alike = [timeline(back(s)) for s in came_s]
    assert reason(timeline(away(watched_s)), alike=alike) == reason_


def test_why_it_was_too_short_is_told():
    why = timeline(away(10.1)).short("restored", [timeline(back(3.0))])
    assert str(why) == "window-too-short: restored was watched for 10.1 of 15.0 s"


def test_a_success_of_another_run_or_of_a_trial_that_is_unsound_lengthens_nothing():
    assert reason(timeline(away()), alike=[timeline(back(5.0), run="run-2")]) == ""
    assert reason(timeline(away()), alike=[timeline(but(back(5.0), Acted, 1, proved=False))]) == ""


@scenario
def patient(t):
    """The same, where a pause of 30 s is known."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.watch(Restored(), within_s=WITHIN_S, timer_s=30.0)


@pytest.mark.parametrize(("watched_s", "reason_"), [(40.0, ""), (39.9, "window-too-short")])
def test_a_known_timer_counts_once(watched_s, reason_):
    """Where it came 32 s after the act, 30 s of which are the pause, 40 s are long enough."""
    watched, came = (timeline(but(e, Window, 2, timer_s=30.0), how=patient) for e in (away(watched_s), back(32.0)))
    assert (watched.wrong, came.wrong) == (None, None)
    assert reason(watched, alike=[came]) == reason_
    assert reason(timeline(away(watched_s)), alike=[timeline(back(32.0))]) == "window-too-short"


def test_what_came_or_was_refused_or_had_to_come_need_not_be_watched_for():
    assert reason(timeline(back(1.0))) == ""
    assert reason(replace(timeline(but(away(1.0), Window, 2, no="no room")), wrong=None)) == ""
    assert reason(timeline(away(1.0)), ONE) == ""


def test_without_a_name_each_window_has_to_be_long_enough():
    assert reason(timeline(away(9.0)), "") == "window-too-short"
    assert reason(timeline(away(9.0)), "another") == ""


# -- how closely


def looks(kept):
    entries = away(10.3)
    found = [e for e in entries if isinstance(e, Looked)]
    return timeline(counted(e for e in entries if e not in found or kept(found.index(e))))


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (lambda n: n != 3, ""),
        (lambda n: n > 1, ""),  # 17 of 19 are not enough, 18 of 20 are
        (lambda n: n > 2, "17 of 20 looks were taken"),
        (lambda n: n % 2, "10 of 20 looks were taken"),
        (lambda n: False, "0 of 20 looks were taken"),
    ],
)
def test_nine_of_ten_looks_have_to_be_there(kept, told):
    why = looks(kept).short("restored", ())
    assert (why.detail if why else "") == told


def test_a_gap_is_not_made_good_by_a_bunch():
    entries = away(10.3)
    found = [e for e in entries if isinstance(e, Looked)]
    bunch = [replace(found[-1], at_s=found[-1].at_s + n / 1000) for n in range(1, 6)]
    with_gap = [e for e in entries if e not in found[3:9]]
    place = with_gap.index(found[-1])
    of = timeline(counted([*with_gap[: place + 1], *bunch, *with_gap[place + 1 :]]))
    assert of.short("restored", ()).reason == "too-few-looks"


def test_looks_outside_the_window_count_for_nothing():
    entries = [replace(e, at_s=e.at_s + 20.0) if isinstance(e, Looked) else e for e in away(10.3)]
    assert reason(replace(timeline(entries), wrong=None)) == "too-few-looks"


def test_of_a_trial_that_was_run_again_one_that_watched_well_is_enough():
    little, well = timeline(away(5.0), 1), timeline(away(10.1), 1)
    other = timeline(away(5.0), 2)
    assert short([little], "restored", ()).keys() == {("run-1", 1)}
    assert short([little, well], "restored", ()) == {}
    assert short([well, little, other], "restored", ()).keys() == {("run-1", 2)}


def test_a_trial_of_another_run_takes_nobodys_place():
    little, well = timeline(away(5.0), 1), timeline(away(10.1), 1, "run-2")
    assert short([little, well], "restored", ()).keys() == {("run-1", 1)}


def test_what_came_in_one_trial_need_not_be_watched_for_longer_in_another():
    """They differ, however long anybody watches."""
    assert short([timeline(back(), 1), timeline(away(5.0), 2)], "restored", ()) == {}
    assert short([timeline(back()[:-1], 1), timeline(away(5.0), 2)], "restored", ()).keys() == {("run-1", 2)}


def test_a_recording_that_is_unsound_is_not_too_short():
    assert short([timeline(back(1.0)[:-1]), timeline(away(5.0)[:-1])], "restored", ()) == {}


# -- which part answers


def test_what_had_been_seen_when_the_window_ended_answers():
    entries = away(10.1)
    place = next(n for n, e in enumerate(entries) if isinstance(e, Window) and e.name == "restored")
    late = counted([*entries[: place + 1], replace(_serving(), at_s=11.5), *entries[place + 1 :]])
    seen = timeline(late).seen("restored", "")
    assert seen.since.name == "crash"
    assert seen.entries == tuple(late[:place])


def _serving():
    return next(e for e in back(1.0) if getattr(e, "id", "") == "a2")


def test_without_a_window_for_it_all_of_the_trial_answers_since_the_last_act():
    of = timeline(back())
    assert of.seen("numbers", "").entries == of.entries
    assert of.seen("numbers", "").since.name == "crash"
    assert of.seen("numbers", "up").since.name == "up"


def test_since_what_was_not_done_nothing_can_be_asked():
    with pytest.raises(NotShown, match="hang was not done") as open_:
        timeline(back()).seen("numbers", "hang")
    assert open_.value.reason == "no-receipt"


def test_of_two_windows_of_one_name_the_receipt_since_which_it_is_asked_decides():
    assert timeline(back()).seen("restored", "crash").since.name == "crash"
    assert timeline(back()).seen(ONE, "up").since.name == "up"


def test_where_looks_were_missed_in_a_window_that_came_to_nothing_nothing_can_be_asked_of_all_of_it():
    of = looks(lambda n: n > 5)
    with pytest.raises(NotShown) as open_:
        of.seen("numbers", "")
    assert open_.value.reason == "too-few-looks"


def test_how_long_it_took_is_told_by_what_was_waited_for_since_what():
    of = timeline(back(3.0))
    assert of.came_s("restored", "crash") == [3.0]
    assert of.came_s("restored", "up") == []
    assert of.came_s(ONE, "up") == [pytest.approx(0.4)] * 2
    assert timeline(away()).came_s("restored", "crash") == []


# -- what was refused, what it cost


def test_what_was_refused_is_told_by_the_act():
    of = timeline(frame(*steady()[:-2]))
    assert timeline(back()).refusal("") == ""
    with pytest.raises(NotShown, match="hang was not done"):
        of.refusal("hang")


def costing(**changes):
    return replace(timeline(but(back(), Acted, 0, **changes)), wrong=None)


def test_what_it_took_is_what_was_typed_and_the_files_that_were_applied():
    one_command = {
        "typed": ("kubectl apply",),
        "files": ("a.yaml", "b.yaml"),
        "lines": 30,
        "objects": 3,
        "program": 5,
    }
    assert costing(**one_command).cost() == Cost(1, 2, 30, 3, 5)
    assert costing(typed=("a", "b", "c")).cost() == Cost(3, 0, 0, 0)


def test_a_file_that_is_applied_twice_is_one_file():
    twice = but(but(back(), Acted, 0, files=("a.yaml",)), Acted, 1, files=("a.yaml",), typed=("kubectl apply",))
    assert timeline(twice).cost() == Cost(2, 1, 0, 0)


def test_what_was_not_reached_has_no_price_nor_what_nobody_typed():
    with pytest.raises(NotShown) as open_:
        timeline(away()).cost()
    assert open_.value.reason == "no-goal"
    with pytest.raises(NotShown) as open_:
        costing(typed=()).cost()
    assert open_.value.reason == "no-commands"


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (Cost(1, 1, 30, 3) - Cost(1, 1, 25, 2), "5 lines and 1 object"),
        (Cost(1, 1, 30, 3) - Cost(1, 1, 30, 3), "nothing"),
        (Cost(2, 1, 1, 0), "2 commands, 1 file and 1 line"),
        (Cost(1, 0, 0, 0, 12), "1 command and 12 lines of program"),
        (Cost(0, 0, 0, 0, 1), "1 line of program"),
    ],
)
def test_costs_are_said_as_one_counts(cost, said):
    assert str(cost) == said


def test_a_line_that_is_left_out_shows_at_once():
    for n in range(len(back()) - 1):
        entries = back()
        assert timeline([e for e in entries if e is not entries[n]]).wrong.reason == "lines-lost"
    assert timeline(without(back(), Acted, 1)).wrong is not None
