"""The recorded runs that come with the labs: whole, as the register expects, and the same in the text notation."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal, outcome, register
from harness.model import windows
from harness.model.reading import check
from harness.model.timeline import Kind, parse
from harness.model.verdict import Grade
from tests.labs import tampering

RECORDED = sorted(path.parent for path in (catalog.FOLDER / "recorded").glob(f"*/{journal.FILE}"))
DECIDED = (Grade.CONFIRMED, Grade.CONDITIONAL, Grade.REFUTED)
FEWEST = 3
OF_A_HOST = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|var|work|mnt|opt|srv|run)/[\w./-]+"
    r"|\w+://(?!web:)[^\s\"]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|internal|local|lan|corp)\b(?!/)"
)
"""Folders of a person's, addresses with a scheme, names of hosts; Kubernetes' own names of APIs have a slash."""


@cache
def run_in(folder):
    return journal.read(folder)


@cache
def known():
    return register.load(catalog.REGISTER)


def each_lab():
    return [(folder, name) for folder in RECORDED for name in run_in(folder).facts["labs"]]


LABS = each_lab()
labs = pytest.mark.parametrize(("folder", "name"), LABS, ids=[f"{folder.name}-{name}" for folder, name in LABS])


def test_there_is_a_recorded_run():
    assert RECORDED


@pytest.mark.parametrize("folder", RECORDED, ids=lambda f: f.name)
def test_a_recorded_run_ended_by_itself_and_left_nothing_behind(folder):
    end = run_in(folder).end

    assert (end["how"], end["leftovers"]) == ("done", [])


@pytest.mark.parametrize("folder", RECORDED, ids=lambda f: f.name)
def test_a_recorded_run_names_no_host_no_path_and_no_mirror_of_whoever_recorded_it(folder):
    text = (folder / journal.FILE).read_text()
    found = {m.group() for m in re.finditer(OF_A_HOST, text)} | {socket.gethostname()} & set(re.split(r"\W+", text))

    assert found == set()


@pytest.mark.parametrize("said", ["in /root/x/y", "http://mirror.example.com/debian", "from foo.example.com"])
def test_what_names_a_host_or_a_folder_is_found(said):
    assert OF_A_HOST.search(f'"why": "{said}"')


@labs
def test_every_cell_of_the_lab_is_in_it_as_often_as_it_is_to_be(folder, name):
    recorded = run_in(folder).of_lab(name)
    lab = catalog.lab(name)
    few = {c.cell: len(recorded.get(c.cell, ())) for c in lab.cells if c not in lab.long}
    fewest = {c.cell: 1 if c.scenario.once else FEWEST for c in lab.cells}

    assert {cell: n for cell, n in few.items() if n < fewest[cell]} == {}


@labs
def test_every_trial_of_it_is_sound(folder, name):
    for cell, timelines in run_in(folder).of_lab(name).items():
        for timeline in timelines:
            check(timeline, cell)


@labs
def test_every_claim_is_decided_as_the_register_expects(folder, name):
    findings = outcome.judge([catalog.lab(name)], {name: run_in(folder).of_lab(name)}, known())

    assert findings
    assert [f.id for f in findings if not f.as_expected or f.verdict.grade not in DECIDED] == []
    assert outcome.exit_code(findings, 0, frozenset()) == 0


@labs
def test_every_part_is_decided_as_the_register_expects(folder, name):
    for id_, settled in court.settle_all(catalog.lab(name).claims, run_in(folder).of_lab(name)).items():
        expected = {part.name: part for part in known().claim(id_).parts}
        for part, verdict in settled.items():
            wanted = expected[part] if part else known().claim(id_)
            assert (verdict.grade, verdict.given) == (wanted.expected, wanted.given), f"{id_} {part}"


@labs
def test_every_blank_fails_and_every_standard_holds_also_where_the_verdict_does_not_need_them(folder, name):
    recorded = run_in(folder).of_lab(name)
    asked = [(c, *one) for c in catalog.lab(name).claims for one in court.account(c, recorded)]
    needed = {"blank": Grade.REFUTED, "standard": Grade.CONFIRMED}
    wrong = [(c.id, c.part, role, str(v)) for c, role, _, v in asked if needed.get(role, v.grade) is not v.grade]

    assert wrong == []


@labs
def test_every_verdict_says_the_same_when_it_is_asked_again(folder, name):
    recorded, claims = run_in(folder).of_lab(name), catalog.lab(name).claims

    assert court.settle_all(claims, recorded) == court.settle_all(claims, recorded)


@labs
def test_every_verdict_follows_from_the_printed_timelines_too(folder, name):
    recorded, claims = run_in(folder).of_lab(name), catalog.lab(name).claims
    printed = {cell: tuple(replace(parse(str(t)), run=t.run) for t in ts) for cell, ts in recorded.items()}
    first, second = court.settle_all(claims, recorded), court.settle_all(claims, printed)

    assert {id_: {p: (v.grade, v.given) for p, v in parts.items()} for id_, parts in first.items()} == {
        id_: {p: (v.grade, v.given) for p, v in parts.items()} for id_, parts in second.items()
    }


@labs
def test_every_entry_is_printed_so_that_it_can_be_read_back(folder, name):
    for timelines in run_in(folder).of_lab(name).values():
        for timeline in timelines:
            again = parse(str(timeline)).entries
            assert [(e.kind, e.who, e.what, e.facts) for e in again] == [
                (e.kind, e.who, e.what, e.facts) for e in timeline.entries
            ]
            assert [e.at_s for e in again] == pytest.approx([e.at_s for e in timeline.entries], abs=0.0006)


@labs
def test_times_of_a_trial_never_run_backwards_and_windows_are_as_long_as_they_were_to_be(folder, name):
    for cell, timelines in run_in(folder).of_lab(name).items():
        for timeline in timelines:
            times = [e.at_s for e in timeline.entries]
            assert times == sorted(times), cell
            for window in timeline.of(Kind.MARK, "window"):
                waited, allowed = window.number("waited_s"), window.number("allowed_s")
                told = window.facts["met"] == "yes" or windows.refusal(timeline)
                assert told or waited >= allowed, cell


# -- one fact changed, whatever the lab asks -----------------------------------------------------------------------


def judged_claims():
    return [(folder, name, n) for folder, name in LABS for n in range(len(catalog.lab(name).claims))]


JUDGED = judged_claims()


def title(folder, name, n) -> str:
    claim = catalog.lab(name).claims[n]
    return f"{folder.name}-{claim.id}{claim.part and f' {claim.part}'}"


@pytest.mark.parametrize("how", tampering.OF_ANY_LAB, ids=lambda t: t.__name__)
@pytest.mark.parametrize(("folder", "name", "n"), JUDGED, ids=[title(*one) for one in JUDGED])
def test_one_changed_fact_of_any_trial_opens_the_verdicts_that_rest_on_it(folder, name, n, how):
    claim, recorded = catalog.lab(name).claims[n], run_in(folder).of_lab(name)
    sound, stayed = court.settle(claim, recorded), []
    assert sound.grade in DECIDED
    for cell in sorted(tampering.rests_on(claim, sound)):
        for number, timeline in enumerate(recorded[cell]):
            for tampered in how(timeline):
                timelines = (*recorded[cell][:number], tampered, *recorded[cell][number + 1 :])
                grade = court.settle(claim, recorded | {cell: timelines}).grade
                if grade is not Grade.INCONCLUSIVE:
                    stayed.append((cell, number, str(grade)))

    assert stayed == []


@pytest.mark.parametrize(("folder", "name", "n"), JUDGED, ids=[title(*one) for one in JUDGED])
def test_a_missing_cell_opens_the_verdicts_that_rest_on_it_and_no_others(folder, name, n):
    claim, recorded = catalog.lab(name).claims[n], run_in(folder).of_lab(name)
    sound = court.settle(claim, recorded)
    for cell in recorded:
        grade = court.settle(claim, {c: ts for c, ts in recorded.items() if c != cell}).grade
        assert grade is (Grade.INCONCLUSIVE if cell in tampering.rests_on(claim, sound) else sound.grade), cell
