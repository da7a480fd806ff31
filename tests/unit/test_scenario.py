"""What a judge may learn from recordings: a sound one answers, and one falsified fact opens the question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.arm import Arm, Run
from harness.model.reading import check
from harness.model.scenario import Cost, Scenario, Span, Trials, scenario
from harness.model.site import engine
from harness.model.timeline import Kind, parse, written
from harness.model.verdict import NotShown

CRASH = Scenario("crash", "It crashes.", lambda _t: None)
HERE = CRASH @ Arm("here", engine, Run())

BACK = """
0.000 s  trial  mark:health  when=before  ok=yes
0.400 s  web-1  running  id=a1
0.600 s  web-1  serving  id=a1  instance=i1  again=no
0.610 s  trial  mark:steady  replicas=1  ids=a1
0.640 s  web-1  act:crash  ok=yes  id=a1  sent_s=0.620  said="POST /crash"
0.760 s  web-1  died  id=a1  code=1
1.300 s  web-1  running  id=a2
1.364 s  trial  sample:serving  value=0
1.620 s  web-1  serving  id=a2  instance=i2  again=yes
1.621 s  trial  mark:window  of=restored  met=yes  waited_s=0.860  allowed_s=10  every_s=0.5
1.622 s  trial  mark:health  when=after  ok=yes
1.623 s  docker-events  mark:stream  state=open
1.624 s  trial  mark:end  how=done
"""

SAMPLES = "\n".join(f"{0.8 + 0.5 * n:.3f} s  trial  sample:serving  value=0" for n in range(1, 21))
AWAY = f"""
0.000 s  trial  mark:health  when=before  ok=yes
0.600 s  web-1  serving  id=a1  instance=i1  again=no
0.610 s  trial  mark:steady  replicas=1  ids=a1
0.640 s  web-1  act:crash  ok=yes  id=a1  sent_s=0.620  said="POST /crash"
0.760 s  web-1  died  id=a1  code=1
0.761 s  web-1  exited  id=a1
{SAMPLES}
10.810 s  trial  mark:window  of=restored  met=no  waited_s=10.010  allowed_s=10  every_s=0.5
10.811 s  trial  mark:health  when=after  ok=yes
10.812 s  docker-events  mark:stream  state=open
10.813 s  trial  mark:end  how=done
"""

THREE = """
0.000 s  trial  mark:health  when=before  ok=yes
0.600 s  web-1  serving  id=a1  instance=i1  again=no
0.601 s  web-2  serving  id=a2  instance=i2  again=no
0.602 s  web-3  serving  id=a3  instance=i3  again=no
0.610 s  trial  mark:steady  replicas=3  ids="a1 a2 a3"
0.640 s  web-1  act:remove  ok=yes  id=a1  sent_s=0.620  said=removed
0.660 s  web-2  act:remove  ok=yes  id=a2  sent_s=0.641  said=removed
0.680 s  web-3  act:remove  ok=yes  id=a3  sent_s=0.661  said=removed
0.760 s  web-1  gone  id=a1
0.770 s  web-2  gone  id=a2
0.780 s  web-3  gone  id=a3
1.500 s  web-4  serving  id=b1  instance=i4  again=no
1.700 s  web-5  serving  id=b2  instance=i5  again=no
2.120 s  web-6  serving  id=b3  instance=i6  again=no
2.121 s  trial  mark:window  of=restored  met=yes  waited_s=1.340  allowed_s=20  every_s=0.5
2.122 s  trial  mark:health  when=after  ok=yes
2.123 s  pod-events  mark:stream  state=open
2.124 s  trial  mark:end  how=done
"""


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def without(text: str, *words: str) -> str:
    kept = [line for line in lines(text) if not all(word in line for word in words)]
    assert len(kept) < len(lines(text)), f"nothing says {words}"
    return "\n".join(kept)


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    return text.replace(old, new)


def recording(text: str, run: str = "run-1"):
    """In order of time, as a journal is read."""
    return written(parse(text).entries, run)


def trials(*texts: str, beside: tuple = ()) -> Trials:
    return replace(HERE, timelines=tuple(recording(t) for t in texts), beside=beside)


def reason(asked: Trials) -> str:
    with pytest.raises(NotShown) as caught:
        asked.restored()
    return caught.value.reason


def test_a_sound_recording_in_which_it_came_back_gives_the_time_from_the_act():
    check(recording(BACK), "x")

    assert trials(BACK).restored().each_s == pytest.approx((1.0,))


def test_a_sound_recording_in_which_it_stayed_away_gives_none():
    assert trials(AWAY).restored() is None


def test_it_is_restored_when_the_last_of_several_is_back():
    assert trials(THREE).restored().each_s == pytest.approx((1.5,))


def test_each_trial_gives_its_own_time():
    slower = changed(BACK, "1.620 s  web-1  serving", "1.6205 s  web-1  serving")

    assert trials(BACK, slower).restored().each_s == pytest.approx((1.0, 1.0005))


def test_no_trial_answers_nothing():
    assert reason(trials()) == "no-trial"


def test_trials_that_differ_answer_nothing():
    assert reason(trials(BACK, AWAY)) == "trials-differ"


BACK_FALSIFIED = {
    "serving of the new copy removed": (without(BACK, "serving  id=a2"), "contradiction"),
    "serving of the old copy removed": (without(BACK, "serving  id=a1"), "not-steady"),
    "its death removed": (without(BACK, "died"), "no-receipt"),
    "receipt removed": (without(BACK, "act:crash"), "no-receipt"),
    "receipt without proof": (changed(BACK, "act:crash  ok=yes", "act:crash  ok=no"), "no-receipt"),
    "receipt of another copy": (changed(BACK, "ok=yes  id=a1", "ok=yes  id=zz"), "no-receipt"),
    "death of another copy": (changed(BACK, "died  id=a1", "died  id=zz"), "no-receipt"),
    "death before the act was sent": (changed(BACK, "0.760 s", "0.619 s"), "no-receipt"),
    "new copy served before the act": (changed(BACK, "1.620 s", "0.615 s"), "contradiction"),
    "new copy served before the steady state": (changed(BACK, "1.620 s", "0.605 s"), "contradiction"),
    "new copy was there before": (changed(BACK, "ids=a1", 'ids="a1 a2"'), "not-steady"),
    "new copy ended again": (f"{BACK}1.6205 s  web-1  died  id=a2", "contradiction"),
    "window says it stayed away": (changed(BACK, "met=yes", "met=no"), "contradiction"),
    "window removed": (without(BACK, "mark:window"), "no-window"),
    "steady state removed": (without(BACK, "mark:steady"), "not-steady"),
    "steady state of nobody": (changed(BACK, "ids=a1", 'ids=""'), "not-steady"),
    "steady state before the first copy served": (changed(BACK, "0.610 s", "0.500 s"), "not-steady"),
    "site not looked at before": (without(BACK, "when=before"), "sick-site"),
    "site not looked at after": (without(BACK, "when=after"), "sick-site"),
    "site sick before": (changed(BACK, "when=before  ok=yes", "when=before  ok=no  why=x"), "sick-site"),
    "site sick after": (changed(BACK, "when=after  ok=yes", "when=after  ok=no  why=x"), "sick-site"),
    "stream lost at the end": (changed(BACK, "state=open", "state=lost"), "stream-lost"),
    "one of two streams lost": (f"{BACK}1.6231 s  pod-events  mark:stream  state=lost", "stream-lost"),
    "nothing says how the stream was": (without(BACK, "mark:stream"), "stream-lost"),
    "end removed": (without(BACK, "mark:end"), "broke-off"),
    "stopped": (changed(BACK, "how=done", "how=stopped"), "broke-off"),
    "broke": (changed(BACK, "how=done", "how=broke  why=TimeoutError"), "broke-off"),
}


@pytest.mark.parametrize("what", BACK_FALSIFIED)
def test_one_falsified_fact_opens_what_was_a_return(what):
    text, expected = BACK_FALSIFIED[what]

    assert reason(trials(text)) == expected
    assert reason(trials(BACK, text, BACK)) == expected


AWAY_FALSIFIED = {
    "its death removed": (without(AWAY, "died"), "no-receipt"),
    "receipt removed": (without(AWAY, "act:crash"), "no-receipt"),
    "receipt without proof": (changed(AWAY, "act:crash  ok=yes", "act:crash  ok=no"), "no-receipt"),
    "death before the act was sent": (changed(AWAY, "0.760 s", "0.619 s"), "no-receipt"),
    "serving of the old copy removed": (without(AWAY, "serving  id=a1"), "not-steady"),
    "steady state removed": (without(AWAY, "mark:steady"), "not-steady"),
    "a new copy added": (f"{AWAY}5 s  web-1  serving  id=a2  instance=i2  again=yes", "contradiction"),
    "window says it came back": (changed(AWAY, "met=no", "met=yes"), "contradiction"),
    "window removed": (without(AWAY, "mark:window"), "no-window"),
    "window shorter than the trial was to last": (
        changed(AWAY, "waited_s=10.010", "waited_s=2.0"),
        "window-too-short",
    ),
    "no samples": (without(AWAY, "sample:"), "too-few-samples"),
    "a gap in the samples": (
        "\n".join(line for line in lines(AWAY) if not ("sample:" in line and " 4." <= f" {line}" < " 6.")),
        "too-few-samples",
    ),
    "stream lost at the end": (changed(AWAY, "state=open", "state=lost"), "stream-lost"),
    "nothing says how the stream was": (without(AWAY, "mark:stream"), "stream-lost"),
    "site not looked at before": (without(AWAY, "when=before"), "sick-site"),
    "site sick after": (changed(AWAY, "when=after  ok=yes", "when=after  ok=no  why=x"), "sick-site"),
    "end removed": (without(AWAY, "mark:end"), "broke-off"),
    "stopped": (changed(AWAY, "how=done", "how=stopped"), "broke-off"),
}


@pytest.mark.parametrize("what", AWAY_FALSIFIED)
def test_one_falsified_fact_opens_what_had_stayed_away(what):
    text, expected = AWAY_FALSIFIED[what]

    assert reason(trials(text)) == expected
    assert reason(trials(AWAY, text, AWAY)) == expected


def test_samples_taken_twice_do_not_fill_a_gap():
    first, second = lines(SAMPLES)[:10], lines(SAMPLES)[10:]
    bunched = without(AWAY, "sample:") + "\n" + "\n".join(first + first)
    assert second

    assert reason(trials(bunched)) == "too-few-samples"


def test_two_missed_looks_of_twenty_are_borne():
    most = "\n".join(line for line in lines(AWAY) if not line.startswith(("4.300 s", "6.800 s")))

    assert trials(most).restored() is None


def test_a_window_must_be_five_times_as_long_as_a_slow_return_elsewhere_in_the_run():
    slow = changed(BACK, "1.620 s", "2.720 s")
    late = recording(slow.replace("1.621 s", "2.721 s"))

    assert reason(trials(AWAY, beside=(late,))) == "window-too-short"


def test_a_quick_return_elsewhere_leaves_the_window_long_enough():
    assert trials(AWAY, beside=(recording(BACK),)).restored() is None


def test_returns_in_another_run_do_not_shorten_the_window():
    slow = recording(changed(BACK, "1.620 s", "2.720 s"), run="run-2")

    assert trials(AWAY, beside=(slow,)).restored() is None


def test_an_unsound_trial_elsewhere_says_nothing_about_how_slow_a_return_is():
    broken = recording(without(changed(BACK, "1.620 s", "2.720 s"), "mark:end"))

    assert trials(AWAY, beside=(broken,)).restored() is None


@pytest.mark.parametrize("fresh", ["b1", "b2", "b3"])
def test_each_copy_that_came_back_counts(fresh):
    assert reason(trials(without(THREE, f"serving  id={fresh}"))) == "contradiction"


@pytest.mark.parametrize(("at", "fresh"), [("1.500 s", "b1"), ("1.700 s", "b2"), ("2.120 s", "b3")])
@pytest.mark.parametrize("before", ["0.605 s", "0.615 s"])
def test_a_copy_that_served_before_the_act_has_not_come_back_after_it(at, fresh, before):
    assert reason(trials(changed(THREE, f"{at}  web", f"{before}  web"))) in ("contradiction", "not-steady")


@pytest.mark.parametrize("victim", ["a1", "a2", "a3"])
def test_each_loss_needs_its_receipt(victim):
    assert reason(trials(without(THREE, "act:", f"id={victim}"))) == "no-receipt"


@pytest.mark.parametrize("victim", ["a1", "a2", "a3"])
def test_each_receipt_needs_the_platforms_account(victim):
    assert reason(trials(without(THREE, "gone", f"id={victim}"))) == "no-receipt"


def test_one_copy_that_is_told_of_twice_is_one_copy():
    twice = changed(
        without(THREE, "serving  id=b3"), "1.700 s  web-5", "1.600 s  web-4  serving  id=b1\n1.700 s  web-5"
    )

    assert reason(trials(twice)) == "contradiction"


def test_the_return_of_a_copy_that_nobody_touched_does_not_stand_for_the_one_removed():
    text = "\n".join(
        line for line in lines(THREE) if not any(w in line for w in ("id=a2  sent", "id=a3  sent", "b3"))
    )
    text = without(without(text, "gone  id=a3"), "serving  id=b2")
    # One of three was removed and stays away; another crashed by itself and was restarted.
    text = text.replace("gone  id=a2", "died  id=a2").replace("web-4  serving  id=b1", "web-2  serving  id=b1")

    with pytest.raises(NotShown):
        trials(text).restored()


def test_in_place_means_that_every_fresh_copy_is_a_container_that_was_there():
    assert trials(BACK).in_place()
    assert not trials(BACK, changed(BACK, "again=yes", "again=no")).in_place()
    assert not trials(AWAY).in_place()


def test_in_place_is_not_answered_by_an_unsound_trial():
    with pytest.raises(NotShown):
        trials(without(BACK, "mark:end")).in_place()


def test_a_span_of_one_says_once_and_never_median():
    assert str(Span((1.234,))) == "1.2 s (once)"


def test_a_span_of_several_says_how_many():
    assert str(Span((1.0, 3.0, 2.0))) == "2.0 s (1.0 to 3.0, 3 times)"


def test_a_scenario_has_a_plan_and_is_named_after_its_function():
    def remove_all(_t):
        """All are removed."""

    found = scenario(remove_all)

    assert (found.name, found.plan) == ("remove all", "All are removed.")
    assert (found @ Arm("x", engine, Run())).cell == "remove all @ x"


def test_a_scenario_without_a_plan_is_a_mistake():
    with pytest.raises(TypeError, match="docstring"):
        scenario(lambda _t: None)


FLAGS = ("empty", "alone", "once")


@pytest.mark.parametrize("said", [(), *((flag,) for flag in FLAGS), ("empty", "once"), FLAGS])
def test_what_is_said_of_a_scenario_is_kept_with_its_name_and_plan(said):
    def begin_all(_t):
        """All are started.

        At once.
        """

    found = scenario(**dict.fromkeys(said, True))(begin_all)

    assert (found.name, found.plan, found.act) == ("begin all", "All are started.\n\nAt once.", begin_all)
    assert tuple(flag for flag in FLAGS if getattr(found, flag)) == said
    assert (found @ Arm("x", engine, Run())).scenario is found


def test_a_scenario_of_which_nothing_is_said_is_none_of_these():
    def crash(_t):
        """It crashes."""

    assert [getattr(scenario(crash), flag) for flag in FLAGS] == [False, False, False]


def test_a_scenario_of_which_something_is_said_needs_a_plan_as_well():
    with pytest.raises(TypeError, match="docstring"):
        scenario(empty=True)(lambda _t: None)


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (Cost(0, 0, 0, 0), "nothing"),
        (Cost(0, 0, 5, 1), "5 lines and 1 object"),
        (Cost(1, 0, 0, 0), "1 command"),
        (Cost(2, 1, 0, 0), "2 commands and 1 file"),
        (Cost(1, 2, 1, 0), "1 command, 2 files and 1 line"),
        (Cost(3, 1, 20, 2), "3 commands, 1 file, 20 lines and 2 objects"),
    ],
)
def test_a_cost_tells_what_it_counts_and_leaves_out_what_is_none(cost, told):
    assert str(cost) == told


def test_what_one_takes_more_than_another_is_the_difference_of_each():
    assert Cost(3, 2, 30, 4) - Cost(1, 1, 25, 3) == Cost(2, 1, 5, 1)
    assert str(Cost(1, 1, 30, 3) - Cost(1, 1, 25, 2)) == "5 lines and 1 object"
    assert str(Cost(1, 1, 30, 3) - Cost(1, 1, 30, 3)) == "nothing"


def test_the_written_recordings_are_what_they_seem():
    assert [e.what for e in recording(BACK).of(Kind.EVENT)] == ["running", "serving", "died", "running", "serving"]


# -- run again -------------------------------------------------------------------------------------------------------

HALF = "\n".join(line for line in AWAY.splitlines() if "sample" not in line or float(line.split()[0]) < 5.9)
SHORT = changed(HALF, "10.810 s  trial  mark:window", "5.810 s  trial  mark:window").replace("10.010", "5.010")


def several(*texts_and_numbers: tuple[str, int]) -> Trials:
    return replace(HERE, timelines=tuple(replace(recording(t), number=n) for t, n in texts_and_numbers))


def test_a_window_that_was_too_short_counts_where_its_trial_was_run_again_for_long_enough():
    assert several((SHORT, 1), (AWAY, 2), (AWAY, 1)).restored() is None


@pytest.mark.parametrize(
    "texts",
    [
        [(SHORT, 1)],
        [(SHORT, 1), (AWAY, 2)],
        [(SHORT, 1), (AWAY, 2), (AWAY, 3)],
        [(SHORT, 1), (SHORT, 1)],
        [(SHORT, 1), (SHORT, 2), (AWAY, 1)],
        [(SHORT, 0), (AWAY, 0)],
    ],
)
def test_otherwise_it_does_not_however_many_others_were_long_enough(texts):
    assert reason(several(*texts)) == "window-too-short"


def test_a_trial_of_another_run_takes_nobodys_place():
    short, other = replace(recording(SHORT), number=1), replace(recording(AWAY, "run-2"), number=1)

    assert reason(replace(HERE, timelines=(short, other))) == "window-too-short"


def test_what_came_when_it_was_run_again_does_not_stand_alone():
    assert reason(several((SHORT, 1), (BACK, 1))) == "trials-differ"


def test_too_few_looks_are_made_good_in_the_same_way():
    gaps = "\n".join(line for line in AWAY.splitlines() if "sample" not in line or float(line.split()[0]) > 5)

    assert reason(several((gaps, 1))) == "too-few-samples"
    assert several((gaps, 1), (AWAY, 1)).restored() is None


@pytest.mark.parametrize(
    ("texts", "again"),
    [
        ([(SHORT, 1), (AWAY, 2), (SHORT, 3)], [1, 3]),
        ([(SHORT, 1), (AWAY, 1)], []),
        ([(AWAY, 1), (AWAY, 2)], []),
        ([(SHORT, 1), (BACK, 2)], []),
        ([(SHORT, 0)], []),
        ([(without(SHORT, "mark:end"), 1)], []),
        ([(without(SHORT, "mark:window"), 1)], []),
        ([], []),
    ],
)
def test_what_is_to_be_run_again_is_what_was_too_short_where_nothing_came(texts, again):
    assert list(several(*texts).to_repeat()) == again


def test_why_it_is_to_be_run_again_is_told():
    assert (
        several((SHORT, 1)).to_repeat()[1].endswith("watched for 5.0 of 10.0 s; where it happens it took up to 0.0 s")
    )
