"""What a run is written as for CI: JUnit's XML and Markdown, whatever the text within looks like."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from harness import bench, catalog, journal
from harness.journal import Run
from harness.model.claim import Lab
from harness.model.errors import Problem
from harness.model.verdict import Grade, Verdict, unsettled
from harness.outcome import Finding
from harness.views import junit, markdown
from harness.views.words import surprise

RUN = Run("r1", {"began": "2026-11-20T10:00:00+00:00", "engine": {"version": "26"}}, {}, {"wall_s": 12.3})
HOSTILE = "a|b <script>alert(1)</script> \x00\x1b[31m\ufffe\ud800 `x` ]]> & \n# *y* [z](u)"


def finding(grade=Grade.CONFIRMED, *, expected="CONFIRMED", sentence="it was so", parts=None, reason="") -> Finding:
    verdict = Verdict(grade, sentence, reason=reason, measured={"back_s": 1.25})
    return Finding("a-claim", "tiny", "It is so.", verdict, parts or {"": verdict}, (), expected, (), {})


def lab() -> Lab:
    made = Lab("A question?")
    made.name = "tiny"
    return made


def xml(*findings: Finding) -> ET.Element:
    return ET.fromstring(junit.text(RUN, [lab()], {}, findings, "runs/r1"))  # noqa: S314  (it is our own)


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


def test_a_case_lasted_as_long_as_the_trials_that_it_rests_on():
    recorded = journal.read(catalog.FOLDER / "recorded" / "storage")
    storage, of_lab = catalog.lab("storage"), recorded.of_lab("storage")
    one = Finding("docker-volumes-persist", "storage", "", Verdict(Grade.CONFIRMED, ""), {}, (), "CONFIRMED", (), {})
    (found,) = ET.fromstring(junit.text(recorded, [storage], {"storage": of_lab}, [one], "x")).iter("testcase")  # noqa: S314
    longest = max(t.entries[-1].at_s for ts in of_lab.values() for t in ts)

    assert longest < float(found.get("time")) < sum(t.entries[-1].at_s for ts in of_lab.values() for t in ts)


def test_no_text_can_break_the_xml():
    found = case(finding(Grade.REFUTED, sentence=HOSTILE, expected="CONFIRMED"))

    assert "<script>alert(1)</script>" in found.find("failure").text
    assert "\x1b" not in found.find("failure").text


@pytest.mark.parametrize("one", [finding(), finding(Grade.REFUTED), finding(Grade.INCONCLUSIVE, reason="x")])
def test_markdown_has_a_row_and_details_for_each_claim(one):
    lines = markdown.text(RUN, [one], "runs/r1").splitlines()

    assert [line.count("|") for line in lines[:3]] == [4, 4, 4]
    assert sum("<details>" in line for line in lines) == sum("</details>" in line for line in lines) == 1
    assert "12 s" in lines[-1]


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


def judged(tmp_path: Path, **to: str) -> int:
    console = Console(file=(tmp_path / "shown").open("w"))
    try:
        return bench.judge(console, [catalog.FOLDER / "recorded" / "storage"], to=bench.Wanted(**to))
    finally:
        console.file.close()


def test_each_form_that_is_wanted_is_written(tmp_path):
    files = {name: str(tmp_path / name) for name in ("json", "junit", "markdown")}

    assert judged(tmp_path, **files) == 0
    assert all("docker-volumes-persist" in Path(file).read_text() for file in files.values())


def test_the_summary_of_a_job_is_added_to_what_is_there(tmp_path, monkeypatch):
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv(bench.SUMMARY, str(summary))

    judged(tmp_path)
    judged(tmp_path)

    assert summary.read_text().startswith("before\n|")
    assert summary.read_text().count("| claim |") == 2


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(Problem, match="no/such/folder"):
        judged(tmp_path, junit="no/such/folder/x.xml")


def test_a_part_that_is_open_is_told_also_where_the_whole_is_as_expected():
    parts = {"a": Verdict(Grade.REFUTED, "it was not so"), "b": unsettled("window-too-short", "too short")}
    one = finding(Grade.REFUTED, expected="REFUTED", parts=parts)

    assert surprise(one) == ("as expected, but part b is open", "yellow")
    assert surprise(finding(Grade.REFUTED, expected="REFUTED", parts={"a": parts["a"]})) == ("as expected", "green")
