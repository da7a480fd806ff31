"""The five words, and what several of them make together."""

from __future__ import annotations

import pytest

from harness.model.verdict import Grade, Verdict, combine, fails, holds, unavailable, unsettled, whole

WORST_FIRST = [Grade.REFUTED, Grade.INCONCLUSIVE, Grade.UNAVAILABLE, Grade.CONDITIONAL, Grade.CONFIRMED]


@pytest.mark.parametrize("worse", WORST_FIRST)
@pytest.mark.parametrize("better", WORST_FIRST)
def test_the_worst_part_gives_the_word(worse, better):
    if WORST_FIRST.index(worse) > WORST_FIRST.index(better):
        worse, better = better, worse
    combined = combine({"a": Verdict(better, "one"), "b": Verdict(worse, "two", reason="why")})
    assert combined.grade is worse
    assert combined.sentence == "a: one; b: two"


def test_the_reason_is_the_worst_ones():
    assert combine({"a": holds("x"), "b": unsettled("no-receipt", "y")}).reason == "no-receipt"


def test_a_conditional_claim_has_the_conditions_of_all_its_parts_each_once():
    parts = {
        "a": Verdict(Grade.CONDITIONAL, "x", given=("one", "two")),
        "b": Verdict(Grade.CONFIRMED, "x"),
        "c": Verdict(Grade.CONDITIONAL, "x", given=("two", "three")),
    }
    assert combine(parts).given == ("one", "two", "three")
    assert whole({name: (v.grade, v.given) for name, v in parts.items()}) == (
        Grade.CONDITIONAL, ("one", "two", "three"),
    )  # fmt: skip


def test_what_is_not_conditional_as_a_whole_has_no_conditions():
    parts = {"a": Verdict(Grade.CONDITIONAL, "x", given=("one",)), "b": Verdict(Grade.REFUTED, "x")}
    assert combine(parts).given == ()


def test_numbers_of_parts_begin_with_the_parts_letter():
    parts = {"a": holds("x", back_s=1.0), "b": fails("y", back_s=2.0)}
    assert combine(parts).measured == {"a_back_s": 1.0, "b_back_s": 2.0}


def test_a_claim_without_parts_is_its_verdict():
    assert combine({"": holds("x", back_s=1.0)}) == holds("x", back_s=1.0)


def test_a_verdict_is_neither_true_nor_false():
    for verdict in (holds("x"), fails("x"), unsettled("r", "x"), unavailable("x")):
        with pytest.raises(TypeError, match="grade"):
            bool(verdict)


def test_two_of_the_words_decide_nothing():
    assert [grade for grade in Grade if not grade.decided] == [Grade.INCONCLUSIVE, Grade.UNAVAILABLE]
