"""How a verdict comes about, on a tiny lab whose recordings are written by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness import court
from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.scenario import Scenario, Trials
from harness.model.site import Kind, Site, cluster, engine
from harness.model.verdict import Grade, NotShown, Verdict, fails, holds, unavailable, unsettled
from tests.unit.crashes import away, back, cut_off

CRASH = Scenario("crash", "It crashes.", lambda _t: None)
TESTED = CRASH @ Arm("tested", engine, Run(restart="always"))
BLANK = CRASH @ Arm("blank", engine, Run())
STANDARD = CRASH @ Arm("standard", engine, Run(restart="always"))
ONE = CRASH @ Arm("without one", engine, Run())
OTHER = CRASH @ Arm("without the other", engine, Run())
BACK, AWAY, CUT = (back(),), (away(),), (cut_off(),)


def returns(crashed: Trials = TESTED) -> Verdict:
    span = crashed.restored()
    return holds(f"back after {span}", back_s=span.median_s) if span else fails("it stayed away")


def claimed(judge=returns, **roles):
    lab = Lab("Does it come back?")
    lab.claim("it-returns", **{"blank": BLANK, "standard": STANDARD} | roles)(judge)
    return lab.claims[0]


def settled(claim=None, *, lacking=frozenset(), **cells) -> Verdict:
    recorded = {f"crash @ {name.replace('_', ' ')}": timelines for name, timelines in cells.items()}
    return court.settle(claim or claimed(), recorded, frozenset(lacking))


# -- blank and standard --------------------------------------------------------------------------------------------


def test_what_holds_and_fails_on_the_blank_is_confirmed():
    verdict = settled(tested=BACK, blank=AWAY)

    assert verdict.grade is Grade.CONFIRMED
    assert verdict.measured == {"back_s": pytest.approx(1.0)}


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


def test_a_return_elsewhere_that_took_too_long_opens_a_window_that_would_have_been_long_enough():
    assert settled(tested=AWAY, standard=(back(3.0),)).grade is Grade.REFUTED
    assert settled(tested=AWAY, standard=(back(3.5),)).reason == "window-too-short"


def test_a_slow_return_in_another_run_does_not():
    assert settled(tested=AWAY, standard=(back(3.5, run="run-2"),)).grade is Grade.REFUTED


def test_a_slow_return_on_another_site_does_not():
    there = CRASH @ Arm("standard", cluster, Run())

    assert settled(claimed(standard=there), tested=AWAY, standard=(back(3.5),)).grade is Grade.REFUTED


# -- comparisons ---------------------------------------------------------------------------------------------------


def quicker(one: Trials = TESTED, other: Trials = STANDARD) -> Verdict:
    first, second = one.restored(), other.restored()
    if not first or not second:
        return unsettled("incomparable", "one of them stayed away")
    return holds("quicker") if first.median_s < second.median_s else fails("not quicker")


def compared(**cells) -> Verdict:
    return settled(claimed(quicker, standard=None, swap=True), **cells)


def test_a_comparison_that_fails_is_refuted_where_it_holds_the_other_way_round():
    assert compared(tested=(back(2.0),), standard=(back(1.5),)).grade is Grade.REFUTED


def test_a_comparison_of_equals_is_not_refuted():
    verdict = compared(tested=BACK, standard=BACK)

    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "standard-failed")
    assert "the other way round" in verdict.sentence


def test_a_comparison_that_holds_still_needs_its_blank():
    sides = {"tested": (back(1.5),), "standard": (back(2.0),)}

    assert compared(**sides, blank=(back(2.5),)).grade is Grade.CONFIRMED
    assert compared(**sides, blank=(back(1.3),)).reason == "blank-failed"


def test_a_comparison_has_two_sides():
    with pytest.raises(TypeError, match="two sides"):
        claimed(returns, standard=None, swap=True)


def test_a_claim_that_could_never_be_seen_to_hold_cannot_be_declared():
    with pytest.raises(TypeError, match="standard"):
        claimed(standard=None)


def test_a_judge_whose_parameters_have_no_cells_cannot_be_declared():
    with pytest.raises(TypeError, match="default"):
        claimed(lambda crashed: holds("x"))


# -- conditions ----------------------------------------------------------------------------------------------------

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

    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "condition-not-shown")


def test_conditions_do_not_stand_in_for_the_blank():
    cells = {"without_one": AWAY, "without_the_other": AWAY}

    assert settled(claimed(given=GIVEN), tested=BACK, blank=BACK, **cells).reason == "blank-failed"


def test_of_what_is_refuted_no_conditions_are_asked():
    assert settled(claimed(given=GIVEN), tested=AWAY, standard=BACK, without_one=CUT).grade is Grade.REFUTED


# -- what a host lacks ---------------------------------------------------------------------------------------------

special = Site("special", Kind.ENGINE, needs=frozenset({"swap accounting", "a second disk"}))
SPECIAL = CRASH @ Arm("special", special, Run())


def returns_there(crashed: Trials = SPECIAL) -> Verdict:
    return returns(crashed)


def test_a_claim_whose_site_needs_what_the_host_lacks_is_unavailable_and_says_what():
    verdict = settled(claimed(returns_there), special=BACK, blank=AWAY, lacking={"swap accounting", "a GPU"})

    assert verdict.grade is Grade.UNAVAILABLE
    assert "swap accounting" in verdict.sentence
    assert "GPU" not in verdict.sentence
    assert "disk" not in verdict.sentence


def test_nothing_is_unavailable_where_nothing_that_is_needed_is_lacking():
    assert settled(claimed(returns_there), special=BACK, blank=AWAY, lacking={"a GPU"}).grade is Grade.CONFIRMED


@pytest.mark.parametrize(
    ("roles", "tested"),
    [({"blank": SPECIAL}, BACK), ({"standard": SPECIAL}, AWAY), ({"given": {"it": SPECIAL}}, BACK)],
    ids=["blank", "standard", "given"],
)
def test_where_the_control_cannot_be_run_nothing_passes(roles, tested):
    verdict = settled(claimed(**roles), tested=tested, blank=AWAY, standard=BACK, lacking={"swap accounting"})

    assert verdict.grade is Grade.UNAVAILABLE
    assert "swap accounting" in verdict.sentence


def test_an_optional_cell_that_cannot_be_run_is_handed_over_as_none():
    seen = []

    def perhaps(crashed: Trials = TESTED, there: Trials | None = SPECIAL) -> Verdict:
        seen.append(there)
        return returns(crashed)

    assert settled(claimed(perhaps), tested=BACK, blank=AWAY, lacking={"a second disk"}).grade is Grade.CONFIRMED
    assert seen == [None, None]


def test_an_optional_cell_that_can_be_run_is_handed_over():
    def perhaps(crashed: Trials = TESTED, there: Trials | None = SPECIAL) -> Verdict:
        return returns(crashed) if there and there.restored() else fails("x")

    assert settled(claimed(perhaps), tested=BACK, blank=AWAY, special=BACK).grade is Grade.CONFIRMED
    assert settled(claimed(perhaps), tested=BACK, blank=AWAY, special=()).reason == "no-trial"


# -- judges --------------------------------------------------------------------------------------------------------


def raises(error: Exception):
    def judge(crashed: Trials = TESTED) -> Verdict:
        raise error

    return judge


def test_a_judge_that_stumbles_has_not_judged():
    verdict = settled(claimed(raises(ZeroDivisionError("by zero"))), tested=BACK, blank=AWAY)

    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "judge-raised")
    assert "ZeroDivisionError: by zero" in verdict.sentence


def test_why_a_recording_does_not_answer_is_passed_on():
    verdict = settled(claimed(raises(NotShown("too-few-samples", "3 of 20"))), tested=BACK, blank=AWAY)

    assert (verdict.grade, verdict.reason, verdict.sentence) == (Grade.INCONCLUSIVE, "too-few-samples", "3 of 20")


@pytest.mark.parametrize(("cells", "reason"), [({}, "no-trial"), ({"tested": CUT}, "broke-off")])
def test_the_accessors_reasons_become_the_verdicts(cells, reason):
    assert settled(**cells, blank=AWAY, standard=BACK).reason == reason


def test_a_judge_that_stumbles_over_the_blank_alone_confirms_nothing():
    def judge(crashed: Trials = TESTED) -> Verdict:
        return holds(f"back after {crashed.restored().median_s}")  # None has no median

    assert settled(claimed(judge), tested=BACK, blank=AWAY).reason == "blank-failed"


def test_a_judge_cannot_grant_itself_a_condition_past_the_blank():
    def judge(crashed: Trials = TESTED) -> Verdict:
        return Verdict(Grade.CONDITIONAL, "so it says", given=("one",))

    assert settled(claimed(judge), tested=BACK, blank=BACK).grade is Grade.INCONCLUSIVE


def test_a_judge_that_answers_nothing_has_not_judged():
    def judge(crashed: Trials = TESTED):
        crashed.restored()

    assert settled(claimed(judge), tested=BACK, blank=AWAY).grade is Grade.INCONCLUSIVE


def test_a_judge_that_leaves_it_open_is_believed():
    def judge(crashed: Trials = TESTED) -> Verdict:
        return unsettled("too-close", "within the resolution")

    assert settled(claimed(judge), tested=BACK, blank=AWAY) == unsettled("too-close", "within the resolution")


def test_a_verdict_is_neither_true_nor_false():
    for verdict in (holds("x"), fails("x"), unsettled("r", "x"), unavailable("x")):
        with pytest.raises(TypeError, match="grade"):
            bool(verdict)


def test_settling_changes_neither_the_claim_nor_the_recordings():
    claim = claimed(given={"one": ONE})
    cells = {"tested": BACK, "blank": AWAY, "without_one": AWAY}

    assert settled(claim, **cells) == settled(claim, **cells)
    assert claim.cells["crashed"].timelines == ()


# -- parts ---------------------------------------------------------------------------------------------------------

WORST_FIRST = [Grade.REFUTED, Grade.INCONCLUSIVE, Grade.UNAVAILABLE, Grade.CONDITIONAL, Grade.CONFIRMED]


@pytest.mark.parametrize("worse", WORST_FIRST)
@pytest.mark.parametrize("better", WORST_FIRST)
def test_the_worst_part_gives_the_word(worse, better):
    if WORST_FIRST.index(worse) > WORST_FIRST.index(better):
        worse, better = better, worse
    combined = court.combine({"a": Verdict(better, "one"), "b": Verdict(worse, "two", reason="why")})

    assert combined.grade is worse
    assert combined.sentence == "a: one; b: two"


def test_a_conditional_claim_has_the_conditions_of_all_its_parts_each_once():
    parts = {
        "a": Verdict(Grade.CONDITIONAL, "x", given=("one", "two")),
        "b": Verdict(Grade.CONFIRMED, "x"),
        "c": Verdict(Grade.CONDITIONAL, "x", given=("two", "three")),
    }

    assert court.combine(parts).given == ("one", "two", "three")


def test_what_is_not_conditional_as_a_whole_has_no_conditions():
    parts = {"a": Verdict(Grade.CONDITIONAL, "x", given=("one",)), "b": Verdict(Grade.REFUTED, "x")}

    assert court.combine(parts).given == ()


def test_numbers_of_parts_begin_with_the_parts_letter():
    assert court.combine({"a": holds("x", back_s=1.0), "b": fails("y", back_s=2.0)}).measured == {
        "a_back_s": 1.0,
        "b_back_s": 2.0,
    }


def test_a_claim_without_parts_is_its_verdict():
    assert court.combine({"": holds("x", back_s=1.0)}) == holds("x", back_s=1.0)


def test_claims_of_one_judge_are_kept_in_the_order_in_which_they_are_read():
    lab = Lab("?")

    @lab.claim("first", tested=TESTED, blank=BLANK, standard=STANDARD)
    @lab.claim("second", tested=SPECIAL, blank=BLANK, standard=STANDARD)
    def returns_each(crashed: Trials) -> Verdict:
        return returns(crashed)

    assert [(c.id, *c.cells.values()) for c in lab.claims] == [("first", TESTED), ("second", SPECIAL)]


def test_a_judge_whose_cell_is_named_nowhere_is_refused():
    with pytest.raises(TypeError, match="needs a default"):

        @Lab("?").claim("it", blank=BLANK, standard=STANDARD)
        def returns_each(crashed: Trials) -> Verdict:
            return returns(crashed)


def test_all_parts_are_settled_in_the_order_of_the_claims():
    lab = Lab("?")
    for id_, part in (("p", "a"), ("q", ""), ("p", "b")):
        lab.claim(id_, part=part, blank=BLANK, standard=STANDARD)(lambda crashed=TESTED: returns(crashed))
    found = court.settle_all(lab.claims, {TESTED.cell: BACK, BLANK.cell: AWAY})

    assert list(found) == ["p", "q"]
    assert list(found["p"]) == ["a", "b"]
    assert all(v.grade is Grade.CONFIRMED for parts in found.values() for v in parts.values())


# -- derived -------------------------------------------------------------------------------------------------------


@dataclass
class Counted:
    times: int = 0

    def __call__(self, verdicts):
        self.times += 1
        both = {verdicts["one"].grade, verdicts["two"].grade}
        return holds("both") if both == {Grade.CONFIRMED} else fails("not both")


def test_a_derived_claim_follows_from_the_verdicts_alone():
    function = Counted()

    assert court.derive(function, {"one": holds("x"), "two": holds("y")}).grade is Grade.CONFIRMED
    assert court.derive(function, {"one": holds("x"), "two": fails("y")}).grade is Grade.REFUTED
    assert function.times == 2


def test_a_derived_claim_stays_open_while_a_verdict_is_missing():
    verdict = court.derive(Counted(), {"one": holds("x")})

    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "no-verdict")
    assert "two" in verdict.sentence
