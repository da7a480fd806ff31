"""How a verdict comes about, on a tiny lab whose recordings are written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import Trials, Verdict, cluster, engine, fails, holds, verdict_of
from harness.judging.court import Court, Recorded
from harness.model.verdict import Grade, NotShown, unavailable, unsettled
from tests.support.trials import away, back, cell, cut_off, returns, small, timeline

TESTED, BLANK, STANDARD = (cell(name, engine) for name in ("tested", "blank", "standard"))
ONE, OTHER = cell("without one"), cell("without the other")
BACK, AWAY, CUT = (timeline(back()),), (timeline(away()),), (timeline(cut_off()),)


def claimed(judge=returns, **roles):
    lab = small()
    lab.claim("it-returns", **{"tested": TESTED, "blank": BLANK, "standard": STANDARD} | roles)(judge)
    return lab.claims[0]


def court(claim=None, *, lacking=(), verdicts=None, **cells):
    found = {f"crash @ {name.replace('_', ' ')}": timelines for name, timelines in cells.items()}
    recorded = Recorded(found, {name: len(timelines) for name, timelines in found.items()})
    return Court(claim or claimed(), recorded, verdicts or {}, frozenset(lacking))


def settled(claim=None, **cells):
    return court(claim, **cells).settle()


# -- blank and standard


def test_what_holds_and_fails_on_the_blank_is_confirmed():
    verdict = settled(tested=BACK, blank=AWAY)
    assert verdict.grade is Grade.CONFIRMED
    assert verdict.measured == {"back_s": 1.0}


@pytest.mark.parametrize("blank", [BACK, CUT, ()], ids=["holds", "is unsound", "was not run"])
def test_what_holds_while_the_blank_does_not_fail_is_inconclusive(blank):
    verdict = settled(tested=BACK, blank=blank)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "blank-failed")
    assert "crash @ blank" in verdict.sentence


def test_what_fails_while_the_standard_holds_is_refuted():
    verdict = settled(tested=AWAY, standard=BACK)
    assert (verdict.grade, verdict.sentence) == (Grade.REFUTED, "it stayed away")


@pytest.mark.parametrize("standard", [AWAY, CUT, ()], ids=["fails", "is unsound", "was not run"])
def test_what_fails_while_the_standard_does_not_hold_is_inconclusive(standard):
    verdict = settled(tested=AWAY, standard=standard)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "standard-failed")
    assert "crash @ standard" in verdict.sentence


def test_a_refutation_does_not_ask_the_blank_nor_a_confirmation_the_standard():
    assert settled(tested=AWAY, standard=BACK, blank=CUT).grade is Grade.REFUTED
    assert settled(tested=BACK, blank=AWAY, standard=CUT).grade is Grade.CONFIRMED


def test_a_return_elsewhere_on_the_site_that_took_long_makes_the_window_too_short():
    quick, slow = (timeline(back(2.0)),), (timeline(back(2.1)),)
    assert settled(tested=AWAY, standard=quick).grade is Grade.REFUTED
    verdict = settled(tested=AWAY, standard=slow)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "window-too-short")


def test_one_in_another_run_or_on_another_site_does_not():
    there = cell("standard", cluster)
    assert settled(tested=AWAY, standard=(timeline(back(5.0), run="run-2"),)).grade is Grade.REFUTED
    assert settled(claimed(standard=there), tested=AWAY, standard=(timeline(back(5.0)),)).grade is Grade.REFUTED


def test_roles_take_the_place_of_as_many_trials_as_they_name():
    def both(one: Trials = TESTED, other: Trials = ONE) -> Verdict:
        return holds("both") if one.restored() and other.restored() else fails("not both")

    one_of_two, two_of_two = claimed(both, tested=()), claimed(both, tested=(), standard=(STANDARD, OTHER))
    cells = {"tested": AWAY, "without_one": AWAY, "standard": BACK, "without_the_other": BACK}
    assert settled(one_of_two, **cells).reason == "standard-failed"  # its second trial stays away
    assert settled(two_of_two, **cells).grade is Grade.REFUTED


# -- comparisons


def quicker(one: Trials = TESTED, other: Trials = STANDARD) -> Verdict:
    first, second = one.restored(), other.restored()
    if not first or not second:
        return unsettled("incomparable", "one of them stayed away")
    return holds("quicker") if first.shorter(second) else fails("not quicker")


def compared(first_s, second_s, **cells):
    claim = claimed(quicker, tested=(), standard=(STANDARD, TESTED), blank=(BLANK, STANDARD))
    return settled(claim, tested=(timeline(back(first_s)),), standard=(timeline(back(second_s)),), **cells)


def test_a_comparison_that_fails_is_refuted_where_it_holds_the_other_way_round():
    assert compared(2.0, 1.5).grade is Grade.REFUTED


def test_a_comparison_of_equals_is_not_refuted():
    verdict = compared(1.0, 1.0)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "standard-failed")


def test_a_comparison_that_holds_still_needs_its_blank():
    assert compared(1.5, 2.0, blank=(timeline(back(2.5)),)).grade is Grade.CONFIRMED
    assert compared(1.5, 2.0, blank=(timeline(back(1.3)),)).reason == "blank-failed"


def test_trials_on_both_sides_of_a_limit_leave_it_open():
    def soon(crashed: Trials = TESTED) -> Verdict:
        span = crashed.restored()
        return holds("soon") if span and span.within(1.5) else fails("late")

    both = (timeline(back(1.0), 1), timeline(back(2.0), 2))
    assert settled(claimed(soon, tested=()), tested=both, blank=AWAY, standard=BACK).reason == "trials-differ"


# -- conditions

GIVEN = {"one": ONE, "the other": OTHER}


@pytest.mark.parametrize(
    ("without_one", "without_the_other", "grade", "given"),
    [
        (AWAY, AWAY, Grade.CONDITIONAL, ("one", "the other")),
        (AWAY, BACK, Grade.CONDITIONAL, ("one",)),
        (BACK, AWAY, Grade.CONDITIONAL, ("the other",)),
        (BACK, BACK, Grade.CONFIRMED, ()),
    ],
)
def test_only_what_refutes_by_its_absence_is_a_condition(without_one, without_the_other, grade, given):
    cells = {"without_one": without_one, "without_the_other": without_the_other}
    verdict = settled(claimed(given=GIVEN), tested=BACK, blank=AWAY, **cells)
    assert (verdict.grade, verdict.given) == (grade, given)


@pytest.mark.parametrize("unclear", [CUT, ()], ids=["unsound", "not run"])
@pytest.mark.parametrize("which", ["without_one", "without_the_other"])
def test_a_condition_that_was_not_shown_leaves_it_open(which, unclear):
    cells = {"without_one": AWAY, "without_the_other": AWAY} | {which: unclear}
    verdict = settled(claimed(given=GIVEN), tested=BACK, blank=AWAY, **cells)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "condition-failed")


def test_conditions_do_not_stand_in_for_the_blank():
    cells = {"without_one": AWAY, "without_the_other": AWAY}
    assert settled(claimed(given=GIVEN), tested=BACK, blank=BACK, **cells).reason == "blank-failed"


def test_of_what_is_refuted_no_conditions_are_asked():
    assert settled(claimed(given=GIVEN), tested=AWAY, standard=BACK, without_one=CUT).grade is Grade.REFUTED


# -- what a host lacks

SPECIAL = cell("special", replace(engine, name="special", needs=frozenset({"swap accounting", "a second disk"})))


def test_a_claim_whose_site_needs_what_the_host_lacks_is_unavailable_and_says_what():
    claim = claimed(tested=SPECIAL)
    verdict = settled(claim, special=BACK, blank=AWAY, lacking={"swap accounting", "a GPU"})
    assert (verdict.grade, verdict.sentence) == (Grade.UNAVAILABLE, "this host lacks swap accounting")
    assert settled(claim, special=BACK, blank=AWAY, lacking={"a GPU"}).grade is Grade.CONFIRMED


@pytest.mark.parametrize(
    ("roles", "tested"),
    [({"blank": SPECIAL}, BACK), ({"standard": SPECIAL}, AWAY), ({"given": {"it": SPECIAL}}, BACK)],
    ids=["blank", "standard", "given"],
)
def test_where_the_control_cannot_be_run_nothing_passes(roles, tested):
    verdict = settled(claimed(**roles), tested=tested, blank=AWAY, standard=BACK, lacking={"swap accounting"})
    assert (verdict.grade, verdict.sentence) == (Grade.UNAVAILABLE, "this host lacks swap accounting")


# -- derived


def test_a_derived_claim_follows_from_the_verdicts_alone():
    def judge(one: Verdict, other: Verdict) -> Verdict:
        return holds("both") if one.grade is other.grade else fails("not both")

    claim = claimed(judge, tested=(verdict_of("c"), verdict_of("d")), blank=(), standard=())
    two = {"c": holds("x"), "d": fails("y")}
    assert settled(claim, verdicts=two).grade is Grade.REFUTED
    assert settled(claim, verdicts=two | {"d": holds("y")}).grade is Grade.CONFIRMED
    for open_, said in ((unsettled("r", "y"), "INCONCLUSIVE"), (unavailable("swap"), "UNAVAILABLE")):
        verdict = settled(claim, verdicts=two | {"d": open_})
        assert (verdict.reason, verdict.sentence) == ("not-derived", f"d is {said}")
    assert settled(claim, verdicts={"c": holds("x")}).sentence == "d is not judged"


# -- judges


def raises(error):
    def judge(crashed: Trials) -> Verdict:
        raise error

    return judge


def test_a_judge_that_stumbles_has_not_judged():
    verdict = settled(claimed(raises(ZeroDivisionError("by zero"))), tested=BACK, blank=AWAY)
    assert (verdict.reason, verdict.sentence) == ("judge-raised", "ZeroDivisionError: by zero")


def test_why_a_recording_does_not_answer_is_passed_on():
    verdict = settled(claimed(raises(NotShown("too-few-samples", "3 of 20"))), tested=BACK, blank=AWAY)
    assert (verdict.grade, verdict.reason, verdict.sentence) == (Grade.INCONCLUSIVE, "too-few-samples", "3 of 20")


@pytest.mark.parametrize(("cells", "reason"), [({}, "no-trial"), ({"tested": CUT}, "lines-lost")])
def test_the_accessors_reasons_become_the_verdicts(cells, reason):
    assert settled(**cells, blank=AWAY, standard=BACK).reason == reason


def test_a_judge_that_stumbles_over_the_blank_alone_confirms_nothing():
    claim = claimed(lambda crashed: holds(f"back after {crashed.restored().median_s}"))  # None has no median
    assert settled(claim, tested=BACK, blank=AWAY).reason == "blank-failed"


@pytest.mark.parametrize(
    "said", [Verdict(Grade.CONDITIONAL, "so it says", given=("one",)), unavailable("x"), None, True]
)
def test_a_judge_can_say_nothing_but_that_it_holds_or_fails_or_is_open(said):
    verdict = settled(claimed(lambda crashed: said), tested=BACK, blank=BACK)
    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "judge-raised")


def test_a_judge_that_leaves_it_open_is_believed():
    open_ = unsettled("too-close", "within the resolution")
    assert settled(claimed(lambda crashed: open_), tested=BACK, blank=AWAY) == open_


def test_settling_changes_neither_the_claim_nor_the_recordings():
    claim = claimed(given={"one": ONE})
    cells = {"tested": BACK, "blank": AWAY, "without_one": AWAY}
    assert settled(claim, **cells) == settled(claim, **cells)
    assert claim.cells["crash @ tested"].timelines == ()


# -- for whoever looks closer


def test_to_each_that_the_judge_can_be_asked_about_it_gives_an_account():
    found = court(claimed(given={"one": ONE}), tested=BACK, blank=AWAY, standard=BACK, without_one=CUT).account()
    assert [(a.role, a.cells, str(a.verdict.grade)) for a in found] == [
        ("tested", ("crash @ tested",), "CONFIRMED"), ("blank", ("crash @ blank",), "REFUTED"),
        ("standard", ("crash @ standard",), "CONFIRMED"), ("without one", ("crash @ without one",), "INCONCLUSIVE"),
    ]  # fmt: skip


def test_it_knows_which_trials_watched_too_little():
    of = court(tested=(timeline(away(10.1), 1), timeline(away(15.1), 2)), standard=(timeline(back(3.0)),), blank=BACK)
    assert of.short().keys() == {("crash @ tested", ("run-1", 1))}
