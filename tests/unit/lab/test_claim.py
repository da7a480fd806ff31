"""Claims: which judge is asked about what, and what it takes to settle them."""

from __future__ import annotations

import pytest

from harness import Lab, Trials, Verdict, fails, holds, verdict_of
from harness.lab.claim import Of
from tests.support.trials import cell, returns, small

TESTED, OTHER, BLANK, STANDARD, ONE = (cell(n) for n in ("tested", "other", "blank", "standard", "without one"))
ROLES = {"blank": BLANK, "standard": STANDARD}
C, D = verdict_of("c"), verdict_of("d")


def ids(cells):
    return [t.arm.name for t in cells]


def test_a_lab_has_a_question_and_is_called_as_its_file():
    lab = Lab("Does it?\n", "labs.setup_and_scale")
    assert (lab.name, lab.question) == ("setup-and-scale", "Does it?")
    with pytest.raises(TypeError, match="docstring"):
        Lab(None, "labs.x")


def test_a_judge_is_asked_about_the_defaults_of_its_parameters():
    lab = small()

    @lab.claim("c", **ROLES)
    def judge(one: Trials = TESTED, other: Trials = OTHER) -> Verdict:
        return holds("x")

    (claim,) = lab.claims
    assert claim.asks == {"one": TESTED, "other": OTHER}
    assert (claim.judge, claim.id, claim.part) == (judge, "c", "")


def test_what_is_tested_may_be_named_where_the_judge_is_registered():
    lab = small()
    lab.claim("a", tested=TESTED, **ROLES)(returns)
    lab.claim("b", tested=(OTHER,), **ROLES)(returns)
    assert {c.id: list(c.asks.values()) for c in lab.claims} == {"a": [TESTED], "b": [OTHER]}


def test_claims_of_one_judge_are_kept_in_the_order_in_which_they_are_read():
    lab = small()

    @lab.claim("first", tested=TESTED, **ROLES)
    @lab.claim("second", tested=OTHER, **ROLES)
    def judge(crashed: Trials) -> Verdict:
        return holds("x")

    @lab.claim("third", tested=TESTED, **ROLES)
    def another(crashed: Trials) -> Verdict:
        return holds("x")

    assert [c.id for c in lab.claims] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("judge", "roles", "told"),
    [
        (returns, ROLES, "c: each parameter of returns needs a default"),
        (lambda: holds("x"), ROLES, "needs a default"),
        (lambda crashed=3: holds("x"), ROLES, "needs a default"),
        (lambda crashed=TESTED: holds("x"), {"blank": BLANK}, "without blank and standard"),
        (lambda crashed=TESTED: holds("x"), {"standard": STANDARD}, "without blank and standard"),
        (lambda other=D, crashed=TESTED: holds("x"), {}, "without blank and standard"),
    ],
)
def test_a_judge_that_could_never_be_seen_to_fail_or_hold_is_refused(judge, roles, told):
    with pytest.raises(TypeError, match=told):
        small().claim("c", **roles)(judge)


def test_a_judge_of_verdicts_needs_neither():
    lab = small()

    @lab.claim("both")
    def both(one: Verdict = C, other: Verdict = D) -> Verdict:
        return holds("x") if one.grade is other.grade else fails("x")

    assert lab.claims[0].asks == {"one": Of("c"), "other": Of("d")}
    assert lab.claims[0].cells == {}


# -- what it takes


def claimed(**roles):
    lab = small()
    lab.claim("c", tested=TESTED, **ROLES | roles)(returns)
    return lab.claims[0]


def test_the_standard_is_run_first_then_what_is_tested_then_the_rest():
    roles = claimed(given={"one": ONE}).roles
    assert [ids(cells) for cells in roles] == [["standard"], ["tested"], ["blank", "without one"]]
    assert ids(claimed(given={"one": ONE}).cells.values()) == ["standard", "tested", "blank", "without one"]


def test_a_role_may_name_several_trials():
    two = claimed(standard=(STANDARD, OTHER))
    assert [ids(cells) for cells in two.roles] == [["standard", "other"], ["tested"], ["blank"]]


def test_a_lab_has_each_of_its_cells_once():
    lab = small()
    lab.claim("c", **ROLES)(lambda crashed=TESTED: returns(crashed))
    lab.claim("d", **ROLES)(lambda crashed=OTHER: returns(crashed))
    lab.show(ONE, TESTED)
    lab.show(cell("long"), full=True)
    assert ids(lab.cells.values()) == ["standard", "tested", "blank", "other", "without one", "long"]
    assert (ids(lab.shown), ids(lab.long)) == (["without one", "tested"], ["long"])
