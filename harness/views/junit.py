"""A run as JUnit's XML, which CI systems show as tests: a suite for each lab, a case for each claim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.journal import Recording
from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.lab.claim import Lab
from harness.model.entries import Ended
from harness.model.verdict import Grade
from harness.views.words import clean, in_words

if TYPE_CHECKING:
    from junitparser import Error, Failure, Skipped, TestCase, TestSuite  # loaded where it is written: it takes 70 ms


def text(run: Recording, labs: Iterable[Lab], docket: Docket, findings: Iterable[Finding], folder: str) -> str:
    """A verdict that differs is a failure, one that stays open an error, what this host cannot try is skipped."""
    from junitparser import JUnitXml

    whole: Any = JUnitXml("labs")  # some of its methods have no types
    every = list(findings)
    for lab in {lab.name: lab for lab in labs}.values():
        whole.add_testsuite(_suite(run, lab, docket, [f for f in every if f.lab == lab.name], folder))
    whole.update_statistics()
    return str(whole.tostring().decode())


def _suite(run: Recording, lab: Lab, docket: Docket, findings: list[Finding], folder: str) -> TestSuite:
    from junitparser import TestSuite

    suite = TestSuite(lab.name)
    suite.timestamp = clean(str(run.facts.get("began", "")))
    for key, value in _facts(run).items():
        suite.add_property(key, clean(value))
    for one in findings:
        suite.add_testcase(_case(one, _lasted(lab, one, docket), folder))
    return suite


def _case(one: Finding, lasted_s: float, folder: str) -> TestCase:
    from junitparser import TestCase

    case = TestCase(one.id, classname=f"labs.{one.lab}", time=round(lasted_s, 3))
    account = clean("\n".join(_account(one, folder)))
    if (result := _result(one, account)) is not None:
        case.result = [result]
    case.system_out = account
    return case


def _result(one: Finding, account: str) -> Skipped | Error | Failure | None:
    from junitparser import Error, Failure, Skipped

    told = clean(f"{in_words(one)}: {one.verdict.sentence}")
    if one.verdict.grade is Grade.UNAVAILABLE:
        return Skipped(told)
    result: Error | Failure
    if one.verdict.grade is Grade.INCONCLUSIVE:
        result = Error(told, one.verdict.reason)
    elif not one.as_expected:
        result = Failure(told, str(one.verdict.grade))
    elif one.open:
        result = Error(told, "open-part")
    else:
        return None
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


def _lasted(lab: Lab, one: Finding, docket: Docket) -> float:
    """All trials that the claim rests on, added up: many ran side by side, and serve other claims as well."""
    cells = {name for claim in lab.claims if claim.id == one.id for name in claim.cells}
    timelines = docket.recorded(lab.name).timelines
    return sum(end.at_s for name in cells for t in timelines.get(name, ()) for end in t.of(Ended)[-1:])


def _facts(run: Recording) -> dict[str, str]:
    return {
        "run": run.id,
        "seed": str(run.facts.get("seed", "")),
        "engine": _version(run, "engine"),
        "kubernetes": _version(run, "kubernetes"),
    }


def _version(run: Recording, of: str) -> str:
    said = run.facts.get(of)
    return str(said.get("version", "")) if isinstance(said, dict) else ""
