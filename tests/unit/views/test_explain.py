"""What a verdict rests on, shown whole: each that the judge was asked about, its answer, and what was seen."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.journal import Recording, salvaged
from harness.judging import catalog, register, reporting
from harness.judging.court import Court
from harness.lab.claim import verdict_of
from harness.model.entries import Acted
from harness.views import evidence, explain
from tests.support import folders
from tests.support.hostile import hostile_run

OTHER = verdict_of("k8s-restarts-failed-containers")
KNOWN = register.load(catalog.REGISTER)
BUILT = [(name, c) for name in catalog.judged() for c in dict.fromkeys(c.id for c in catalog.lab(name).claims)]


def shown(lab: str, claim: str, run: Recording | None = None, *, every: bool = False, known=KNOWN) -> str:
    run = run or folders.recording(lab)
    found, docket = reporting.findings([catalog.lab(lab)], [run], known)
    (finding,) = (f for f in found if f.id == claim)
    lines = explain.text(catalog.lab(lab), known.claim(claim), finding, docket, run.lacking, every=every)
    return "\n".join(line.plain for line in lines)


def without_trials(run: Recording) -> Recording:
    return replace(run, lines=[(trial, one) for trial, one in run.lines if not trial])


@pytest.mark.parametrize(("lab", "claim"), BUILT, ids=[claim for _, claim in BUILT])
def test_whatever_a_claim_rests_on_is_shown(lab, claim):
    text, entry = shown(lab, claim), KNOWN.claim(claim)

    assert entry.sentence in text
    assert all(str(source) in text for source in entry.sources)
    for part in (c for c in catalog.lab(lab).claims if c.id == claim):
        assert all(cell in text for cell in part.cells)
        assert all(f"without {condition}: " in text for condition in part.given)


def test_each_that_the_judge_was_asked_about_has_its_answer():
    (claim,) = (c for c in catalog.lab("healthchecks").claims if c.id == "health-check-restart")
    court = Court(claim, folders.bench("healthchecks").docket.recorded("healthchecks"))

    assert {role: str(verdict.grade) for role, _, verdict in court.account()} == {
        "tested": "CONFIRMED",
        "blank": "REFUTED",
        "standard": "CONFIRMED",
        "without a livenessProbe": "REFUTED",
    }
    text = shown("healthchecks", "health-check-restart")
    assert "  without a livenessProbe: hang @ Deployment\n    REFUTED: " in text


def test_what_came_of_a_cell_is_told_in_its_questions_own_words():
    text = shown("healthchecks", "k8s-lb-only-healthy")

    assert "  came to    it kept getting requests" in text
    assert "  came to    its last request came after " in text


def test_one_timeline_of_each_is_shown_or_all_of_them():
    one, every = shown("storage", "docker-volumes-persist"), shown("storage", "docker-volumes-persist", every=True)

    assert one.count("the trial ends after") == 4
    assert every.count("the trial ends after") == 8
    assert every.count("  #2\n") == 4


def test_what_there_are_hundreds_of_is_counted():
    text = shown("networking", "docker-network-needs-config")

    assert " requests not shown)" in text
    assert len(text.splitlines()) < 200


def test_a_number_stands_beside_what_was_predicted():
    text = shown("selfhealing", "docker-no-auto-restart")

    assert "as predicted: 0.1 to 2" in text


def test_a_number_beyond_its_band_says_so():
    entry = KNOWN.claim("docker-no-auto-restart")

    assert "outside the prediction: 0.1 to 2" in explain._number("back_s", 9.0, entry).plain


def test_a_claim_without_recordings_is_explained_as_far_as_it_goes():
    run = without_trials(folders.recording("storage"))
    text = shown("storage", "docker-volumes-persist", run)

    assert "0 of 1 trials were recorded" in text
    assert "0 trials" in text
    assert "docker compose --file compose-volume.yaml up --detach" in text
    assert "came to" not in text


def test_a_command_that_was_typed_a_hundred_times_is_told_once():
    text = shown("setup-and-scale", "docker-few-containers")

    assert "docker run --detach --cpus 0.1 dk-labs/web:1 (100 times)" in text


def test_a_trial_that_does_not_count_says_why():
    run = folders.recording("storage")
    acts = [n for n, (_, one) in enumerate(run.lines) if isinstance(one, Acted) and one.name == "crash"]
    lines = [line for n, line in enumerate(run.lines) if n not in acts]

    text = shown("storage", "docker-volumes-persist", replace(run, lines=lines))
    assert re.search(r"^  #\d  does not count, lines-lost: it has ", text, re.MULTILINE)


def test_what_follows_from_other_verdicts_names_them():
    lab, run = catalog.lab("storage"), folders.recording("storage")
    found, docket = reporting.findings([lab], [run], KNOWN)
    (finding,) = found
    derived = type(lab)("Does it follow?", "labs.storage")

    @derived.claim("docker-volumes-persist")
    def follows(other=OTHER):
        raise AssertionError

    (answer,) = evidence.Evidence(finding, docket, frozenset()).answers(derived.claims[0])
    assert (answer.role, answer.asked) == ("tested", ("the verdict over k8s-restarts-failed-containers",))


def test_text_of_a_container_cannot_reach_the_terminal(tmp_path):
    text = shown("storage", "docker-volumes-persist", salvaged(hostile_run(tmp_path / "r")))

    assert "onmouseover" in text
    assert not {"\x1b", "\x07", "\x00", "\u202e", "\ud800"} & set(text)
