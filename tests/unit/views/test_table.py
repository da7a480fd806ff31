"""The closing lines of a run, and a lab in short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judging import catalog, register
from harness.judging.findings import Finding, judge
from harness.model.verdict import Grade, Verdict
from harness.views import lab as lab_view
from harness.views import table
from harness.views.words import act_in_words, waits_for
from tests.support.recorded import run

KNOWN = register.load(catalog.REGISTER)
FINDING = Finding(
    "it-returns", "small", "It returns.", Verdict(Grade.REFUTED, "it stayed away"), {}, (), "REFUTED", (), {}
)


def closing(*findings: Finding) -> list[str]:
    return [line.plain for line in table.closing(findings)]


def test_of_each_claim_its_name_and_word_the_sentence_and_what_was_found():
    assert closing(FINDING) == [
        f"{'it-returns':<40}the article is wrong  (as expected)",
        "  It returns.",
        "  it stayed away",
        "",
    ]


@pytest.mark.parametrize("id_", ["asked-it-returns", "bench-it-returns"])
@pytest.mark.parametrize(("grade", "said"), [(Grade.REFUTED, "it is not so"), (Grade.CONFIRMED, "it is so")])
def test_of_what_no_article_says_none_is_called_right_or_wrong(id_, grade, said):
    one = replace(FINDING, id=id_, verdict=replace(FINDING.verdict, grade=grade))

    assert f"{id_:<40}{said}  (" in "\n".join(closing(one))


def test_what_people_ask_comes_last_under_a_heading_of_its_own():
    asked = replace(FINDING, id="asked-it-returns")
    lines = closing(asked, FINDING)

    assert [n for n, line in enumerate(lines) if "it-returns" in line] == [0, 6]
    assert lines[4].startswith("Also asked  ")
    assert not [line for line in closing(FINDING) if line.startswith("Also asked")]
    assert closing(asked)[0].startswith("Also asked  ")


def test_a_part_that_is_not_built_is_named():
    assert "  Part b, c is not built yet." in closing(replace(FINDING, not_built=("b", "c")))


@pytest.mark.parametrize("name", ["storage", "selfhealing"])
def test_what_was_run_beside_the_claims_is_told_in_the_words_of_its_questions(name):
    lab = catalog.lab(name)
    bench = run(lab, trials=1)
    _, docket = judge([lab], bench.lines, KNOWN)
    said = dict(line.split(": ", 1) for line in table.shown(lab, docket.recorded(lab.name)))

    assert list(said) == [cell.cell for cell in lab.shown]
    assert not [told for told in said.values() if "not shown" in told or "serve" in told]
    if name == "storage":
        assert said["remove and recreate @ anonymous volume"] == "nothing was there"
    else:
        assert said["exit 0 @ run, policy on-failure:3"] == "it stayed away"
        assert said["crash @ run, policy on-failure:3"].startswith("back after ")


def test_of_trials_that_broke_it_is_told_why():
    lab = catalog.lab("storage")
    bench = run(lab, "nothing comes back", trials=1)
    _, docket = judge([lab], bench.lines, KNOWN)

    (line,) = table.shown(lab, docket.recorded(lab.name))

    assert line.partition(": ")[2].startswith(("nothing", "not shown: "))


def test_what_was_not_run_is_not_told():
    lab = catalog.lab("selfhealing")
    _, docket = judge([lab], [], KNOWN)

    assert list(table.shown(lab, docket.recorded(lab.name))) == []


@pytest.mark.parametrize("name", catalog.judged())
def test_a_lab_in_short_names_each_arm_scenario_and_claim_once(name):
    lab = catalog.lab(name)
    said = [line.plain for line in lab_view.lines(lab, KNOWN)]
    cells = lab.cells.values()
    wanted = {
        "arm": {cell.arm.name for cell in cells},
        "scenario": {cell.scenario.name for cell in cells},
        "claim": {claim.id for claim in lab.claims},
    }

    assert said[0] == f"{lab.name}  {lab.question}"
    for what, names in wanted.items():
        assert len([line for line in said if line.startswith(f"  {what} ")]) == len(names)
    assert all(any(cell in line for line in said) for claim in lab.claims for cell in claim.cells)


@pytest.mark.parametrize(
    ("missing", "said"),
    [("a copy", "still missing: a copy"), ("1 of 3 still missing", "1 of 3 still missing")],
)
def test_what_is_missing_is_said_to_be_so_once(missing, said):
    assert waits_for(missing) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("ask", "a client begins to ask"), ("ask per_s=20", "a client begins to ask"), ("asks nobody", "asks nobody")],
)
def test_a_client_has_no_name_that_one_could_read(name, said):
    assert act_in_words(name) == said
