"""What a run came to, beside what was expected."""

from __future__ import annotations

import pytest

from harness import outcome
from harness.model.errors import Problem
from harness.model.verdict import Grade, Verdict, fails, holds, unavailable, unsettled
from harness.outcome import Finding, exit_code
from harness.register import Claim, Part, Register

NONE: frozenset[str] = frozenset()


def entry(expected: Grade, *parts: Part, given: tuple[str, ...] = ()) -> Register:
    return Register((Claim("c", "lab", "topic", ("s",), "It is so.", expected, "why", given, parts=parts),))


def one(verdict: Verdict, expected: Grade = Grade.CONFIRMED, given: tuple[str, ...] = ()) -> Finding:
    return outcome.finding("lab", "c", {"": verdict}, entry(expected, given=given))


CONDITIONAL = Verdict(Grade.CONDITIONAL, "x", given=("an HPA",))


@pytest.mark.parametrize(
    ("findings", "leftovers", "allowed", "code"),
    [
        ([one(holds("x"))], 0, NONE, 0),
        ([one(fails("x"), Grade.REFUTED)], 0, NONE, 0),
        ([one(CONDITIONAL, Grade.CONDITIONAL, ("an HPA",))], 0, NONE, 0),
        ([one(fails("x"))], 0, NONE, 1),
        ([one(holds("x"), Grade.REFUTED)], 0, NONE, 1),
        ([one(CONDITIONAL)], 0, NONE, 1),
        ([one(CONDITIONAL, Grade.CONDITIONAL, ("a CPU request",))], 0, NONE, 1),
        ([one(CONDITIONAL, Grade.CONDITIONAL, ("an HPA", "a CPU request"))], 0, NONE, 1),
        ([one(unsettled("broke-off", "x"))], 0, NONE, 3),
        ([one(unsettled("broke-off", "x"))], 0, frozenset({"c"}), 3),
        ([one(holds("x")), one(unsettled("broke-off", "x"))], 0, NONE, 3),
        ([one(unsettled("broke-off", "x")), one(fails("x"))], 0, NONE, 1),
        ([one(unavailable("swap"))], 0, NONE, 1),
        ([one(unavailable("swap"))], 0, frozenset({"c"}), 0),
        ([one(unavailable("swap"))], 0, frozenset({"another"}), 1),
        ([one(unavailable("swap")), one(unsettled("r", "x"))], 0, frozenset({"c"}), 3),
        ([one(fails("x"))], 0, frozenset({"c"}), 1),
        ([], 0, NONE, 5),
        ([], 1, NONE, 6),
        ([one(holds("x"))], 1, NONE, 6),
        ([one(fails("x"))], 2, NONE, 6),
    ],
)
def test_the_worst_that_happened_decides_the_exit_code(findings, leftovers, allowed, code):
    assert exit_code(findings, leftovers, allowed) == code


def test_conditions_are_compared_without_their_order():
    found = Verdict(Grade.CONDITIONAL, "x", given=("b", "a"))

    assert one(found, Grade.CONDITIONAL, ("a", "b")).as_expected


A = Part("a", "A.", Grade.REFUTED)
B = Part("b", "B.", Grade.CONDITIONAL, ("b1",))
C = Part("c", "C.", Grade.CONFIRMED)
D = Part("d", "D.", Grade.CONDITIONAL, ("d1", "b1"))


def built(register: Register, **parts: Verdict) -> Finding:
    return outcome.finding("lab", "c", parts, register)


@pytest.mark.parametrize(
    ("parts", "expected", "given", "missing"),
    [
        ("abcd", "REFUTED", (), ()),
        ("b", "CONDITIONAL", ("b1",), ("a", "c", "d")),
        ("bd", "CONDITIONAL", ("b1", "d1"), ("a", "c")),
        ("c", "CONFIRMED", (), ("a", "b", "d")),
        ("bc", "CONDITIONAL", ("b1",), ("a", "d")),
        ("ac", "REFUTED", (), ("b", "d")),
    ],
)
def test_of_a_claim_that_is_half_built_only_what_is_built_can_be_expected(parts, expected, given, missing):
    register = entry(Grade.REFUTED, A, B, C, D)
    finding = built(register, **{name: holds("x") for name in parts})

    assert (finding.expected, finding.expected_given, finding.not_built) == (expected, given, missing)


def test_a_half_built_claim_is_as_expected_by_its_built_parts_and_names_the_others():
    finding = built(entry(Grade.REFUTED, A, B), b=Verdict(Grade.CONDITIONAL, "x", given=("b1",)))

    assert finding.as_expected
    assert finding.document()["parts_not_built"] == ["a"]


def test_a_part_that_turned_out_otherwise_shows():
    finding = built(entry(Grade.REFUTED, A, B), a=fails("x"), b=holds("y"))

    assert finding.verdict.grade is Grade.REFUTED
    assert finding.document()["parts"] == {"a": "REFUTED", "b": "CONFIRMED"}


def test_a_part_that_contradicts_the_register_is_not_as_expected_though_the_whole_is():
    finding = built(entry(Grade.REFUTED, A, C), a=fails("x"), c=fails("y"))

    assert not finding.as_expected
    assert exit_code([finding], 0, NONE) == 1


def test_a_part_that_is_open_leaves_the_run_open_though_another_part_is_refuted():
    finding = built(entry(Grade.REFUTED, A, C), a=fails("x"), c=unsettled("broke-off", "y"))

    assert exit_code([finding], 0, NONE) == 3


def test_what_the_register_does_not_know_is_told():
    with pytest.raises(Problem, match="nothing"):
        outcome.finding("lab", "nothing", {"": holds("x")}, entry(Grade.CONFIRMED))


def test_a_finding_is_written_down_with_what_was_measured_and_expected():
    document = one(holds("back", back_s=1.5), Grade.REFUTED).document()

    assert document == {
        "id": "c",
        "lab": "lab",
        "verdict": "CONFIRMED",
        "given": [],
        "reason": None,
        "expected": "REFUTED",
        "sentence": "back",
        "measured": {"back_s": 1.5},
        "parts": {},
        "parts_not_built": [],
    }
