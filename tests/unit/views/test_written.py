"""What a run is written as for CI: JUnit's XML and Markdown, whatever the text within looks like."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.journal import Recording
from harness.judging import catalog
from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.lab.claim import Lab
from harness.model.lines import Over
from harness.model.verdict import Grade, Verdict, unsettled
from harness.views import junit, markdown
from harness.views.words import surprise
from tests.support import folders

FACTS = {"began": "2026-11-20T10:00:00+00:00", "engine": {"version": "26"}, "kubernetes": "none", "seed": 7}
RUN = Recording("r1", FACTS, [("", Over(how="done", wall_s=12.3))])
HOSTILE = "a|b <script>alert(1)</script> \x00\x1b[31m\ufffe\ud800 `x` ]]> & \n# *y* [z](u)"


def finding(grade=Grade.CONFIRMED, *, expected="CONFIRMED", sentence="it was so", parts=None, reason="") -> Finding:
    verdict = Verdict(grade, sentence, reason=reason, measured={"back_s": 1.25})
    return Finding("a-claim", "tiny", "It is so.", verdict, parts or {"": verdict}, (), expected, (), {})


def xml(*findings: Finding, run: Recording = RUN) -> ET.Element:
    lab = Lab("A question?", "labs.tiny")
    return ET.fromstring(junit.text(run, [lab], Docket([lab]), findings, "runs/r1"))  # noqa: S314  (it is our own)


def case(one: Finding) -> ET.Element:
    (found,) = xml(one).iter("testcase")
    return found


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (finding(), None),
        (finding(Grade.REFUTED), "failure"),
        (finding(Grade.REFUTED, expected="REFUTED"), None),
        (finding(Grade.INCONCLUSIVE, reason="stream-lost"), "error"),
        (finding(Grade.UNAVAILABLE), "skipped"),
        (finding(parts={"a": Verdict(Grade.CONFIRMED, ""), "b": Verdict(Grade.INCONCLUSIVE, "")}), "error"),
    ],
)
def test_a_verdict_is_a_test_that_passes_fails_errs_or_is_skipped(one, result):
    found = case(one)
    results = [child.tag for child in found if child.tag != "system-out"]

    assert results == ([result] if result else [])
    assert (found.get("name"), found.get("classname")) == ("a-claim", "labs.tiny")
    assert "It is so." in found.find("system-out").text


@pytest.mark.parametrize("grade", [Grade.REFUTED, Grade.INCONCLUSIVE])
def test_what_fails_or_errs_says_what_was_expected_what_was_found_and_where_it_is_recorded(grade):
    (result,) = (child for child in case(finding(grade, reason="x")) if child.tag != "system-out")

    for said in ("expected: CONFIRMED", f"found: {grade}: it was so", "back_s = 1.25", "labs judge runs/r1"):
        assert said in result.text


def test_the_numbers_of_a_suite_are_those_of_its_cases():
    whole = xml(finding(), finding(Grade.REFUTED), finding(Grade.INCONCLUSIVE), finding(Grade.UNAVAILABLE))
    (suite,) = whole

    for counted in (whole, suite):
        numbers = {name: counted.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert numbers == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}


def test_a_suite_says_what_it_ran_on_and_when():
    (suite,) = xml(finding())
    said = {one.get("name"): one.get("value") for one in suite.iter("property")}

    assert suite.get("timestamp") == "2026-11-20T10:00:00+00:00"
    assert said == {"run": "r1", "seed": "7", "engine": "26", "kubernetes": ""}


def test_a_case_lasted_as_long_as_the_trials_that_it_rests_on():
    bench, run = folders.bench("storage"), folders.recording("storage")
    one = Finding("docker-volumes-persist", "storage", "", Verdict(Grade.CONFIRMED, ""), {}, (), "CONFIRMED", (), {})
    (found,) = ET.fromstring(junit.text(run, bench.labs, bench.docket, [one], "x")).iter("testcase")  # noqa: S314
    cells = {name for claim in catalog.lab("storage").claims for name in claim.cells}
    trials = bench.docket.recorded("storage").timelines
    lasted = [t.entries[-1].at_s for name, ts in trials.items() if name in cells for t in ts]

    assert len(lasted) == 8
    assert float(found.get("time")) == pytest.approx(sum(lasted), abs=0.001)


def test_no_text_can_break_the_xml():
    found = case(finding(Grade.REFUTED, sentence=HOSTILE, expected="CONFIRMED"))

    assert "<script>alert(1)</script>" in found.find("failure").text
    assert "\x1b" not in found.find("failure").text
    (suite,) = xml(finding(), run=Recording("r1", {"began": HOSTILE, "engine": {"version": HOSTILE}}))
    assert "<script>" in suite.get("timestamp")


@pytest.mark.parametrize("one", [finding(), finding(Grade.REFUTED), finding(Grade.INCONCLUSIVE, reason="x")])
def test_markdown_has_a_row_and_details_for_each_claim(one):
    lines = markdown.text(RUN, [one], "runs/r1").splitlines()

    assert [line.count("|") for line in lines[:3]] == [4, 4, 4]
    assert sum("<details>" in line for line in lines) == sum("</details>" in line for line in lines) == 1
    assert lines[-1] == "Run r1: It took 12 s. Recorded in runs/r1."


def test_what_people_ask_has_a_table_of_its_own_in_markdown():
    asked = replace(finding(Grade.REFUTED, expected="REFUTED"), id="asked-it")
    text = markdown.text(RUN, [asked, finding()], "runs/r1")
    articles, _, beyond = text.partition("**Also asked.** ")

    assert [t.count("| claim | verdict |") for t in (articles, beyond)] == [1, 1]
    assert [t.count("<summary>") for t in (articles, beyond)] == [1, 1]
    assert "a-claim" in articles
    assert "asked-it" in beyond
    assert "it is not so" in beyond
    assert "Also asked" not in markdown.text(RUN, [finding()], "runs/r1")
    assert markdown.text(RUN, [asked], "runs/r1").startswith("**Also asked.** ")


def test_of_a_run_that_was_cut_short_markdown_does_not_say_how_long_it_took():
    assert "It took" not in markdown.text(Recording("r1"), [finding()], "runs/r1")


def test_no_text_can_break_the_table_or_the_page():
    text = markdown.text(RUN, [finding(sentence=HOSTILE)], "runs/r1")
    row = text.splitlines()[2]

    assert row.replace("\\|", "").count("|") == 4
    assert "<script>" not in text
    assert "\\[z\\]\\(u\\)" in row


def test_what_would_be_too_long_for_a_summary_ends_in_time_and_says_so():
    text = markdown.text(RUN, [finding(sentence="x" * 5000)] * 400, "runs/r1")

    assert len(text.encode()) <= 1 << 20
    assert "labs judge runs/r1" in text.splitlines()[-1]


def test_a_part_that_is_open_is_told_also_where_the_whole_is_as_expected():
    parts = {"a": Verdict(Grade.REFUTED, "it was not so"), "b": unsettled("window-too-short", "too short")}
    one = finding(Grade.REFUTED, expected="REFUTED", parts=parts)

    assert surprise(one) == ("as expected, but part b is open", "yellow")
    assert surprise(finding(Grade.REFUTED, expected="REFUTED", parts={"a": parts["a"]})) == ("as expected", "green")
