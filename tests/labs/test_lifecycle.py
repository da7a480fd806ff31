"""How a container begins and ends: what makes the verdict open, and what turns it round."""

import pytest

from harness.judging import catalog
from harness.model.entries import Window
from tests.support.recorded import of, run

LAB = "lifecycle"

ID = "k8s-manages-lifecycle"
SABOTAGES = {
    "init steps run side by side": {ID: "REFUTED"},
    "hooks do not run": {ID: "REFUTED"},
    "no grace is given": {ID: "INCONCLUSIVE standard-failed"},
    "a log breaks off": {ID: "INCONCLUSIVE sick-site"},
    "looks fail for 8 s": {ID: "INCONCLUSIVE no-code"},
    "the platform falls silent": {ID: "INCONCLUSIVE no-receipt"},
    "a command fails": {ID: "INCONCLUSIVE no-receipt"},
    "a command hangs": {ID: "INCONCLUSIVE no-receipt"},
    "files are altered": {ID: "INCONCLUSIVE altered"},
    "refuses every copy": {ID: "INCONCLUSIVE no-receipt"},
    "status lags": {},
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def parts(*faults):
    return {part: f"{v.grade} {v.reason}".strip() for part, v in of(LAB, *faults).docket.settled[ID].parts.items()}


def test_both_parts_are_as_declared():
    assert parts() == {"a": "CONFIRMED", "b": "CONFIRMED"}
    assert 5 < of(LAB).verdicts[ID].measured["b_killed_s"] < 7


def test_steps_that_run_side_by_side_are_found_out_by_compose_which_has_them_wait():
    assert parts("init steps run side by side") == {"a": "REFUTED", "b": "CONFIRMED"}


def test_a_hook_that_does_not_run_at_the_end_of_any_pod_leaves_that_part_open():
    assert parts("hooks do not run") == {"a": "REFUTED", "b": "INCONCLUSIVE standard-failed"}


def windows(cell):
    """How long each trial of it watched in vain, and for what."""
    timelines = of(LAB).cell(catalog.lab(LAB).cells[cell]).timelines
    return [[(w.name, w.at_s - t.since(w).sent_s) for w in t.of(Window) if not w.proved] for t in timelines]


def test_a_program_that_ends_at_once_is_watched_for_as_long_as_the_one_that_is_killed():
    killed_s = of(LAB).verdicts[ID].measured["b_killed_s"]
    for trial in windows("delete @ Pod that obeys TERM"):
        assert [name for name, _ in trial][-1] == "ends (code=137)"
        assert all(watched_s > killed_s for _, watched_s in trial)


def test_looks_that_lag_by_a_second_change_no_word():
    assert run(catalog.lab(LAB), lag_s=1.0).words() == of(LAB).words()
