"""What a run came to, beside what was expected."""

from __future__ import annotations

import pytest

from harness import engine
from harness.journal import Recording
from harness.judging import findings
from harness.judging.docket import Settled
from harness.judging.findings import Finding, exit_code
from harness.judging.register import Claim, Part, Register
from harness.judging.reporting import findings as of_runs
from harness.judging.reporting import lacking_in
from harness.model.errors import Problem
from harness.model.lines import Over
from harness.model.verdict import Grade, Verdict, fails, holds, unavailable, unsettled
from tests.support.trials import away, back, cell, head, plans, returns, small

NONE: frozenset[str] = frozenset()


def entry(expected: Grade, *parts: Part, given: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Register:
    return Register((Claim("c", "lab", "topic", ("s",), "It is so.", expected, "why", given, needs, parts=parts),))


def one(verdict: Verdict, expected: Grade = Grade.CONFIRMED, given: tuple[str, ...] = ()) -> Finding:
    return findings.finding(Settled("lab", "c", {"": verdict}), entry(expected, given=given))


CONDITIONAL = Verdict(Grade.CONDITIONAL, "x", given=("an HPA",))


@pytest.mark.parametrize(
    ("found", "leftovers", "allowed", "code"),
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
def test_the_worst_that_happened_decides_the_exit_code(found, leftovers, allowed, code):
    assert exit_code(found, leftovers, allowed) == code


@pytest.mark.parametrize(
    ("lacking", "other", "code"),
    [
        (["IPVS"], holds("x"), 0),
        (["swap"], holds("x"), 1),
        (["IPVS", "swap"], holds("x"), 1),
        (["IPVS"], fails("x"), 1),
    ],
)
def test_what_the_register_says_that_a_host_needs_is_no_fault_of_a_host_that_lacks_it(lacking, other, code):
    parts = (Part("a", "s", Grade.CONFIRMED), Part("b", "s", Grade.CONFIRMED))
    known = entry(Grade.CONFIRMED, *parts, needs=("IPVS",))
    found = findings.finding(Settled("lab", "c", {"a": unavailable(*lacking), "b": other}), known)
    assert exit_code([found], 0, NONE) == code


def test_a_claim_without_parts_that_this_host_cannot_try_is_excused_by_the_register_too():
    known = entry(Grade.CONFIRMED, needs=("IPVS",))
    assert findings.finding(Settled("lab", "c", {"": unavailable("IPVS")}), known).excused
    assert not findings.finding(Settled("lab", "c", {"": holds("x")}), known).excused


def test_conditions_are_compared_without_their_order():
    found = Verdict(Grade.CONDITIONAL, "x", given=("b", "a"))

    assert one(found, Grade.CONDITIONAL, ("a", "b")).as_expected


A = Part("a", "A.", Grade.REFUTED)
B = Part("b", "B.", Grade.CONDITIONAL, ("b1",))
C = Part("c", "C.", Grade.CONFIRMED)
D = Part("d", "D.", Grade.CONDITIONAL, ("d1", "b1"))


def built(register: Register, **parts: Verdict) -> Finding:
    return findings.finding(Settled("lab", "c", parts), register)


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
        findings.finding(Settled("lab", "nothing", {"": holds("x")}), entry(Grade.CONFIRMED))


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


# -- runs, judged whole

KNOWN = Register(
    (
        Claim("c", "small", "topic", ("s",), "It comes back.", Grade.CONFIRMED, "why"),
        Claim("d", "other", "topic", ("s",), "It comes back.", Grade.CONFIRMED, "why"),
    )
)
TESTED, BLANK, STANDARD = (cell(name, engine) for name in ("tested", "blank", "standard"))


def lab(name="small", id_="c"):
    made = small(name)
    made.claim(id_, tested=TESTED, blank=BLANK, standard=STANDARD)(returns)
    return made


def recording(run="run-1", *, labs=("small",), trouble="", lacking=(), after_s=1.0):
    lines = [head(run)]
    for name in labs:
        for of, entries in ((TESTED, back(after_s)), (BLANK, away()), (STANDARD, back())):
            planned = plans(of, lab=name)
            lines += [planned, *((planned[0], one) for one in entries)]
    return Recording(run, {"labs": list(labs), "lacking": list(lacking)}, lines, trouble)


def words(found):
    return {f.id: f"{f.verdict.grade} {f.verdict.reason}".strip() for f in found}


def test_a_run_is_judged_from_its_lines_alone():
    found, docket = of_runs([lab(), lab("other", "d")], [recording(labs=("small", "other"))], KNOWN)
    assert words(found) == {"c": "CONFIRMED", "d": "CONFIRMED"}
    assert all(f.as_expected for f in found)
    assert docket.recorded("small").wanted == {TESTED.cell: 1, BLANK.cell: 1, STANDARD.cell: 1}


def test_several_runs_are_judged_together():
    found, _ = of_runs([lab()], [recording(), recording("run-2", after_s=2.0)], KNOWN)
    assert found[0].verdict.sentence == "back after 1.5 s (1.0 to 2.0, 2 times)"


def test_lines_that_contradict_one_another_leave_all_of_it_open():
    one = recording()
    doubled = Recording("run-1", one.facts, [*one.lines, *one.lines[1:]])
    found, _ = of_runs([lab()], [doubled], KNOWN)
    assert words(found) == {"c": "INCONCLUSIVE damaged-journal"}
    assert "not judged: two trials are called" in found[0].verdict.sentence


def test_of_a_lab_with_a_damaged_recording_nothing_is_judged_and_of_others_all():
    runs = [recording(trouble="journal.jsonl, line 3: odd"), recording("run-2", labs=("other",))]
    found, _ = of_runs([lab(), lab("other", "d")], runs, KNOWN)
    assert words(found) == {"c": "INCONCLUSIVE damaged-journal", "d": "CONFIRMED"}
    assert exit_code(found, 0, NONE) == 3


def test_what_none_of_the_hosts_could_do_is_lacking():
    assert lacking_in([recording(lacking=("a", "b")), recording(lacking=("b", "c"))]) == {"b"}
    assert lacking_in([recording(lacking=("a",)), recording(lacking=("b",), trouble="odd")]) == {"a"}
    assert lacking_in([]) == NONE


def test_the_document_of_a_run_says_what_it_came_to_and_what_it_left():
    one = recording()
    found, _ = of_runs([lab()], [one], KNOWN)
    assert findings.document(one, found, 0) == {
        "schema": "labs.run/1", "run": "run-1", "exit": 0, "facts": one.facts, "claims": [found[0].document()],
        "leftovers": 0, "wall_s": None,
    }  # fmt: skip
    one.lines.append(("", Over(how="done", wall_s=9.5, left=("a network",))))
    assert findings.document(one, found, 6)["leftovers"] == 1
    assert findings.document(one, found, 6)["wall_s"] == 9.5
