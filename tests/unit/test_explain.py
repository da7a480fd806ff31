"""What a verdict rests on, shown whole: each that the judge was asked about, its answer, and what was seen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness import bench, catalog, court, journal, outcome, register
from harness.model.errors import Problem
from harness.model.timeline import Kind
from harness.views import explain

KNOWN = register.load(catalog.REGISTER)
BUILT = [(name, c) for name in catalog.names() for c in dict.fromkeys(c.id for c in catalog.lab(name).claims)]


def shown(lab: str, claim: str, *, change=lambda recorded: recorded, every: bool = False) -> str:
    found, recorded = catalog.lab(lab), change(journal.read(catalog.FOLDER / "recorded" / lab).of_lab(lab))
    (finding,) = (f for f in outcome.judge([found], {lab: recorded}, KNOWN) if f.id == claim)
    lines = explain.text(found, KNOWN.claim(claim), finding, recorded, frozenset(), every=every)
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize(("lab", "claim"), BUILT, ids=[claim for _, claim in BUILT])
def test_whatever_a_claim_rests_on_is_shown(lab, claim):
    text = shown(lab, claim)
    entry = KNOWN.claim(claim)

    assert entry.sentence in text
    assert all(source in text for source in entry.sources)
    for part in (c for c in catalog.lab(lab).claims if c.id == claim):
        assert all(cell.cell in text for cell in part.trials)
        assert all(f"without {condition}: " in text for condition in part.given)


def test_each_that_the_judge_was_asked_about_has_its_answer():
    (claim,) = (c for c in catalog.lab("healthchecks").claims if c.id == "health-check-restart")
    recorded = journal.read(catalog.FOLDER / "recorded" / "healthchecks").of_lab("healthchecks")
    roles = {role: str(verdict.grade) for role, _, verdict in court.account(claim, recorded)}

    assert roles == {
        "tested": "CONFIRMED",
        "blank": "REFUTED",
        "standard": "CONFIRMED",
        "without a livenessProbe": "REFUTED",
    }


def test_one_timeline_of_each_is_shown_or_all_of_them():
    one, every = shown("storage", "docker-volumes-persist"), shown("storage", "docker-volumes-persist", every=True)

    assert one.count("mark:end") == 4
    assert every.count("mark:end") >= 12


def test_what_there_are_hundreds_of_is_counted():
    text = shown("networking", "docker-network-needs-config")

    assert "request:" not in text
    assert "requests are not shown" in text


def test_a_number_stands_beside_what_was_predicted():
    text = shown("selfhealing", "docker-no-auto-restart")

    assert "as predicted: 0.1 to 2" in text


def test_a_number_beyond_its_band_says_so():
    entry = KNOWN.claim("docker-no-auto-restart")

    assert "outside of what was predicted" in explain._number("back_s", 9.0, entry).plain


def test_a_claim_without_recordings_is_explained_as_far_as_it_goes():
    text = shown("storage", "docker-volumes-persist", change=lambda _: {})

    assert "was not run" in text
    assert "0 trials" in text


def test_a_command_that_was_typed_a_hundred_times_is_told_once():
    text = shown("setup-and-scale", "docker-few-containers")

    assert "docker run --detach --restart no --cpus 0.1 dk-labs/web:1 (100 times)" in text


def test_text_of_a_container_cannot_reach_the_terminal():
    def hostile(recorded):
        cell, (first, *others) = next(iter(recorded.items()))
        entry = next(e for e in first.entries if e.kind is Kind.EVENT)
        entry.facts["said"] = "\x1b[2J\x07 [bold]x[/bold]"
        return recorded | {cell: (first, *others)}

    text = shown("storage", "docker-volumes-persist", change=hostile)

    assert "\x1b" not in text
    assert "\x07" not in text


def explained(tmp_path, monkeypatch, claim: str) -> str:
    monkeypatch.chdir(tmp_path)
    told = io.StringIO()
    bench.explain(Console(file=told, width=200), claim, None, every=False)
    return told.getvalue()


def test_without_a_run_of_ones_own_the_recording_that_comes_along_is_explained(tmp_path, monkeypatch):
    assert "recorded/storage" in explained(tmp_path, monkeypatch, "docker-volumes-persist")


def test_the_newest_run_of_that_lab_is_explained_and_a_damaged_one_passed_over(tmp_path, monkeypatch):
    text = (catalog.FOLDER / "recorded" / "storage" / journal.FILE).read_text()
    for name, content in (("1", text), ("2", text), ("3", "{damaged"), ("4", text.replace('"storage"', '"other"'))):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / journal.FILE).write_text(content)

    assert "From runs/2:" in explained(tmp_path, monkeypatch, "docker-volumes-persist")


def test_of_a_damaged_run_all_is_shown_but_no_verdict(tmp_path, monkeypatch):
    lines = (catalog.FOLDER / "recorded" / "storage" / journal.FILE).read_text().split("\n")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / journal.FILE).write_text("\n".join([*lines[:50], "damaged", *lines[51:]]))
    monkeypatch.chdir(tmp_path)
    told = io.StringIO()
    bench.explain(Console(file=told, width=200), "docker-volumes-persist", tmp_path / "r", every=False)
    text = told.getvalue()

    assert "Damaged, so nothing is judged: journal.jsonl, line 51:" in text
    assert "remove and recreate @ named volume" in text
    assert "mark:end" in text
    assert "not settled (damaged-journal)" in text
    assert not any(f"{grade}: " in text.replace("expected   CONFIRMED: ", "") for grade in ("CONFIRMED", "REFUTED"))


@pytest.mark.parametrize(("claim", "seen"), [("docker-volumes-persits", "near it"), ("k8s-ingress-builtin", "yet")])
def test_what_cannot_be_explained_is_told(tmp_path, monkeypatch, claim, seen):
    with pytest.raises(Problem, match=seen):
        explained(tmp_path, monkeypatch, claim)
