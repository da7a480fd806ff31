"""A run as JUnit's XML, which CI systems show as tests: a suite for each lab, a case for each claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.model.timeline import Kind
from harness.model.verdict import Grade
from harness.views.words import clean, in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.court import Recorded
    from harness.journal import Run
    from harness.model.claim import Lab
    from harness.outcome import Finding

Result = TypeVar("Result", Failure, Error)


def text(
    run: Run,
    labs: Iterable[Lab],
    recorded: Mapping[str, Recorded],
    findings: Iterable[Finding],
    folder: str,
) -> str:
    """A verdict that differs is a failure, one that stays open an error, what this host cannot try is skipped."""
    whole: Any = JUnitXml("labs")  # some of its methods have no types
    by_lab = {lab.name: lab for lab in labs}
    for name, lab in by_lab.items():
        suite = TestSuite(name)
        suite.timestamp = str(run.facts.get("began", ""))
        for key, value in _facts(run).items():
            suite.add_property(key, clean(value))
        for one in (f for f in findings if f.lab == name):
            suite.add_testcase(_case(one, _lasted(lab, one, recorded.get(name, {})), folder))
        whole.add_testsuite(suite)
    whole.update_statistics()
    return str(whole.tostring().decode())


def _case(one: Finding, lasted_s: float, folder: str) -> TestCase:
    case = TestCase(one.id, classname=f"labs.{one.lab}", time=round(lasted_s, 3))
    told, account = clean(f"{in_words(one)}: {one.verdict.sentence}"), clean("\n".join(_account(one, folder)))
    if one.verdict.grade is Grade.UNAVAILABLE:
        case.result = [Skipped(told)]
    elif one.verdict.grade is Grade.INCONCLUSIVE:
        case.result = [_with(Error(told, one.verdict.reason), account)]
    elif not one.as_expected:
        case.result = [_with(Failure(told, str(one.verdict.grade)), account)]
    elif one.open:
        case.result = [_with(Error(told, "open-part"), account)]
    case.system_out = account
    return case


def _with(result: Result, account: str) -> Result:
    result.text = account
    return result


def _account(one: Finding, folder: str) -> list[str]:
    given = f" with {', '.join(one.expected_given)}" if one.expected_given else ""
    parts = [f"part {name}: {v.grade}: {v.sentence}" for name, v in one.parts.items() if name]
    measured = [f"{name} = {value:g}" for name, value in one.verdict.measured.items()]
    return [
        f"sentence: {one.sentence}",
        f"expected: {one.expected}{given}",
        f"found: {one.verdict.grade}: {one.verdict.sentence}",
        *parts,
        *measured,
        f"recorded in {folder}: labs judge {folder}",
    ]


def _lasted(lab: Lab, one: Finding, recorded: Recorded) -> float:
    """All trials that the claim rests on, added up: many ran side by side, and serve other claims as well."""
    cells = {t.cell for claim in lab.claims if claim.id == one.id for t in claim.trials}
    ends = (t.last(Kind.MARK, "end") for cell in cells for t in recorded.get(cell, ()))
    return sum(end.at_s for end in ends if end is not None)


def _facts(run: Run) -> dict[str, str]:
    engine, kubernetes = run.facts.get("engine", {}), run.facts.get("kubernetes", {})
    return {
        "run": run.id,
        "seed": str(run.facts.get("seed", "")),
        "engine": str(engine.get("version", "")),
        "kubernetes": str(kubernetes.get("version", "")),
    }
